//! What a query writes aside is gone when the program ends, however it ends, or when the next one
//! starts.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

/// Rows that are sorted: far more than the memory holds.
fn sorted(rows: u64) -> String {
    format!("SELECT value, stable_hash(value) AS h FROM generate_series(1, {rows}) ORDER BY h")
}

/// The program, told to write aside in `temp`.
fn start(temp: &Path, sql: &str, more: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_eclaircie"))
        .args(["sql", sql, "--memory", "32MiB", "--temp"])
        .arg(temp)
        .args(more)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts")
}

fn names(temp: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(temp).expect("a folder");
    entries.map(|e| e.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
}

/// A query in the middle of a long sort, with a folder of its own.
fn sorting(temp: &Path) -> Child {
    let to = temp.with_extension("csv");
    let mut child = start(temp, &sorted(2_000_000_000), &["--to", &to.to_string_lossy()]);
    while !names(temp).iter().any(|n| n.starts_with("eclaircie-scratch-")) {
        let ended = child.try_wait().expect("a state");
        assert!(ended.is_none(), "it ended before it wrote aside: {ended:?}");
        sleep(Duration::from_millis(20));
    }
    child
}

fn signal(child: &Child, name: &str) {
    let done = Command::new("kill").args([name, &child.id().to_string()]).status();
    assert!(done.expect("kill is there").success());
}

#[test]
fn a_query_that_ends_leaves_nothing_aside() {
    let folder = tempfile::tempdir().expect("a folder");
    let temp = folder.path().join("temp");
    std::fs::create_dir(&temp).expect("a folder");
    let to = folder.path().join("answer.csv").display().to_string();
    // Once as it should, and once with an error after all was sorted.
    for (rows, code) in [("3000000", 0), ("10", 2)] {
        let ended = start(&temp, &sorted(3_000_000), &["--rows", rows, "--to", &to]).wait();
        assert_eq!(ended.expect("an end").code(), Some(code));
        assert_eq!(names(&temp), [""; 0]);
    }
}

#[test]
fn a_query_that_is_stopped_leaves_nothing_aside() {
    let folder = tempfile::tempdir().expect("a folder");
    let temp = folder.path().join("temp");
    std::fs::create_dir(&temp).expect("a folder");
    let mut child = sorting(&temp);
    signal(&child, "-INT");
    assert_eq!(child.wait().expect("an end").code(), Some(130));
    assert_eq!(names(&temp), [""; 0]);
}

#[test]
fn what_a_killed_query_left_goes_when_the_next_one_starts_and_no_sooner() {
    let folder = tempfile::tempdir().expect("a folder");
    let temp = folder.path().join("temp");
    std::fs::create_dir(&temp).expect("a folder");
    let mut child = sorting(&temp);
    // One without a lock is not certainly ours.
    std::fs::create_dir(temp.join("eclaircie-scratch-1-others")).expect("a folder");
    let ask = || start(&temp, "SELECT 1", &[]).wait().expect("an end").success();
    assert!(ask());
    assert_eq!(names(&temp).len(), 2, "another query's folder is left alone");
    signal(&child, "-KILL");
    child.wait().expect("an end");
    assert_eq!(names(&temp).len(), 2);
    assert!(ask());
    assert_eq!(names(&temp), ["eclaircie-scratch-1-others"]);
}

#[test]
fn a_folder_for_temporary_files_that_is_none_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let ended = start(&folder.path().join("nowhere"), "SELECT 1", &[]).wait();
    assert_eq!(ended.expect("an end").code(), Some(2));
}
