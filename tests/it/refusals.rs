//! Bad input ends in one paragraph with the next step, and leaves nothing half-written.

use std::path::{Path, PathBuf};

use crate::world::{alone, copy, eclaircie, fails, ok, world};

/// The first Sentinel-2 product folder of the world.
fn product() -> PathBuf {
    let tile = world().root.join("simulated/products/S2/31TCJ");
    let mut all: Vec<PathBuf> =
        std::fs::read_dir(tile).expect("a tile").map(|e| e.expect("an entry").path()).collect();
    all.sort();
    all.remove(0)
}

/// A source folder with one product, and the archive beside it.
fn one_product() -> (tempfile::TempDir, PathBuf, String, String) {
    let dir = tempfile::tempdir().expect("a folder");
    let from = product();
    let to = dir.path().join("in").join(from.file_name().expect("a name"));
    copy(&from, &to);
    let (source, archive) = (dir.path().join("in"), dir.path().join("archive"));
    let text = |p: &Path| p.display().to_string();
    let words = (text(&source), text(&archive));
    (dir, to, words.0, words.1)
}

fn band(product: &Path, suffix: &str) -> PathBuf {
    let name = product.file_name().expect("a name").to_string_lossy().into_owned();
    product.join(format!("{name}_{suffix}.tif"))
}

#[test]
fn a_missing_product_file_is_named() {
    let (_keep, product, source, archive) = one_product();
    std::fs::remove_file(band(&product, "FRE_B3")).expect("a band");
    let out = eclaircie(&["ingest", &source, &archive, "--patch", "64"]);
    let text = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(3), "{text}");
    assert!(text.contains("B3"), "{text}");
}

#[test]
fn a_truncated_raster_is_never_read_as_zeros() {
    let (_keep, product, source, archive) = one_product();
    let path = band(&product, "FRE_B4");
    let bytes = std::fs::read(&path).expect("a band");
    std::fs::write(&path, &bytes[..bytes.len() / 2]).expect("a cut");
    let out = eclaircie(&["ingest", &source, &archive, "--patch", "64"]);
    let text = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(3), "{text}");
    assert!(text.contains("FRE_B4"), "{text}");
    let n = ok(&["sql", &archive, "SELECT count(*) AS n FROM scenes", "--format", "csv"]);
    assert_eq!(n.trim(), "n\n0");
}

#[test]
fn a_folder_without_products_says_which_names_are_known() {
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::write(dir.path().join("holiday.jpg"), b"x").expect("a file");
    let source = dir.path().display().to_string();
    let (code, text) = fails(&["ingest", &source, &format!("{source}/archive")]);
    assert!(code == 1 || code == 2, "{code}");
    assert!(text.contains("next:") && text.contains("SENTINEL2"), "{text}");
}

#[test]
fn an_unknown_column_is_answered_with_the_nearest_one() {
    let (code, text) = fails(&["sql", &world().path("archive"), "SELECT cloud_percnt FROM scenes"]);
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("cloud_percent"), "{text}");
}

#[test]
fn sql_cannot_write_or_read_files() {
    let archive = world().path("archive");
    for sql in [
        "CREATE TABLE x AS SELECT 1",
        "COPY scenes TO '/tmp/x.csv'",
        "SET datafusion.execution.batch_size = 1",
        "SELECT * FROM '/etc/passwd'",
        "DROP TABLE scenes",
    ] {
        let (code, text) = fails(&["sql", &archive, sql]);
        assert_eq!(code, 2, "{sql}: {text}");
    }
}

#[test]
fn a_card_that_does_not_fit_the_layout_names_the_missing_roles() {
    let w = world();
    let to = w.path("refused");
    let (code, text) = fails(&[
        "train",
        &w.path("archive"),
        "--layout",
        "ssop",
        "--model",
        "msop-unet-small",
        "--to",
        &to,
    ]);
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("s2_tm1") && text.contains("next:"), "{text}");
    assert!(!Path::new(&to).exists());
}

