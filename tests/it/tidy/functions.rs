//! A function fits on a screen.

use super::rust::{Rust, after_closing, is_word, line, words};
use super::{refuse, tree};

const FUNCTION_LINES_MAX: usize = 70;

/// The `{` of the function whose `fn` stands at `at`; none for a signature or a function type.
fn body(code: &str, at: usize) -> Option<usize> {
    let mut at = at + "fn ".len();
    code[at..].chars().next().filter(|c| is_word(*c))?;
    while at < code.len() {
        match code[at..].chars().next()? {
            ';' => return None,
            '{' => return Some(at),
            '(' | '[' => at = after_closing(code, at),
            c => at += c.len_utf8(),
        }
    }
    None
}

fn faults(path: &str, rust: &Rust) -> Vec<String> {
    let code = &rust.code;
    let told = |at: usize| {
        let open = body(code, at)?;
        let lines = line(code, after_closing(code, open) - 1) - line(code, at) + 1;
        (lines > FUNCTION_LINES_MAX).then(|| {
            let first = line(code, at);
            format!("{path}:{first}: a function of {lines} lines, more than {FUNCTION_LINES_MAX}")
        })
    };
    words(code, "fn").filter_map(told).collect()
}

#[test]
fn no_function_is_longer_than_70_lines() {
    let files = tree::rust_files();
    refuse(&files.iter().flat_map(|(path, rust)| faults(path, rust)).collect::<Vec<_>>());
}

#[test]
fn a_long_function_is_seen() {
    let text = |lines: usize| {
        format!(
            "fn a<T, const N: usize>(b: [u8; 3]) -> Vec<T>\nwhere\n    T: Fn(u8) -> u8,\n{{\n{}}}\n",
            "x();\n".repeat(lines)
        )
    };
    assert_eq!(faults("a.rs", &Rust::new(&text(66))).len(), 1);
    assert_eq!(faults("a.rs", &Rust::new(&text(65))).len(), 0);
    let nested = format!("impl A {{\n{}}}", "fn b(&self) {}\n".repeat(100));
    assert_eq!(faults("a.rs", &Rust::new(&nested)).len(), 0);
}
