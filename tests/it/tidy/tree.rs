//! The files of the checkout.

use std::fs;
use std::path::{Path, PathBuf};

use super::rust::Rust;

/// A text file: its path from the root of the checkout, with `/`, and its text.
pub struct TextFile {
    pub path: String,
    pub text: String,
}

/// The checkout that cargo runs the tests of.
pub fn root() -> PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from)
}

/// Every text file below `folder`, in order of path; none where the folder is absent.
pub fn files(folder: &str) -> Vec<TextFile> {
    let mut found = Vec::new();
    walk(&root().join(folder), &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// A file at the top of the checkout.
pub fn top(name: &str) -> TextFile {
    let text = fs::read_to_string(root().join(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
    TextFile { path: name.to_owned(), text }
}

/// Every Rust file of the program, its tests and its benches, comments and literals blanked.
pub fn rust_files() -> Vec<(String, Rust)> {
    let all = ["src", "tests", "benches", "fuzz"].into_iter().flat_map(files);
    let rust: Vec<_> =
        all.filter(|f| f.path.ends_with(".rs")).map(|f| (f.path, Rust::new(&f.text))).collect();
    assert!(rust.len() > 10, "the walk found no tree: {} Rust files", rust.len());
    rust
}

fn walk(folder: &Path, found: &mut Vec<TextFile>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, found);
        } else if let Ok(text) = fs::read_to_string(&path) {
            let path = path.strip_prefix(root()).unwrap().to_str().unwrap().replace('\\', "/");
            found.push(TextFile { path, text });
        }
    }
}
