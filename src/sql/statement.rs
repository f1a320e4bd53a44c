//! A text becomes one checked statement with its parameters in place.

use datafusion::sql::parser::{DFParserBuilder, Statement};
use datafusion::sql::sqlparser::ast::Statement as Ast;
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::keywords::ALL_KEYWORDS;
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer};

use super::fault::Known;
use super::sugar::{self, Per};
use super::{Param, expansion, fault, nearest, syntax, text_limits};
use crate::error::{Error, Result};
use crate::limits;

/// A statement that only reads, and the tokens that it was written with.
pub(super) struct Checked {
    pub statement: Statement,
    pub tokens: Vec<TokenWithSpan>,
    /// A draw from the answer.
    pub per: Option<Per>,
}

/// Bounds the text, counts its operators, puts the parameters in place, parses, and lets only one
/// reading statement pass.
///
/// What bounds a text is counted on tokens, before anything walks along it. Values become literal tokens, so that their types
/// are known to the planner (`INTERVAL` arithmetic, `LIMIT`) and no value can become SQL.
pub(super) fn check(sql: &str, params: &[(String, Param)], tables: &[String]) -> Result<Checked> {
    let tokens = tokens(sql)?;
    text_limits::check(&tokens)?;
    let mut placed = Vec::with_capacity(tokens.len());
    for token in &tokens {
        match &token.token {
            Token::Placeholder(name) => place(name, token, params, &mut placed)?,
            _ => placed.push(token.clone()),
        }
    }
    let per = sugar::limit_per(&mut placed)?;
    let placed = sugar::nearest(&placed)?;
    expansion::check(&placed, tables)?;
    let parsed = DFParserBuilder::new(placed).build().and_then(|mut p| p.parse_statements());
    let mut statements = parsed.map_err(|e| fault::explain(&e, &tokens, &Known::default()))?;
    if statements.len() != 1 {
        return Err(Error::usage(format!("expected one statement, found {}", statements.len()))
            .hint("write one SELECT; ask several questions one by one"));
    }
    let statement = statements.remove(0).ok_or_else(|| Error::internal("no statement"))?;
    only_reads(&statement)?;
    Ok(Checked { statement, tokens, per })
}

/// Refuses a text that is not one reading statement, in the words of every session. Where no session
/// is at hand, or another query will stand around the text, this is how its own lines are named.
pub(crate) fn check_text(sql: &str, params: &[(String, Param)]) -> Result<()> {
    check(sql, params, &[]).map(drop)
}

/// Whether `LIMIT … PER` draws from the answer: such a text cannot stand inside another.
pub(crate) fn is_drawn(sql: &str, params: &[(String, Param)]) -> Result<bool> {
    Ok(check(sql, params, &[])?.per.is_some())
}

/// Names of the `$name`s in a text, in order of appearance, without repeats.
pub(crate) fn parameters(sql: &str) -> Result<Vec<String>> {
    let mut names: Vec<String> = Vec::new();
    for token in tokens(sql)? {
        if let Token::Placeholder(name) = token.token {
            let name = name.trim_start_matches('$').to_owned();
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    Ok(names)
}

/// Whether a word may mean something to the parser, so that it had better not name a table.
pub(crate) fn is_keyword(word: &str) -> bool {
    ALL_KEYWORDS.binary_search(&word.to_ascii_uppercase().as_str()).is_ok()
}

/// The text without comments, its words joined by single spaces: what a digest of a query covers.
pub(crate) fn without_comments(sql: &str) -> Result<String> {
    let words: Vec<String> = tokens(sql)?
        .iter()
        .filter(|t| !matches!(t.token, Token::Whitespace(_) | Token::EOF))
        .map(|t| t.token.to_string())
        .collect();
    Ok(words.join(" "))
}

/// `line 3, column 8`, if the place is known.
pub(super) fn place_of(token: &TokenWithSpan) -> Option<String> {
    let start = token.span.start;
    (start.line > 0).then(|| format!("line {}, column {}", start.line, start.column))
}

fn tokens(sql: &str) -> Result<Vec<TokenWithSpan>> {
    if sql.len() > limits::SQL_BYTES_MAX {
        return Err(Error::usage(format!(
            "the query is {} bytes long, more than {}",
            sql.len(),
            limits::SQL_BYTES_MAX
        ))
        .hint("put the values into a Parquet file, register it as a table and join it"));
    }
    Tokenizer::new(&GenericDialect {}, sql)
        .tokenize_with_location()
        .map_err(|e| syntax::explain(&e.to_string(), &[]))
}

fn place(
    name: &str,
    token: &TokenWithSpan,
    params: &[(String, Param)],
    out: &mut Vec<TokenWithSpan>,
) -> Result<()> {
    let bare = name.trim_start_matches('$');
    let Some((_, value)) = params.iter().find(|(n, _)| n == bare) else {
        let at = place_of(token).map_or_else(String::new, |p| format!(" ({p})"));
        let known: Vec<&str> = params.iter().map(|(n, _)| n.as_str()).collect();
        let hint = match (nearest(bare, known.iter().copied()), known.is_empty()) {
            (Some(near), _) => format!("did you mean '${near}'?"),
            (None, true) => format!("give it a value: {bare}=…"),
            (None, false) => format!("known parameters: {}", known.join(", ")),
        };
        return Err(Error::usage(format!("no value for ${bare}{at}")).hint(hint));
    };
    let mut put = |t: Token| out.push(TokenWithSpan::new(t, token.span));
    let (negative, digits) = match value {
        Param::Text(text) => {
            put(Token::SingleQuotedString(text.clone()));
            return Ok(());
        }
        Param::Int(i) => (*i < 0, i.unsigned_abs().to_string()),
        Param::Float(f) if f.is_finite() => (f.is_sign_negative(), format!("{:?}", f.abs())),
        Param::Float(f) => return Err(Error::usage(format!("${bare} = {f} is not a number"))),
    };
    if negative {
        // In parentheses, so that `a -$x` and `-$x * b` mean what they say.
        put(Token::LParen);
        put(Token::Minus);
        put(Token::Number(digits, false));
        put(Token::RParen);
    } else {
        put(Token::Number(digits, false));
    }
    Ok(())
}

fn only_reads(statement: &Statement) -> Result<()> {
    let allowed = match statement {
        Statement::Statement(ast) => matches!(
            ast.as_ref(),
            Ast::Query(_)
                | Ast::ExplainTable { .. }
                | Ast::ShowTables { .. }
                | Ast::ShowColumns { .. }
        ),
        Statement::Explain(inner) => return only_reads(&inner.statement),
        _ => false,
    };
    if allowed {
        return Ok(());
    }
    let text = statement.to_string();
    let verb = text.split_whitespace().next().unwrap_or("this").to_uppercase();
    Err(Error::usage(format!("{verb} is not allowed: a session only reads its tables"))
        .hint("write a SELECT; SHOW TABLES and DESCRIBE name show what there is"))
}
