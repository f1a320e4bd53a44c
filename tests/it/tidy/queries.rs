//! A query says first what it selects.

use super::{refuse, tree};

fn fault(path: &str, text: &str) -> Option<String> {
    let stem = path.rsplit('/').next()?.strip_suffix(".sql")?;
    let said = text.lines().next().and_then(|l| l.strip_prefix(&format!("-- {stem}:")));
    said.is_none_or(|meaning| meaning.trim().is_empty())
        .then(|| format!("{path}:1: starts with `-- {stem}: ` and what it selects"))
}

#[test]
fn every_query_says_what_it_selects() {
    let queries = tree::files("queries");
    refuse(&queries.iter().filter_map(|f| fault(&f.path, &f.text)).collect::<Vec<_>>());
}

#[test]
fn a_silent_query_is_seen() {
    assert!(fault("queries/ssop.sql", "SELECT 1\n").is_some());
    assert!(fault("queries/ssop.sql", "-- os2: another\nSELECT 1\n").is_some());
    assert!(fault("queries/ssop.sql", "-- ssop:  \nSELECT 1\n").is_some());
    assert!(fault("queries/ssop.sql", "-- ssop: a cloudy image and a clear one\n").is_none());
    assert!(fault("queries/README.md", "of any form").is_none());
}
