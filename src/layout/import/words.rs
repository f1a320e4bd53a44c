//! Names of roles and layouts as words of SQL.

use crate::sql::is_keyword;

/// Names that the query itself uses for tables.
const TAKEN: [&str; 8] = ["s2", "s1", "dem", "scenes", "patches", "nearest", "found", "moment"];

/// A plain word: lower case, every other letter becomes `_`.
pub(super) fn plain(name: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    name.chars().map(letter).collect()
}

/// The name of a role's rows in the query: its own, unless that already means something else.
pub(super) fn alias(role: &str) -> String {
    let digit = role.starts_with(|c: char| c.is_ascii_digit());
    let other = TAKEN.contains(&role) || role.starts_with("nearest_") || is_keyword(role);
    if digit || other { format!("image_{role}") } else { role.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_may_be_called_anything_and_is_still_a_word_of_sql() {
        assert_eq!(plain("AL-Meraner.Occitanie"), "al_meraner_occitanie");
        assert_eq!(alias("tm1"), "tm1");
        for other in ["select", "next", "dem", "0", "nearest_t"] {
            assert_eq!(alias(other), format!("image_{other}"));
        }
    }
}
