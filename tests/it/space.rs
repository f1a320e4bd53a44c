//! A disk that is full: exit code 4, nothing half-written under a public name, and the same command
//! completes once there is room. The shell's limit on a file's size stands for the disk: a small
//! file system would need the right to mount one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use assert_cmd::Command;

use crate::flow::cloudy_day;
use crate::world::{ok, world};

/// Runs the program where no file may grow beyond `kib`; gives its standard error.
fn cramped(kib: u32, words: &[&str]) -> String {
    // Ignored, the signal becomes the error "file too large".
    let script = format!("trap '' XFSZ; ulimit -f {kib}; exec \"$0\" \"$@\"");
    let out = Command::new("bash")
        .args(["-c", &script, env!("CARGO_BIN_EXE_eclaircie")])
        .args(words)
        .output()
        .expect("bash starts");
    let text = String::from_utf8_lossy(&out.stderr).into_owned();
    assert_eq!(out.status.code(), Some(4), "{}\n{text}", words.join(" "));
    assert!(text.contains("next:"), "{text}");
    assert!(!text.contains("ERROR 1:"), "GDAL printed by itself\n{text}");
    text
}

/// The bytes of every file below a folder, by name.
fn bytes(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(at) = waiting.pop() {
        for entry in std::fs::read_dir(&at).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                waiting.push(path);
            } else {
                let name = path.strip_prefix(folder).expect("it lies below").to_owned();
                all.insert(name, std::fs::read(&path).expect("a file"));
            }
        }
    }
    all
}

#[test]
fn a_full_disk_stops_the_simulation_with_whole_products_only() {
    let dir = tempfile::tempdir().expect("a folder");
    let run = |name: &str| dir.path().join(name);
    let words = |to: &Path| {
        let line = "--side 256 --months 2 --seed 5 --tiles 31TCJ";
        let words = ["simulate".to_owned(), to.display().to_string()].into_iter();
        words.chain(line.split(' ').map(str::to_owned)).collect::<Vec<_>>()
    };
    let plain = words(&run("plain"));
    ok(&plain.iter().map(String::as_str).collect::<Vec<_>>());
    let whole = bytes(&run("plain"));
    // The smallest limit stops at the terrain model; the largest lets optical dates through.
    for kib in [4, 24, 100] {
        let to = run(&format!("cramped{kib}"));
        let words = words(&to);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        cramped(kib, &words);
        let left = bytes(&to);
        assert!(left.len() < whole.len());
        for (name, bytes) in &left {
            assert!(whole.get(name) == Some(bytes), "{} is not whole", name.display());
        }
        ok(&words);
        assert!(bytes(&to) == whole, "the second run completes the first");
    }
}

#[test]
fn a_full_disk_leaves_neither_cube_nor_picture() {
    let w = world();
    let dir = tempfile::tempdir().expect("a folder");
    let path = |name: &str| dir.path().join(name).display().to_string();
    let day = cloudy_day(w);
    let (archive, cube, picture) = (w.path("archive"), path("a.zarr"), path("a.tif"));
    let reconstruct = [
        "reconstruct",
        &archive,
        "--tile",
        "31TCJ",
        "--date",
        &day,
        "--method",
        "gapfill",
        "--to",
        &cube,
        "--piece",
        "64",
    ];
    let names = || std::fs::read_dir(dir.path()).expect("a folder").count();
    cramped(12, &reconstruct);
    assert_eq!(names(), 0, "nothing is left of the cube");
    ok(&reconstruct);
    for kib in [4, 64] {
        cramped(kib, &["export", &cube, "--to", &picture]);
        assert_eq!(names(), 1, "nothing is left of the picture");
    }
    ok(&["export", &cube, "--to", &picture]);
    assert_eq!(names(), 2);
}
