//! `stream --to` and `--from-tfrecord`, as a user gives them.

use std::path::Path;
use std::process::Output;

use assert_cmd::Command;

use super::archive::folder;
use super::tables::{arrow_file, arrow_stream};

fn eclaircie(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_eclaircie")).args(words).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Runs `stream ssop ARCHIVE` with more words; the run must succeed.
fn stream(words: &[&str]) -> Output {
    let archive = folder().display().to_string();
    let first = ["stream", "ssop", &archive, "--split-block", "1"];
    let out = eclaircie(&[&first[..], words].concat());
    assert!(out.status.success(), "{words:?}: {}", text(&out.stderr));
    out
}

#[test]
fn standard_output_carries_the_samples_alone() {
    let out = stream(&["--to", "-", "--stats"]);
    let rows = arrow_stream(&out.stdout);
    let said = text(&out.stderr);
    assert!(said.contains(&format!("{} samples", rows.num_rows())), "{said}");
    assert!(said.contains("read"), "no statistics in {said}");
    let tar = stream(&["--to", "-", "--format", "webdataset"]);
    let members = super::npy::members(&tar.stdout);
    assert_eq!(members.len(), 5 * rows.num_rows());
}

#[test]
fn files_do_not_depend_on_the_workers() {
    let root = tempfile::tempdir().unwrap();
    for name in ["a.arrow", "a.arrows", "a.parquet", "a.tar", "a.tfrecord"] {
        let run = |workers: &str| {
            let path = root.path().join(format!("{workers}-{name}"));
            stream(&["--to", &path.display().to_string(), "--workers", workers]);
            std::fs::read(path).unwrap()
        };
        assert!(run("1") == run("4"), "{name}");
    }
    let other = stream(&["--to", "-", "--seed", "2"]).stdout;
    assert_ne!(arrow_stream(&other), arrow_stream(&stream(&["--to", "-"]).stdout));
}

#[test]
fn parts_of_an_epoch_are_the_epoch() {
    let rows = |words: &[&str]| arrow_stream(&stream(&[&["--to", "-"], words].concat()).stdout);
    let whole = rows(&["--shuffle", "sorted"]);
    let words = ["--to", "-", "--shuffle", "sorted", "--batch", "4", "--steps", "2"];
    let out = stream(&words);
    let said = text(&out.stderr);
    let token = said.lines().find_map(|l| l.strip_prefix("go on with --resume ")).unwrap();
    let rest = rows(&["--shuffle", "sorted", "--batch", "4", "--resume", token]);
    let both = [arrow_stream(&out.stdout), rest];
    let both = arrow::compute::concat_batches(&both[0].schema(), &both).unwrap();
    assert_eq!(both.columns(), whole.columns());
    assert_eq!(whole.schema().metadata()["eclaircie.shuffle"], "sorted");
}

#[test]
fn shards_of_the_study_become_another_format() {
    let root = tempfile::tempdir().unwrap();
    let path = |name: &str| root.path().join(name).display().to_string();
    let (shards, straight, round) = (path("shards"), path("a.arrow"), path("b.arrow"));
    let out = stream(&["--to", &shards, "--format", "tfrecord", "--samples-per-shard", "7"]);
    let said = text(&out.stdout);
    assert!(said.contains("shards of") && said.contains("the study's own program drops"), "{said}");
    stream(&["--to", &straight]);
    let told = eclaircie(&["stream", "--from-tfrecord", &shards]);
    assert!(text(&told.stdout).contains("s1_t: uint16 [2, 64, 64]"), "{}", text(&told.stdout));
    let out = eclaircie(&["stream", "--from-tfrecord", &shards, "--to", &round]);
    assert!(out.status.success(), "{}", text(&out.stderr));
    let (a, b) = (arrow_file(Path::new(&straight)), arrow_file(Path::new(&round)));
    for name in ["s2_t", "s1_t", "s2_target", "dem", "s2_t_time", "s1_t_ascending"] {
        assert_eq!(a.column_by_name(name), b.column_by_name(name), "{name}");
    }
    assert_eq!(b.column_by_name("tile").unwrap().null_count(), b.num_rows());
}

#[test]
fn what_cannot_be_written_is_refused_before_it_is_begun() {
    let root = tempfile::tempdir().unwrap();
    let path = |name: &str| root.path().join(name).display().to_string();
    let (plain, tar) = (path("plain"), path("a.tar"));
    let refused: [(&[&str], &str); 5] = [
        (&["--to", &plain], "does not say a format"),
        (&["--to", &tar, "--format", "arrow"], "says its ending"),
        (&["--to", &tar, "--samples-per-shard", "5"], "one file, not shards"),
        (&["--to", &tar, "--set", "target_hours=1"], "finds no train samples"),
        (&["--format", "arrow"], "--to"),
    ];
    let archive = folder().display().to_string();
    for (words, what) in refused {
        let out = eclaircie(&[&["stream", "ssop", &archive, "--split-block", "1"], words].concat());
        assert_eq!(out.status.code(), Some(2), "{words:?}");
        assert!(text(&out.stderr).contains(what), "{words:?}: {}", text(&out.stderr));
    }
    let poor = path("poor");
    super::archive::make(Path::new(&poor));
    std::fs::remove_dir_all(root.path().join("poor/pixels/31TCJ.zarr/s2_20m/c")).unwrap();
    let words = ["stream", "ssop", &poor, "--split-block", "1", "--to", &tar, "--with-20m"];
    let out = eclaircie(&words);
    assert!(text(&out.stderr).contains("no 20 m bands"), "{}", text(&out.stderr));
    std::fs::remove_dir_all(&poor).unwrap();
    let explained = stream(&["--to", &tar, "--explain"]);
    assert!(text(&explained.stdout).contains("files"), "{}", text(&explained.stdout));
    let none = eclaircie(&["stream", "--from-tfrecord", &path("absent")]);
    assert_eq!(none.status.code(), Some(1), "{}", text(&none.stderr));
    assert_eq!(std::fs::read_dir(root.path()).unwrap().count(), 0);
}
