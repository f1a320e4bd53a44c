//! The layout verbs over Parquet files of the user.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Exit code and what was said, of either kind.
fn run(words: &[&str]) -> (i32, String) {
    let out = Command::new(env!("CARGO_BIN_EXE_eclaircie")).args(words).output();
    let out = out.expect("the program starts");
    let text = [out.stdout, out.stderr].concat();
    (out.status.code().unwrap_or(-1), String::from_utf8_lossy(&text).into_owned())
}

fn ok(words: &[&str]) -> String {
    let (code, text) = run(words);
    assert_eq!(code, 0, "{words:?}: {text}");
    text
}

/// Twenty months of a cloudy and a clear image in turn, 100 hours apart, over four places; with radar.
struct Own {
    folder: tempfile::TempDir,
}

impl Own {
    fn new() -> Self {
        let own = Self { folder: tempfile::tempdir().expect("a folder") };
        let place = "CAST(value % 2 AS INT) AS row, CAST(value / 2 % 2 AS INT) AS col, \
                     value % 4 AS cell, true AS valid";
        let time = "TIMESTAMP '2018-01-01' + to_hours((value / 4) * 100) AS time";
        let cloud = "CAST((value / 4) % 2 * 60 AS DOUBLE) AS cloud_percent";
        for (name, more) in [("s2", format!(", {cloud}")), ("s1", String::new())] {
            let columns = format!("value AS id, '31TCJ' AS tile, {place}, {time}{more}");
            let sql = format!("SELECT {columns} FROM generate_series(0, 583)");
            ok(&["sql", &sql, "--to", &text(&own.path(&format!("{name}.parquet")))]);
        }
        own
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file from `old`, which is `s2`.
    fn write(&self, name: &str, sql: &str) {
        let to = self.path(&format!("{name}.parquet"));
        ok(&["sql", sql, "--to", &text(&to), "--table", &self.table("old", "s2")]);
    }

    /// `name=FILE`.
    fn table(&self, name: &str, file: &str) -> String {
        format!("{name}={}", text(&self.path(&format!("{file}.parquet"))))
    }

    /// A layout verb over `s1` and this file as `s2`.
    fn ask(&self, verb: &str, layout: &str, s2: &str, more: &[&str]) -> (i32, String) {
        let (s2, s1) = (self.table("s2", s2), self.table("s1", "s1"));
        let words = ["layout", verb, layout, "--table", &s2, "--table", &s1];
        run(&[&words[..], more].concat())
    }
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

#[test]
fn preview_and_manifest_take_tables_and_a_check_tells_each_field() {
    let own = Own::new();
    let (code, shown) = own.ask("preview", "ssop", "s2", &["--rows", "2"]);
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("sample 1 of ") && shown.contains("60.0 %"), "{shown}");
    let file = text(&own.path("m.json"));
    let written = own.ask("manifest", "ssop", "s2", &["--per-place", "5", "--to", &file]);
    assert_eq!(written.0, 0, "{}", written.1);
    let (code, same) = own.ask("manifest", "ssop", "s2", &["--check", &file]);
    assert_eq!((code, same.trim()), (0, "the same 20 samples"));
    // A preset sets what it says, the manifest all else; --set brings it back.
    let (code, told) = own.ask("manifest", "ssop@burkina", "s2", &["--check", &file]);
    assert_eq!(code, 1, "{told}");
    let line =
        "parameter target_hours: the manifest says 240, now it is 336; add --set target_hours=240";
    assert!(told.contains(line), "{told}");
    let back = ["target_hours=240", "gap_hours=72"].map(|v| ["--set", v]).concat();
    let back = [&["--check", &file][..], &back].concat();
    let (code, told) = own.ask("manifest", "ssop@burkina", "s2", &back);
    assert_eq!((code, told.trim()), (0, "the same 20 samples"));
    // Other bytes of a table are told before what follows from them.
    own.write("less", "SELECT * FROM old WHERE id > 99");
    let (code, told) = own.ask("manifest", "ssop", "less", &["--check", &file]);
    assert_eq!(code, 1, "{told}");
    assert!(told.starts_with("catalog and tables: the manifest says "), "{told}");
    assert!(told.contains("products or files have changed since"), "{told}");
}

#[test]
fn an_export_draws_as_a_count_does() {
    let own = Own::new();
    let draw = ["--per-place", "3", "--balance", "season", "--draw-seed", "7"];
    let (code, counted) = own.ask("count", "ssop", "s2", &draw);
    assert_eq!(code, 0, "{counted}");
    let all = counted.lines().last().and_then(|l| l.split_whitespace().last()).expect("a count");
    let to = text(&own.path("out.parquet"));
    let (code, told) = own.ask("export", "ssop", "s2", &[&draw[..], &["--to", &to]].concat());
    assert_eq!(code, 0, "{told}");
    assert!(told.starts_with(&format!("{all} samples")) && all == "12", "{told}");
    let rows = ["sql", "SELECT count(*) AS n FROM o", "--format", "csv", "--table"];
    assert_eq!(ok(&[&rows[..], &[&format!("o={to}")]].concat()), "n\n12\n");
}

#[test]
fn tables_that_give_wrong_samples_are_refused_by_every_verb() {
    let own = Own::new();
    own.write("doubled", "SELECT * FROM old UNION ALL SELECT * FROM old WHERE id = 7");
    own.write("texts", "SELECT * REPLACE (CAST(time AS TEXT) AS time) FROM old");
    let to = text(&own.path("x"));
    for (verb, more) in [
        ("count", &[][..]),
        ("funnel", &[]),
        ("preview", &[]),
        ("manifest", &["--to", &to]),
        ("export", &["--to", &to]),
    ] {
        let (code, told) = own.ask(verb, "ssop", "doubled", more);
        assert_eq!(code, 2, "{verb}: {told}");
        assert!(told.contains("table s2 has two rows with cell 3 and id 7"), "{verb}: {told}");
        let (code, told) = own.ask(verb, "ssop", "texts", more);
        assert_eq!(code, 2, "{verb}: {told}");
        assert!(told.contains("column time is Utf8, expected a time"), "{verb}: {told}");
    }
    assert!(!own.path("x").exists());
}

#[test]
fn a_region_that_touches_nothing_is_told() {
    let own = Own::new();
    own.write("here", "SELECT '31TCJ' AS tile, 1 AS row, 1 AS col");
    own.write("away", "SELECT '31TCJ' AS tile, 9 AS row, 1 AS col");
    let roi = |name: &str| text(&own.path(&format!("{name}.parquet")));
    assert_eq!(own.ask("count", "ssop", "s2", &["--roi", &roi("here")]).0, 0);
    let (code, told) = own.ask("count", "ssop", "s2", &["--roi", &roi("away")]);
    assert_eq!(code, 2, "{told}");
    assert!(told.contains("touches no place of s2") && told.contains("rows 9 to 9"), "{told}");
}
