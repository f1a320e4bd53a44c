//! Names from outside that become part of a path.

use crate::error::{Error, Result};

/// Accepts letters, digits, `-`, `_` and `.`, not starting with a dot, at most 128 long.
///
/// Tile names, scene ids and array names pass here once, so that no outside text can leave its
/// root.
pub fn check_name(text: &str) -> Result<&str> {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if text.is_empty() || text.len() > 128 || text.starts_with('.') || !text.chars().all(legal) {
        return Err(Error::invalid(format!("'{}' cannot be a name", text.escape_debug()))
            .hint("names hold letters, digits, '-', '_' and '.', and do not start with a dot"));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_never_leaves_its_root() {
        for bad in ["", "..", ".x", "a/b", "a\\b", "a\0", "é", &"x".repeat(129)] {
            assert!(check_name(bad).is_err(), "{bad:?}");
        }
        assert!(check_name("SENTINEL2A_20180804-105022-000_L2A_T31TCJ_C_V1-0").is_ok());
    }
}
