//! What a text may hold, counted on its tokens before anything walks along them.

use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan, Whitespace};

use super::statement::place_of;
use super::unheard;
use crate::error::{Error, Result};
use crate::limits;

/// Refuses more operators than a stack can hold, and words that multiply.
///
/// A flat chain of some 2,000 terms overflows the stack of parser and planner, which no error can
/// catch. Groupings of `n` columns are 2^n aggregates, all of them at once.
pub(super) fn check(tokens: &[TokenWithSpan]) -> Result<()> {
    let operators = tokens.iter().filter(|t| is_operator(&t.token)).count();
    if operators > limits::SQL_OPERATORS_MAX {
        return Err(Error::usage(format!(
            "the query holds {operators} operators, more than {}",
            limits::SQL_OPERATORS_MAX
        ))
        .hint("put the values into a Parquet file, register it as a table and join it"));
    }
    nesting(tokens)?;
    unheard::check(tokens)?;
    let bare =
        |t: &&TokenWithSpan, k: Keyword| matches!(&t.token, Token::Word(w) if w.keyword == k);
    let followed = |at: usize| {
        let next = tokens[at + 1..].iter().find(|t| !matches!(t.token, Token::Whitespace(_)));
        next.is_some_and(|t| t.token == Token::LParen)
    };
    let mut groupings = 0;
    for (at, token) in tokens.iter().enumerate() {
        let place = || place_of(token).map_or_else(String::new, |p| format!(" ({p})"));
        if bare(&token, Keyword::RECURSIVE) {
            return Err(Error::usage(format!("WITH RECURSIVE is not allowed{}", place()))
                .hint("generate_series(1, 10) is a table of numbers"));
        }
        if bare(&token, Keyword::CUBE) && followed(at) {
            return Err(Error::usage(format!("CUBE is not allowed{}", place()))
                .hint("write the groups that you want: GROUPING SETS ((a, b), (a), ())"));
        }
        let several = bare(&token, Keyword::ROLLUP) || bare(&token, Keyword::SETS);
        groupings += usize::from(several && followed(at));
        if groupings > 1 {
            return Err(Error::usage(format!(
                "a query has one ROLLUP or GROUPING SETS{}",
                place()
            ))
            .hint("they multiply; write one GROUPING SETS"));
        }
    }
    Ok(())
}

/// Refuses brackets in brackets beyond what the parser of types, which has no limit of its own,
/// takes of the stack.
fn nesting(tokens: &[TokenWithSpan]) -> Result<()> {
    let mut depth = 0usize;
    for token in tokens {
        match token.token {
            Token::LParen | Token::LBracket | Token::LBrace => depth += 1,
            Token::RParen | Token::RBracket | Token::RBrace => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > limits::SQL_DEPTH_MAX {
            let place = place_of(token).map_or_else(String::new, |p| format!(" ({p})"));
            return Err(Error::usage(format!(
                "the query is nested more than {} deep{place}",
                limits::SQL_DEPTH_MAX
            ))
            .hint("name the inner queries in a WITH before the SELECT"));
        }
    }
    Ok(())
}

fn is_operator(token: &Token) -> bool {
    use Keyword as K;
    match token {
        Token::Word(w) => matches!(
            w.keyword,
            K::AND
                | K::OR
                | K::NOT
                | K::XOR
                | K::IS
                | K::IN
                | K::LIKE
                | K::ILIKE
                | K::BETWEEN
                | K::UNION
                | K::EXCEPT
                | K::INTERSECT
                | K::JOIN
                | K::COLLATE
                | K::WHEN
                | K::AT
                | K::INTERVAL
        ),
        Token::Whitespace(Whitespace::Space | Whitespace::Newline | Whitespace::Tab) => false,
        Token::Whitespace(_) | Token::EOF | Token::Comma | Token::Period => false,
        Token::LParen | Token::RParen | Token::SemiColon | Token::RBracket => false,
        Token::Number(..) | Token::Placeholder(_) | Token::Char(_) => false,
        Token::SingleQuotedString(_) | Token::DoubleQuotedString(_) => false,
        // Whatever else a dialect holds is an operator or rare enough to be counted as one.
        _ => true,
    }
}
