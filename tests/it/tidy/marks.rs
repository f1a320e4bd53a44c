//! What is left for later is an issue, not a mark in the tree.

use super::rust::{is_word, line};
use super::{refuse, tree};

/// Spelt in two halves, so that this file holds none.
const MARKS: [&str; 6] = [
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("X", "XX"),
    concat!("to", "do!"),
    concat!("unimple", "mented!"),
    concat!("db", "g!"),
];
const FOLDERS: [&str; 8] =
    ["src", "tests", "benches", "fuzz", "queries", "models", "schemas", ".ci"];
const TOP: [&str; 9] = [
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "Cargo.toml",
    "Makefile",
    "README.md",
    "build.rs",
    "clippy.toml",
    "deny.toml",
    "setup.sh",
];

fn faults(path: &str, text: &str) -> Vec<String> {
    let whole = |mark: &str, at: usize| {
        !text[..at].chars().next_back().is_some_and(is_word)
            && (mark.ends_with('!') || !text[at + mark.len()..].chars().next().is_some_and(is_word))
    };
    let told = |mark: &'static str| {
        let found = text.match_indices(mark).filter(move |(at, _)| whole(mark, *at));
        found.map(move |(at, _)| format!("{path}:{}: a leftover {mark}", line(text, at)))
    };
    MARKS.into_iter().flat_map(told).collect()
}

#[test]
fn no_mark_is_left_over() {
    let top = TOP.into_iter().filter(|n| tree::root().join(n).exists()).map(tree::top);
    let files = FOLDERS.into_iter().flat_map(tree::files).chain(top);
    refuse(&files.flat_map(|f| faults(&f.path, &f.text)).collect::<Vec<_>>());
}

#[test]
fn a_leftover_mark_is_seen() {
    for mark in MARKS {
        assert_eq!(
            faults("a.rs", &format!("fn a() {{\n    // {mark}\n}}\n")),
            [format!("a.rs:2: a leftover {mark}")]
        );
    }
    assert!(faults("a.rs", "the word todo, and a TODOLIST").is_empty());
}
