//! Lines of a file that a person will read.

use std::fmt::Write;

/// Width of the lines.
const WIDTH: usize = 96;
/// What stands before a range: four blanks, `AND`, the name of a column and `BETWEEN`.
const INDENT: usize = 36;

pub(super) fn line(out: &mut String, text: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{text}");
}

/// The two ends of a range, on one line if they fit.
pub(super) fn between(from: &str, until: &str) -> String {
    match from.len() + until.len() + INDENT > WIDTH {
        true => format!("{from}\n      AND {until}"),
        false => format!("{from} AND {until}"),
    }
}

/// Appends words with commas; a line that would grow too long goes on in a new one.
pub(super) fn list(out: &mut String, indent: &str, words: &[String]) {
    let mut width = out.len() - out.rfind('\n').map_or(0, |at| at + 1);
    for (i, word) in words.iter().enumerate() {
        // A comma or bracket follows each.
        let long = width + 1 + word.len() + 1 > WIDTH;
        let gap = match (i, long) {
            (0, _) => String::new(),
            (_, false) => ", ".to_owned(),
            (_, true) => format!(",\n{indent}"),
        };
        width = if i > 0 && long { indent.len() } else { width + gap.len() } + word.len();
        let _ = write!(out, "{gap}{word}");
    }
}
