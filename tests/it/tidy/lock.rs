//! Crates whose types cross rooms come once: two versions of one would not fit each other.

use super::{refuse, tree};

const ONCE: [&str; 5] = ["arrow", "datafusion", "object_store", "parquet", "zarrs"];

fn faults(lock: &str) -> Vec<String> {
    let versions = |name: &str| {
        let line = format!("name = \"{name}\"");
        lock.lines().filter(|l| *l == line).count()
    };
    let twice = ONCE.into_iter().filter(|name| versions(name) > 1);
    twice.map(|name| format!("Cargo.lock: more than one version of {name}")).collect()
}

#[test]
fn one_version_of_the_crates_whose_types_cross_rooms() {
    let lock = tree::top("Cargo.lock").text;
    assert!(
        lock.contains("name = \"datafusion\""),
        "Cargo.lock has another form than is read here"
    );
    refuse(&faults(&lock));
}

#[test]
fn two_versions_are_seen() {
    let one = "[[package]]\nname = \"arrow\"\nversion = \"59.3.2\"\n\n";
    let two = "[[package]]\nname = \"arrow\"\nversion = \"60.1.0\"\n";
    assert!(faults(one).is_empty());
    assert_eq!(faults(&[one, two].concat()).len(), 1);
}
