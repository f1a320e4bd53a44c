//! A file is one thing.

use super::{refuse, tree};

const FILE_LINES_MAX: usize = 800;

fn fault(path: &str, text: &str) -> Option<String> {
    let lines = text.lines().count();
    (lines > FILE_LINES_MAX)
        .then(|| format!("{path}: {lines} lines, more than {FILE_LINES_MAX}: it is two things"))
}

#[test]
fn no_file_is_longer_than_800_lines() {
    let files = tree::rust_files();
    refuse(&files.iter().filter_map(|(path, rust)| fault(path, &rust.code)).collect::<Vec<_>>());
}

#[test]
fn a_long_file_is_seen() {
    assert!(fault("a.rs", &"\n".repeat(801)).is_some());
    assert!(fault("a.rs", &"\n".repeat(800)).is_none());
}
