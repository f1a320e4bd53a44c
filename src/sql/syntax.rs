//! A text that is not SQL: what was expected, where, and the word that was probably meant.

use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan};

use super::nearest;
use super::statement::place_of;
use crate::error::Error;

/// The words that stand between the parts of a query.
const WORDS: [&str; 24] = [
    "AND",
    "BETWEEN",
    "BY",
    "CASE",
    "CROSS",
    "DISTINCT",
    "EXCEPT",
    "FROM",
    "GROUP",
    "HAVING",
    "INNER",
    "JOIN",
    "LEFT",
    "LIMIT",
    "OFFSET",
    "ORDER",
    "PARTITION",
    "SELECT",
    "UNION",
    "USING",
    "VALUES",
    "WHEN",
    "WHERE",
    "WITH",
];
/// Letters of a word that may be a slip of one of these.
const SHORTEST: usize = 3;

/// The parser's words in ours; it writes the place as `at Line: 1, Column: 8`.
pub(super) fn explain(text: &str, tokens: &[TokenWithSpan]) -> Error {
    let text = text.trim_start_matches("sql parser error: ").replace('\n', " ");
    let (what, place) = match text.rsplit_once(" at Line: ") {
        Some((what, at)) => (what.to_owned(), parse(at)),
        None => (text, None),
    };
    let what = what.replace("Expected: ", "expected ").replace("found: ", "found ");
    let what = what.replace("recursion limit exceeded", "it is nested too deeply");
    let at = place.map_or_else(String::new, |(l, c)| format!(" (line {l}, column {c})"));
    let error = Error::usage(format!("this is not SQL: {}{at}{}", what, slip(tokens, place)));
    if what.contains("nested too deeply") {
        return error.hint("name the inner queries in a WITH before the SELECT");
    }
    error.hint("a query reads SELECT … FROM … WHERE … GROUP BY … ORDER BY … LIMIT …")
}

/// `1, Column: 8`.
fn parse(at: &str) -> Option<(u64, u64)> {
    let (line, column) = at.split_once(", Column: ")?;
    let digits = |t: &str| t.chars().take_while(char::is_ascii_digit).collect::<String>();
    Some((digits(line).parse().ok()?, digits(column).parse().ok()?))
}

/// A word that is nearly one of ours: where the parser stopped, or just before, since a word that
/// means nothing was taken for the other name of a table or column.
fn slip(tokens: &[TokenWithSpan], place: Option<(u64, u64)>) -> String {
    let seen = |t: &&TokenWithSpan| !matches!(t.token, Token::Whitespace(_) | Token::EOF);
    let place = place.unwrap_or((u64::MAX, u64::MAX));
    let at = |t: &TokenWithSpan| (t.span.start.line, t.span.start.column);
    let near: Vec<&TokenWithSpan> = tokens.iter().filter(seen).filter(|t| at(t) <= place).collect();
    for token in near.iter().rev().take(2) {
        let Token::Word(word) = &token.token else { continue };
        let upper = word.value.to_ascii_uppercase();
        let plain = word.keyword == Keyword::NoKeyword && upper.len() >= SHORTEST;
        if !plain || word.quote_style.is_some() {
            continue;
        }
        let near = nearest(&upper, WORDS.into_iter()).filter(|w| is_slip(&upper, w));
        if let Some(meant) = near {
            let there = place_of(token).map_or_else(String::new, |p| format!(" ({p})"));
            return format!("; did you mean {meant} instead of {}{there}?", word.value);
        }
    }
    String::new()
}

/// Whether the letters are nearly the same ones.
fn is_slip(a: &str, b: &str) -> bool {
    let missing = |a: &str, b: &str| {
        let mut rest: Vec<char> = b.chars().collect();
        for c in a.chars() {
            if let Some(at) = rest.iter().position(|r| *r == c) {
                rest.swap_remove(at);
            }
        }
        rest.len()
    };
    missing(a, b) <= 1 && missing(b, a) <= 1
}
