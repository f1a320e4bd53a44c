//! Clauses that the parser reads and the engine passes over, so that the answer would be another
//! one than was asked for.

use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan};

use super::statement::place_of;
use crate::error::{Error, Result};

const DRAW: &str = "write LIMIT 10 PER cell SEED 1 at the end, or ORDER BY stable_hash(1, id)";
const WHERE: &str = "write the condition after WHERE";

/// Refuses them.
pub(super) fn check(tokens: &[TokenWithSpan]) -> Result<()> {
    let seen: Vec<&TokenWithSpan> =
        tokens.iter().filter(|t| !matches!(t.token, Token::Whitespace(_) | Token::EOF)).collect();
    for (at, token) in seen.iter().enumerate() {
        let next = seen.get(at + 1).map(|t| &t.token);
        if let Some((clause, hint)) = unheard(&token.token, next) {
            let place = place_of(token).map_or_else(String::new, |p| format!(" ({p})"));
            return Err(Error::usage(format!("{clause} is not supported{place}")).hint(hint));
        }
    }
    Ok(())
}

fn unheard(token: &Token, next: Option<&Token>) -> Option<(&'static str, &'static str)> {
    use Keyword as K;
    let Token::Word(word) = token else { return None };
    let next_word = match next {
        Some(Token::Word(w)) => w.keyword,
        _ => K::NoKeyword,
    };
    match (word.keyword, next_word) {
        (K::TABLESAMPLE, _) => Some(("TABLESAMPLE", DRAW)),
        (K::PREWHERE, _) => Some(("PREWHERE", WHERE)),
        (K::CONNECT, K::BY) => Some(("CONNECT BY", "write a JOIN for each step")),
        (K::PARTITION, _) if next == Some(&Token::LParen) => Some(("PARTITION of a table", WHERE)),
        (K::FOR, K::UPDATE | K::SHARE) => Some(("FOR UPDATE", "a session only reads its tables")),
        (K::FOR, K::JSON | K::XML) => {
            Some(("FOR JSON", "use eclaircie sql --format csv, json or parquet"))
        }
        _ => None,
    }
}
