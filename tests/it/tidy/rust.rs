//! Just enough of Rust's grammar to tell code from comments, literals and tests.

/// Rust source with the same lines and columns, in which only code is left.
pub struct Rust {
    /// Comments and the insides of literals are blanks.
    pub code: String,
    /// As `code`, and items under `#[cfg(test)]` are blanks too.
    pub program: String,
    /// The files that `#[path = "…"]` names, in this file's folder.
    pub paths: Vec<String>,
}

impl Rust {
    pub fn new(text: &str) -> Self {
        let code = blank_text(text);
        let program = blank_tests(&code);
        let named =
            |l: &str| Some(l.trim().strip_prefix("#[path = \"")?.strip_suffix("\"]")?.to_owned());
        Self { code, program, paths: text.lines().filter_map(named).collect() }
    }
}

/// The line of a byte, from 1.
pub fn line(code: &str, at: usize) -> usize {
    code[..at].matches('\n').count() + 1
}

/// Where `word` stands as a whole word.
pub fn words<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let bounds = move |at: &usize| {
        let before = code[..*at].chars().next_back();
        let after = code[at + word.len()..].chars().next();
        !before.is_some_and(is_word) && !after.is_some_and(is_word)
    };
    code.match_indices(word).map(|(at, _)| at).filter(bounds)
}

pub fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The byte after the bracket that closes the one at `open`, or the end of the text.
pub fn after_closing(code: &str, open: usize) -> usize {
    let mut depth = 0usize;
    for (at, c) in code[open..].char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return open + at + 1;
        }
    }
    code.len()
}

fn blank_text(text: &str) -> String {
    let mut out = text.as_bytes().to_vec();
    let mut at = 0;
    while at < text.len() {
        let end = literal_end(text, at);
        for byte in &mut out[at..end] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
        at = end.max(at + next_char(text, at).len_utf8());
    }
    String::from_utf8(out).unwrap()
}

fn next_char(text: &str, at: usize) -> char {
    text[at..].chars().next().unwrap_or(' ')
}

/// The end of the comment or literal that starts at `at`; `at` itself where none does.
fn literal_end(text: &str, at: usize) -> usize {
    let rest = &text[at..];
    if rest.starts_with("//") {
        return at + rest.find('\n').unwrap_or(rest.len());
    }
    if rest.starts_with("/*") {
        return at + block_comment(rest);
    }
    if rest.starts_with('"') {
        return at + quoted(rest, '"');
    }
    if rest.starts_with('\'') {
        return at + character(rest);
    }
    let in_word = text[..at].chars().next_back().is_some_and(is_word);
    at + if in_word { 0 } else { raw_string(rest) }
}

fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += next_char(rest, at).len_utf8();
        }
    }
    rest.len()
}

fn quoted(rest: &str, mark: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == mark => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// A character literal; a lifetime is none.
fn character(rest: &str) -> usize {
    let mut chars = rest.chars().skip(1);
    match (chars.next(), chars.next()) {
        (Some('\\'), _) => quoted(rest, '\''),
        (Some(c), Some('\'')) => 2 + c.len_utf8(),
        _ => 0,
    }
}

fn raw_string(rest: &str) -> usize {
    let Some(prefix) = ["r", "br", "cr"]
        .into_iter()
        .find(|p| rest.strip_prefix(p).is_some_and(|r| r.trim_start_matches('#').starts_with('"')))
    else {
        return 0;
    };
    let body = &rest[prefix.len()..];
    let hashes = body.len() - body.trim_start_matches('#').len();
    let close = format!("\"{}", "#".repeat(hashes));
    let start = prefix.len() + hashes + 1;
    rest[start..].find(&close).map_or(rest.len(), |n| start + n + close.len())
}

fn blank_tests(code: &str) -> String {
    let mut out = code.as_bytes().to_vec();
    let mut blank = |from: usize, to: usize| {
        out[from..to].iter_mut().filter(|b| **b != b'\n').for_each(|b| *b = b' ');
    };
    if code.contains("#![cfg(test)]") {
        blank(0, code.len());
    }
    for start in ["#[cfg(test)]", "#[cfg(all(test,"] {
        for (at, _) in code.match_indices(start) {
            blank(at, item_end(code, after_closing(code, at + 1)));
        }
    }
    String::from_utf8(out).unwrap()
}

/// The end of the item that starts at `at`: its semicolon, or the end of its braces.
fn item_end(code: &str, mut at: usize) -> usize {
    while at < code.len() {
        match next_char(code, at) {
            ';' => return at + 1,
            '{' => return after_closing(code, at),
            '(' | '[' => at = after_closing(code, at),
            c => at += c.len_utf8(),
        }
    }
    code.len()
}

#[test]
fn comments_and_literals_are_blanked_in_place() {
    let text =
        "let a = \"// {\"; // {\nlet b = '{'; /* { /* { */ */ let c: &'static str = r#\"\"{\"#;\n";
    let code = Rust::new(text).code;
    assert!(!code.contains('{'), "{code}");
    assert_eq!(code.len(), text.len());
    assert!(code.contains("let c: &'static str = "), "{code}");
    assert!(Rust::new("let c = '\\''; {").code.ends_with('{'));
    assert!(Rust::new("let c = 'é'; {").code.ends_with('{'));
}

#[test]
fn test_items_are_not_part_of_the_program() {
    let rust =
        Rust::new("fn a() {}\n#[cfg(test)]\nmod tests {\n fn b() { x([1; 2]) }\n}\nfn c() {}\n");
    assert!(rust.program.contains("fn a") && rust.program.contains("fn c"));
    assert!(rust.code.contains("fn b") && !rust.program.contains("fn b"));
    let rust = Rust::new("#[cfg(all(test, feature = \"torch\"))]\nuse a::b;\nfn c() {}");
    assert!(!rust.program.contains("use") && rust.program.contains("fn c"));
}

#[test]
fn a_word_is_found_whole_only() {
    assert_eq!(words("unsafe_code unsafe {", "unsafe").collect::<Vec<_>>(), [12]);
}