#[test]
fn an_archive_of_another_version_is_refused() {
    let dir = tempfile::tempdir().expect("a folder");
    let text = r#"{"format": 99, "cell": 64, "patch": 256, "codec": "none"}"#;
    std::fs::write(dir.path().join("archive.json"), text).expect("a file");
    let (code, text) = fails(&["sql", &dir.path().display().to_string(), "SELECT 1"]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("99") && text.contains("next:"), "{text}");
}

#[test]
fn a_flipped_bit_is_found_and_named() {
    let w = world();
    let dir = tempfile::tempdir().expect("a folder");
    copy(&w.root.join("archive"), dir.path());
    let shards = dir.path().join("pixels/31TCJ.zarr/s2_10m/c");
    let mut waiting = vec![shards];
    let mut shard = None;
    while let (Some(at), None) = (waiting.pop(), &shard) {
        for entry in std::fs::read_dir(at).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() { waiting.push(path) } else { shard = Some(path) }
        }
    }
    let shard = shard.expect("a shard");
    let mut bytes = std::fs::read(&shard).expect("a shard");
    bytes[1000] ^= 1;
    std::fs::write(&shard, bytes).expect("a flip");
    let out = eclaircie(&["verify", &dir.path().display().to_string()]);
    assert_eq!(out.status.code(), Some(5));
    let text = String::from_utf8_lossy(&out.stdout);
    assert!(text.contains("s2_10m") && text.contains("next: ") && text.contains("--repair"));
    let (source, archive) = (w.path("simulated/products"), dir.path().display().to_string());
    ok(&["ingest", &source, &archive]);
    assert_eq!(fails(&["verify", &archive]).0, 5);
    ok(&["ingest", &source, &archive, "--repair"]);
    ok(&["verify", &archive]);
}

#[test]
fn files_of_an_archive_that_are_gone_or_cut_are_damage() {
    let w = world();
    let dir = tempfile::tempdir().expect("a folder");
    copy(&w.root.join("archive"), dir.path());
    let archive = dir.path().display().to_string();
    let ask = || fails(&["sql", &archive, "SELECT count(*) FROM scenes"]);
    for name in ["archive.json", "catalog/scenes.parquet"] {
        let file = dir.path().join(name);
        let good = std::fs::read(&file).expect("a file");
        for len in [0, good.len() / 2] {
            std::fs::write(&file, &good[..len]).expect("a cut");
            let (code, text) = ask();
            assert_eq!(code, 5, "{text}");
            assert!(text.contains(name) && text.contains("next:"), "{text}");
        }
        std::fs::write(&file, good).expect("a file");
    }
    std::fs::remove_file(dir.path().join("catalog/scenes.parquet")).expect("a loss");
    let (code, text) = ask();
    assert_eq!(code, 5, "{text}");
    assert!(text.contains("scenes.parquet") && text.contains("ingest"), "{text}");
}

#[test]
fn choices_that_an_archive_does_not_have_are_refused() {
    let (w, _alone) = (world(), alone());
    let (source, archive) = (w.path("simulated/products"), w.path("archive"));
    for words in [["--patch", "128"], ["--codec", "zstd"], ["--tile", "foo!"]] {
        let (code, text) = fails(&[&["ingest", &source, &archive], &words[..]].concat());
        assert_eq!(code, 2, "{text}");
    }
    let dir = tempfile::tempdir().expect("a folder");
    let small = dir.path().join("archive");
    let (code, text) = fails(&["ingest", &source, &small.display().to_string(), "--patch", "512"]);
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("--patch 256") && !small.exists(), "{text}");
}

#[test]
fn weights_that_are_not_safetensors_are_refused() {
    let w = world();
    let dir = tempfile::tempdir().expect("a folder");
    let pickle = dir.path().join("weights.safetensors");
    std::fs::write(&pickle, b"\x80\x04\x95not a model").expect("a file");
    let (code, text) = fails(&[
        "evaluate",
        &w.path("archive"),
        "--layout",
        "os2",
        "--method",
        &pickle.display().to_string(),
    ]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("weights.safetensors"), "{text}");
}

#[test]
fn a_wrong_word_is_wrong_use() {
    assert_eq!(fails(&["reconstruct"]).0, 2);
    assert_eq!(fails(&["fly"]).0, 2);
}
