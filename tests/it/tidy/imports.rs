//! An import may only go up the table of rooms (ARCHITECTURE.md).

use super::orphans::test_files;
use super::rust::{Rust, is_word, line};
use super::{refuse, tree};

/// What a room may import.
enum Reach {
    /// Every room in the rows above; rooms of one row do not see one another.
    Above,
    /// These only.
    Only(&'static [&'static str]),
}
use Reach::{Above, Only};

/// The table, from the top.
const TABLE: &[(&[&str], Reach)] = &[
    (&["error", "limits"], Only(&[])),
    (&["geo"], Only(&["error", "limits"])),
    (&["store"], Only(&["error", "limits"])),
    (&["cog"], Only(&["error", "limits", "geo", "store"])),
    (&["archive"], Above),
    (&["catalog"], Above),
    (&["ingest"], Above),
    (&["sql"], Above),
    (&["layout"], Above),
    (&["stream"], Only(&["error", "limits"])),
    (&["tensors"], Above),
    (&["models"], Above),
    (&["metrics"], Above),
    (&["ops"], Above),
    (&["exchange"], Above),
    (&["train", "reconstruct", "evaluate"], Above),
    (&["simulate"], Only(&["error", "limits", "geo", "store", "cog"])),
    (&["report"], Above),
    (&["cli"], Above),
];

fn row(room: &str) -> Option<usize> {
    TABLE.iter().position(|(rooms, _)| rooms.contains(&room))
}

fn may_import(room: &str, other: &str) -> bool {
    let (Some(here), Some(there)) = (row(room), row(other)) else { return false };
    room == other
        || match TABLE[here].1 {
            Above => there < here,
            Only(rooms) => rooms.contains(&other),
        }
}

/// The room of a source file and how many modules deep it lies; none for the crate's own three files.
fn place(path: &str) -> Option<(&str, usize)> {
    let inside = path.strip_prefix("src/")?.strip_suffix(".rs")?;
    let room = inside.split('/').next()?;
    (!matches!(room, "lib" | "main" | "full")).then(|| (room, inside.split('/').count()))
}

/// The first names after each path that starts at the crate's root, with where they stand.
fn root_names(code: &str, depth: usize) -> Vec<(usize, String)> {
    let mut names = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        if !code[..at].chars().next_back().is_some_and(is_word) {
            names.extend(first_names(code, at + "crate::".len()));
        }
    }
    let climb = "super::".repeat(depth);
    for (at, _) in code.match_indices(&climb) {
        if !code[..at].ends_with("super::") && !code[..at].chars().next_back().is_some_and(is_word)
        {
            names.extend(first_names(code, at + climb.len()));
        }
    }
    names
}

/// `a` of `a::b`; `a` and `c` of `{a::b, c}`.
fn first_names(code: &str, at: usize) -> Vec<(usize, String)> {
    let rest = &code[at..];
    let Some(group) = rest.strip_prefix('{') else {
        let name: String = rest.chars().take_while(|c| is_word(*c)).collect();
        return vec![(at, name)];
    };
    let (mut depth, mut starts, mut found) = (1, true, Vec::new());
    for (offset, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => starts = true,
            _ if starts && is_word(c) => {
                found.extend(first_names(code, at + 1 + offset));
                starts = false;
            }
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    found
}

fn faults(path: &str, rust: &Rust) -> Vec<String> {
    let Some((room, depth)) = place(path) else { return Vec::new() };
    if row(room).is_none() {
        return vec![format!(
            "{path}: room `{room}` is not in the table of tests/it/tidy/imports.rs"
        )];
    }
    let told = |(at, name): (usize, String)| {
        let line = line(&rust.program, at);
        if row(&name).is_none() {
            return Some(format!(
                "{path}:{line}: `crate::{name}` is no room: name the room it lives in"
            ));
        }
        (!may_import(room, &name))
            .then(|| format!("{path}:{line}: `{room}` may not import `{name}`"))
    };
    root_names(&rust.program, depth).into_iter().filter_map(told).collect()
}

/// Runs a rule over what is not compiled for tests alone.
fn over_program(rule: fn(&str, &Rust) -> Vec<String>) {
    let files = tree::rust_files();
    let tests = test_files(&files);
    let program = files.iter().filter(|(path, _)| !tests.contains(path.as_str()));
    refuse(&program.flat_map(|(path, rust)| rule(path, rust)).collect::<Vec<_>>());
}

/// Threads, locks and queues of the stream, which `stream/sync.rs` alone may name.
const SYNC: [&str; 3] = ["std::sync", "std::thread", "crossbeam"];
const SYNC_DOOR: &str = "src/stream/sync.rs";

fn sync_faults(path: &str, rust: &Rust) -> Vec<String> {
    if path == SYNC_DOOR || place(path).is_none_or(|(room, _)| room != "stream") {
        return Vec::new();
    }
    let told = |name: &'static str| {
        let found = rust.program.match_indices(name).map(|(at, _)| line(&rust.program, at));
        found.map(move |line| format!("{path}:{line}: `{name}` outside {SYNC_DOOR}"))
    };
    SYNC.into_iter().flat_map(told).collect()
}

#[test]
fn the_stream_has_one_door_to_threads_and_queues() {
    over_program(sync_faults);
}

#[test]
fn a_second_door_is_seen() {
    let rust = Rust::new("// std::sync\nuse std::thread;\n");
    assert_eq!(sync_faults("src/stream/work.rs", &rust).len(), 1);
    assert_eq!(sync_faults(SYNC_DOOR, &rust).len(), 0);
    assert_eq!(sync_faults("src/ingest/crew.rs", &rust).len(), 0);
}

#[test]
fn imports_only_go_up_the_table() {
    over_program(faults);
}

#[test]
fn an_import_down_the_table_is_seen() {
    let seen = |path: &str, text: &str| faults(path, &Rust::new(text)).len();
    assert_eq!(seen("src/geo/grid.rs", "use crate::store::publish;"), 1);
    assert_eq!(seen("src/geo/grid.rs", "use crate::error::{Error, Result};"), 0);
    assert_eq!(seen("src/stream.rs", "use crate::{error::Error, limits, geo::{Grid, Crs}};"), 1);
    assert_eq!(seen("src/stream/node.rs", "fn f(g: &super::super::geo::Grid) {}"), 1);
    assert_eq!(seen("src/stream/node.rs", "use super::{Edge, Item};"), 0);
    assert_eq!(seen("src/geo.rs", "use super::archive;"), 1);
    assert_eq!(seen("src/train/curve.rs", "use crate::evaluate::Table;"), 1);
    assert_eq!(seen("src/train/curve.rs", "use crate::ops::{read, batch};"), 0);
    assert_eq!(seen("src/simulate.rs", "use crate::archive::Archive;"), 1);
    assert_eq!(seen("src/cli/sql.rs", "use crate::{Error, sql};"), 1, "a name at the root");
    assert_eq!(seen("src/nowhere.rs", ""), 1, "a room that is not in the table");
}

#[test]
fn what_only_tests_import_is_free() {
    let text = "#[cfg(test)]\nmod tests {\n    use crate::cli::run;\n}\n// use crate::cli\n";
    assert_eq!(faults("src/geo.rs", &Rust::new(text)).len(), 0);
}
