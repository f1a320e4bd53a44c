//! Outside text made inert.

/// Text that may stand in an element or in a double-quoted attribute.
///
/// Control characters and those that turn the direction of writing become U+FFFD: a label must not
/// change how the text around it reads.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(c),
            // XML, as of a drawing, knows no such characters.
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => out.push('\u{fffd}'),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_becomes_text() {
        assert_eq!(
            escape("<a href=\"x\" b='y'>&"),
            "&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;"
        );
    }

    #[test]
    fn invisible_orders_to_the_reader_are_replaced() {
        assert_eq!(escape("a\u{202e}b\u{0}c\u{ffff}\nd é"), "a\u{fffd}b\u{fffd}c\u{fffd}\nd é");
    }
}
