//! How often a text names a query or a table, with every named query written out.
//!
//! The planner walks along a named query again for each use, so a text that doubles it some thirty
//! times never comes back from planning. It is counted on tokens, before.

use std::collections::HashMap;

use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan};

use crate::error::{Error, Result};
use crate::limits;

/// Uses of SELECT, and of tables.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Count {
    selects: u64,
    tables: u64,
}

impl Count {
    fn add(&mut self, other: Self) {
        self.selects = self.selects.saturating_add(other.selects);
        self.tables = self.tables.saturating_add(other.tables);
    }

    fn larger(self, other: Self) -> Self {
        let (selects, tables) = (self.selects.max(other.selects), self.tables.max(other.tables));
        Self { selects, tables }
    }
}

/// Refuses a text that is too large when written out. `tables` are the names of tables.
pub(super) fn check(tokens: &[TokenWithSpan], tables: &[String]) -> Result<()> {
    let blank = |t: &&Token| !matches!(t, Token::Whitespace(_) | Token::EOF);
    let seen: Vec<&Token> = tokens.iter().map(|t| &t.token).filter(blank).collect();
    let one = Count { selects: 0, tables: 1 };
    let mut named: HashMap<String, Count> =
        tables.iter().map(|t| (t.to_lowercase(), one)).collect();
    let mut peak = Count::default();
    let count = count(&seen, &mut named, &mut peak).larger(peak);
    let bounds = [
        ("SELECTs", count.selects, limits::SQL_SELECTS_MAX),
        ("tables", count.tables, limits::SQL_TABLES_MAX),
    ];
    for (what, found, most) in bounds {
        if found > most {
            return Err(Error::usage(format!(
                "the query, written out, has {found} {what}, more than {most}"
            ))
            .hint("use a named query fewer times, or ask several questions"));
        }
    }
    Ok(())
}

/// The count of some tokens; `peak` becomes that of the largest named query.
fn count(tokens: &[&Token], named: &mut HashMap<String, Count>, peak: &mut Count) -> Count {
    let (mut all, mut at) = (Count::default(), 0);
    while at < tokens.len() {
        let Token::Word(word) = tokens[at] else {
            at += 1;
            continue;
        };
        let name = word.value.to_lowercase();
        if let Some(open) = definition(tokens, at) {
            let close = closing(tokens, open);
            let inside = count(&tokens[open + 1..close], named, peak);
            // It is planned, used or not.
            *peak = peak.larger(inside);
            named.insert(name, inside);
            at = close;
            continue;
        }
        let part = |i: Option<usize>| i.and_then(|i| tokens.get(i)) == Some(&&Token::Period);
        if word.keyword == Keyword::SELECT {
            all.selects = all.selects.saturating_add(1);
        } else if !part(at.checked_sub(1)) && !part(Some(at + 1)) {
            // The name of a column may be that of a table: one too many does no harm.
            all.add(named.get(&name).copied().unwrap_or_default());
        }
        at += 1;
    }
    all
}

/// Where the parenthesis of `name AS (` or `name (a, b) AS (` opens, after WITH or a comma.
fn definition(tokens: &[&Token], at: usize) -> Option<usize> {
    let is = |i: usize, k: Keyword| matches!(tokens.get(i), Some(Token::Word(w)) if w.keyword == k);
    let before = at.checked_sub(1)?;
    if !is(before, Keyword::WITH) && *tokens[before] != Token::Comma {
        return None;
    }
    let mut next = at + 1;
    if tokens.get(next) == Some(&&Token::LParen) {
        next = closing(tokens, next) + 1;
    }
    let mut open = is(next, Keyword::AS).then_some(next + 1)?;
    while is(open, Keyword::NOT) || is(open, Keyword::MATERIALIZED) {
        open += 1;
    }
    (tokens.get(open) == Some(&&Token::LParen)).then_some(open)
}

/// The parenthesis that closes the one at `open`, or the end.
fn closing(tokens: &[&Token], open: usize) -> usize {
    let mut depth = 0usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token {
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return at;
        }
    }
    tokens.len()
}

#[cfg(test)]
mod tests {
    use datafusion::sql::sqlparser::dialect::GenericDialect;
    use datafusion::sql::sqlparser::tokenizer::Tokenizer;

    use super::*;

    fn of(sql: &str) -> Count {
        let tokens = Tokenizer::new(&GenericDialect {}, sql).tokenize().unwrap();
        let blank = |t: &&Token| !matches!(t, Token::Whitespace(_) | Token::EOF);
        let seen: Vec<&Token> = tokens.iter().filter(blank).collect();
        let one = Count { selects: 0, tables: 1 };
        let mut peak = Count::default();
        count(&seen, &mut HashMap::from([("s2".to_owned(), one)]), &mut peak).larger(peak)
    }

    #[test]
    fn a_named_query_counts_for_each_use() {
        assert_eq!(of("SELECT s2.slot FROM s2, s2 AS b"), Count { selects: 1, tables: 2 });
        let twice = of("WITH a AS (SELECT * FROM s2), b (x) AS (SELECT * FROM a, A) \
                        SELECT b.x FROM b JOIN b AS c ON true");
        assert_eq!(twice, Count { selects: 1 + 6, tables: 4 });
        let shadow = of("WITH s2 AS (SELECT * FROM s2) SELECT * FROM s2");
        assert_eq!(shadow, Count { selects: 2, tables: 1 });
        assert_eq!(of("SELECT (1, 2 AS (").selects, 1);
    }

    #[test]
    fn a_count_beyond_all_numbers_stays_a_number() {
        let mut sql = "WITH a0 AS (SELECT * FROM s2)".to_owned();
        for i in 1..100 {
            sql.push_str(&format!(", a{i} AS (SELECT * FROM a{}, a{})", i - 1, i - 1));
        }
        assert_eq!(of(&format!("{sql} SELECT * FROM a99")).tables, u64::MAX);
        assert_eq!(of(&format!("{sql} SELECT 1")).tables, u64::MAX);
    }
}
