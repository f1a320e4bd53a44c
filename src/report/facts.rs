//! What one needs to do it again: versions, seeds, commands.

use super::escape::escape;

/// The table; empty without facts.
pub(super) fn facts(all: &[(String, String)]) -> String {
    if all.is_empty() {
        return String::new();
    }
    let rows: String = all
        .iter()
        .map(|(name, value)| {
            format!("<tr><th scope=\"row\">{}</th><td>{}</td></tr>\n", escape(name), escape(value))
        })
        .collect();
    format!("<table class=\"facts\"><tbody>{rows}</tbody></table>\n")
}
