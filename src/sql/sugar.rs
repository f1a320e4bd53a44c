//! Words of ours in a query, written out as plain SQL before it is parsed.
//!
//! `nearest(s2, s1 TOLERANCE to_hours(72))` in a FROM; `nearest(s2, s1, 3 TOLERANCE …)` for the
//! three nearest. `LIMIT 10 PER cell SEED 1` at the end of a query.

use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer};

use super::statement::place_of;
use crate::error::{Error, Result};

/// `LIMIT n PER column SEED s`: of the rows that agree in the columns, `n` drawn by chance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Per {
    pub rows: u64,
    /// A column of the answer; `place` stands for whatever columns tell the place.
    pub column: String,
    pub seed: i64,
    /// Where it was written.
    pub at: Option<String>,
}

/// Takes `LIMIT n PER column [SEED s]` off the end of a query.
pub(super) fn limit_per(tokens: &mut Vec<TokenWithSpan>) -> Result<Option<Per>> {
    let seen: Vec<usize> = (0..tokens.len()).filter(|i| !is_blank(&tokens[*i].token)).collect();
    let word = |k: usize, text: &str| seen.get(k).is_some_and(|i| is_word(&tokens[*i], text));
    let Some(per) = (1..seen.len()).rev().find(|k| word(*k, "PER")) else { return Ok(None) };
    // PER may be the name of a column: ours follows LIMIT and a number.
    if per < 2 || !word(per - 2, "LIMIT") {
        return Ok(None);
    }
    let at = place_of(&tokens[seen[per]]);
    let bad = |why: &str| {
        let at = at.as_ref().map_or_else(String::new, |p| format!(" ({p})"));
        Error::usage(format!("LIMIT … PER: {why}{at}"))
            .hint("write LIMIT 10 PER cell SEED 1 at the end of the query")
    };
    let number = |k: usize| {
        let token = seen.get(k).map(|i| &tokens[*i].token);
        match token {
            Some(Token::Number(digits, _)) => digits.parse::<i64>().ok(),
            _ => None,
        }
    };
    let rows = number(per - 1).and_then(|n| u64::try_from(n).ok()).filter(|n| *n > 0);
    let rows = rows.ok_or_else(|| bad("it takes a whole number of rows, at least 1"))?;
    let column = match seen.get(per + 1).map(|i| &tokens[*i].token) {
        Some(Token::Word(w)) => w.value.clone(),
        _ => return Err(bad("it wants the name of a column of the answer")),
    };
    let (seed, end) = match word(per + 2, "SEED") {
        true => (number(per + 3).ok_or_else(|| bad("SEED wants a whole number"))?, per + 4),
        false => (1, per + 2),
    };
    let rest = &seen[end.min(seen.len())..];
    if rest.iter().any(|i| !matches!(tokens[*i].token, Token::SemiColon | Token::EOF)) {
        return Err(bad(
            "nothing may follow it; inside a query, number the rows with row_number()",
        ));
    }
    tokens.drain(seen[per - 2]..seen.get(end).copied().unwrap_or(tokens.len()));
    Ok(Some(Per { rows, column, seed, at }))
}

/// Writes out every `nearest(…)` that stands where a table may stand.
pub(super) fn nearest(tokens: &[TokenWithSpan]) -> Result<Vec<TokenWithSpan>> {
    let mut out: Vec<TokenWithSpan> = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while at < tokens.len() {
        let open = (at + 1..tokens.len()).find(|i| !is_blank(&tokens[*i].token));
        let called = open.is_some_and(|i| tokens[i].token == Token::LParen);
        let before = out.iter().rev().find(|t| !is_blank(&t.token));
        let table = before
            .is_some_and(|t| is_word(t, "FROM") || is_word(t, "JOIN") || t.token == Token::Comma);
        match open {
            Some(open) if called && table && is_word(&tokens[at], "NEAREST") => {
                let close = closing(tokens, open).ok_or_else(|| bad(&tokens[at], "no ')'"))?;
                out.extend(written_out(&tokens[at], &tokens[open + 1..close])?);
                at = close + 1;
            }
            _ => {
                out.push(tokens[at].clone());
                at += 1;
            }
        }
    }
    Ok(out)
}

/// The query that `nearest(…)` stands for; `inside` is what its parentheses hold.
fn written_out(word: &TokenWithSpan, inside: &[TokenWithSpan]) -> Result<Vec<TokenWithSpan>> {
    let split = inside
        .iter()
        .position(|t| is_word(t, "TOLERANCE"))
        .ok_or_else(|| bad(word, "TOLERANCE is missing"))?;
    let (tables, tolerance) = (&inside[..split], &inside[split + 1..]);
    if tolerance.iter().all(|t| is_blank(&t.token)) {
        return Err(bad(word, "TOLERANCE has no length of time"));
    }
    let seen: Vec<&Token> = tables.iter().map(|t| &t.token).filter(|t| !is_blank(t)).collect();
    let (left, right, keep) = match seen.as_slice() {
        [Token::Word(l), Token::Comma, Token::Word(r)] => (l.to_string(), r.to_string(), "1"),
        [Token::Word(l), Token::Comma, Token::Word(r), Token::Comma, Token::Number(k, _)] => {
            (l.to_string(), r.to_string(), k.as_str())
        }
        _ => return Err(bad(word, "it takes two tables")),
    };
    let text = format!(
        "(SELECT * FROM (SELECT o.*, r.id AS near_id, r.time AS near_time, r.scene AS near_scene, \
         r.patch AS near_patch, gap_hours(r.time, o.time) AS near_gap_hours, \
         row_number() OVER (PARTITION BY o.id ORDER BY gap_hours(r.time, o.time), r.time, r.scene) \
         AS near_rank FROM {left} AS o JOIN {right} AS r ON r.cell = o.cell \
         AND r.time BETWEEN o.time - (TOLERANCE) AND o.time + (TOLERANCE) \
         WHERE o.valid AND r.valid) WHERE near_rank <= {keep})"
    );
    let tokens = Tokenizer::new(&GenericDialect {}, &text)
        .tokenize()
        .map_err(|e| Error::internal("nearest is no SQL").with_source(e))?;
    let mut out = Vec::new();
    for token in tokens {
        match &token {
            Token::Word(w) if w.value == "TOLERANCE" => out.extend_from_slice(tolerance),
            // An error in what was written out points at the word that it stands for.
            _ => out.push(TokenWithSpan::new(token, word.span)),
        }
    }
    Ok(out)
}

fn bad(word: &TokenWithSpan, why: &str) -> Error {
    let at = place_of(word).map_or_else(String::new, |p| format!(" ({p})"));
    Error::usage(format!("nearest: {why}{at}"))
        .hint("write nearest(s2, s1 TOLERANCE to_hours(72)), or nearest(s2, s1, 3 TOLERANCE …)")
}

/// The parenthesis that closes the one at `open`.
fn closing(tokens: &[TokenWithSpan], open: usize) -> Option<usize> {
    let mut depth = 0usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.token {
            Token::LParen => depth += 1,
            Token::RParen => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

fn is_blank(token: &Token) -> bool {
    matches!(token, Token::Whitespace(_))
}

fn is_word(token: &TokenWithSpan, text: &str) -> bool {
    matches!(&token.token, Token::Word(w) if w.quote_style.is_none() && w.value.eq_ignore_ascii_case(text))
}
