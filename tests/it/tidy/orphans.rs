//! A source file that no module mentions is never compiled, and rots.

use std::collections::{BTreeMap, BTreeSet};

use super::rust::{Rust, words};
use super::{refuse, tree};

/// The files that may declare the module of `path`; none for the root of a crate.
fn parents(path: &str) -> Option<Vec<String>> {
    let (folder, _) = path.rsplit_once('/')?;
    match path {
        "src/lib.rs" | "src/main.rs" | "src/full.rs" | "tests/it/main.rs" => None,
        "tests/schedules/lib.rs" => None,
        // A bench of several files has its root in its folder.
        _ if folder == "benches" || path.starts_with("fuzz/") => None,
        _ if folder.starts_with("benches/") && path.ends_with("/main.rs") => None,
        _ => {
            let inside = ["lib.rs", "main.rs"].map(|root| format!("{folder}/{root}"));
            Some(inside.into_iter().chain([format!("{folder}.rs")]).collect())
        }
    }
}

fn declares(code: &str, module: &str) -> bool {
    words(code, "mod").any(|at| {
        let rest = code[at + 3..].trim_start();
        rest.strip_prefix(module).is_some_and(|r| r.trim_start().starts_with(';'))
    })
}

/// The files that are compiled for tests only: their module, or one around it, is under
/// `#[cfg(test)]`.
pub fn test_files(files: &[(String, Rust)]) -> BTreeSet<&str> {
    let by_path: BTreeMap<&str, &Rust> = files.iter().map(|(p, r)| (p.as_str(), r)).collect();
    let (named, mut found) = (named(files), BTreeSet::new());
    // A parent sorts before its children's folder or not at all, so look until nothing new is
    // found.
    loop {
        let before = found.len();
        for path in by_path.keys() {
            let stem = path.rsplit('/').next().unwrap_or(path).trim_end_matches(".rs");
            let only = |parent: &String| {
                found.contains(parent.as_str())
                    || by_path.get(parent.as_str()).is_some_and(|rust| {
                        declares(&rust.code, stem) && !declares(&rust.program, stem)
                    })
            };
            let by_parent = parents(path).is_some_and(|parents| parents.iter().any(only));
            if by_parent || (path.ends_with("_tests.rs") && named.contains(*path)) {
                found.insert(*path);
            }
        }
        if found.len() == before {
            return found;
        }
    }
}

/// Files that `#[path]` attributes name.
fn named(files: &[(String, Rust)]) -> BTreeSet<String> {
    let of = |(path, rust): &(String, Rust)| {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
        rust.paths.iter().map(|name| format!("{folder}/{name}")).collect::<Vec<_>>()
    };
    files.iter().flat_map(of).collect()
}

fn faults(files: &[(String, Rust)]) -> Vec<String> {
    let by_path: BTreeMap<&str, &Rust> = files.iter().map(|(p, r)| (p.as_str(), r)).collect();
    let named = named(files);
    let mentions = |parent: &String, stem: &str| {
        by_path.get(parent.as_str()).is_some_and(|rust| declares(&rust.code, stem))
    };
    let is_orphan = |path: &str| {
        let stem = path.rsplit('/').next().unwrap_or(path).trim_end_matches(".rs");
        parents(path).is_some_and(|parents| !parents.iter().any(|p| mentions(p, stem)))
            && !named.contains(path)
    };
    let paths = files.iter().map(|(path, _)| path).filter(|path| is_orphan(path));
    paths.map(|path| format!("{path}: no module mentions it")).collect()
}

#[test]
fn every_source_file_is_mentioned_by_a_module() {
    refuse(&faults(&tree::rust_files()));
}

#[test]
fn every_bench_is_named_in_the_manifest() {
    let manifest = tree::top("Cargo.toml").text;
    let benches = tree::files("benches").into_iter().map(|f| f.path);
    let absent = benches.filter(|path| {
        // A bench's own folder holds the parts that it shares.
        path.ends_with(".rs")
            && path.matches('/').count() == 1
            && !manifest.contains(&format!("\"{path}\""))
    });
    refuse(&absent.map(|path| format!("{path}: no [[bench]] names it")).collect::<Vec<_>>());
}

#[test]
fn a_file_for_tests_is_known() {
    let file = |path: &str, text: &str| (path.to_owned(), Rust::new(text));
    let files = [
        file("src/geo.rs", "mod grid;\n#[cfg(test)]\nmod proof;\n"),
        file("src/geo/grid.rs", "#[cfg(test)]\n#[path = \"grid_tests.rs\"]\nmod tests;\n"),
        file("src/geo/grid_tests.rs", ""),
        file("src/geo/proof.rs", "mod deep;\n"),
        file("src/geo/proof/deep.rs", ""),
    ];
    let expected = ["src/geo/grid_tests.rs", "src/geo/proof.rs", "src/geo/proof/deep.rs"];
    assert_eq!(test_files(&files).into_iter().collect::<Vec<_>>(), expected);
}

#[test]
fn a_file_that_no_module_mentions_is_seen() {
    let file = |path: &str, text: &str| (path.to_owned(), Rust::new(text));
    let files = [
        file("src/lib.rs", "mod geo;\n// mod lost;\n"),
        file("src/geo.rs", "pub mod grid;\n#[path = \"geo_tests.rs\"]\nmod tests;\n"),
        file("src/geo_tests.rs", ""),
        file("src/geo/grid.rs", ""),
        file("src/geo/window.rs", ""),
        file("src/lost.rs", ""),
    ];
    assert_eq!(
        faults(&files),
        ["src/geo/window.rs: no module mentions it", "src/lost.rs: no module mentions it"]
    );
}
