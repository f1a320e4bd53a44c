//! A file is named after the one thing in it.

use super::{refuse, tree};

const BANNED: [&str; 8] =
    ["util", "utils", "helper", "helpers", "common", "misc", "manager", "managers"];

fn fault(path: &str) -> Option<String> {
    if path.ends_with("/mod.rs") {
        return Some(format!("{path}: a module file is `name.rs` beside `name/`"));
    }
    let stem = path.strip_suffix(".rs").unwrap_or(path);
    let banned = stem.split(['/', '_']).find(|part| BANNED.contains(part))?;
    Some(format!("{path}: `{banned}` says nothing about what is inside"))
}

#[test]
fn every_file_is_named_after_what_is_in_it() {
    refuse(&tree::rust_files().iter().filter_map(|(path, _)| fault(path)).collect::<Vec<_>>());
}

#[test]
fn an_empty_name_is_seen() {
    for bad in ["src/geo/mod.rs", "src/utils.rs", "src/geo/misc/a.rs", "src/geo/grid_helpers.rs"] {
        assert!(fault(bad).is_some(), "{bad}");
    }
    assert!(fault("src/geo/model.rs").is_none());
}
