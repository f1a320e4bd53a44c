//! Names of roles and layouts as words of SQL.

use crate::sql::is_keyword;

/// Names that the query itself uses for tables.
const TAKEN: [&str; 8] = ["s2", "s1", "dem", "scenes", "patches", "nearest", "found", "moment"];

/// Words of SQL that are free to name a table.
const FREE: [&str; 4] = ["target", "before", "after", "next"];

/// A plain word: lower case, every other letter becomes `_`.
pub(super) fn plain(name: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    name.chars().map(letter).collect()
}

/// The name of a role's rows in the query: its own, unless that already means something else.
pub(super) fn alias(role: &str) -> String {
    let digit = role.starts_with(|c: char| c.is_ascii_digit());
    let keyword = is_keyword(role) && !FREE.contains(&role);
    let other = TAKEN.contains(&role) || role.starts_with("nearest_") || keyword;
    if digit || other { format!("image_{role}") } else { role.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_may_be_called_anything_and_is_still_a_word_of_sql() {
        assert_eq!(plain("AL-Meraner.Occitanie"), "al_meraner_occitanie");
        assert_eq!([alias("tm1"), alias("target")], ["tm1", "target"]);
        for other in ["select", "interval", "dem", "0", "nearest_t"] {
            assert_eq!(alias(other), format!("image_{other}"));
        }
    }
}
