//! Damage that `--repair` mends, and choices that are refused before anything is made.

use std::fs;
use std::path::Path;

use super::archive::run;
use super::product;
use crate::archive::{Archive, Codec};
use crate::catalog::Catalog;
use crate::error::{Kind, Result};
use crate::ingest::{IngestOptions, IngestSummary, ingest};

fn with(source: &Path, archive: &Path, options: IngestOptions) -> Result<IngestSummary> {
    ingest(source, archive, &options, &|| false, &mut |_, _| {})
}

fn repair(source: &Path, archive: &Path) -> IngestSummary {
    with(source, archive, IngestOptions { repair: true, ..IngestOptions::default() }).unwrap()
}

fn whole(archive: &Path) -> bool {
    let archive = Archive::open(archive).unwrap();
    Catalog::open(&archive).unwrap().verify().unwrap().is_whole()
}

/// Two optical scenes, radar and elevation.
fn products(source: &Path) {
    product::theia(source, 4, "2-2", 0);
    product::theia(source, 9, "2-2", 1);
    product::s1(source, 5);
    product::dem(source);
}

#[test]
fn a_damaged_scene_is_mended_and_the_others_stay() {
    let dir = tempfile::tempdir().unwrap();
    let (source, archive) = (dir.path().join("in"), dir.path().join("out"));
    products(&source);
    run(&source, &archive).unwrap();
    assert_eq!(repair(&source, &archive).unchanged, 4, "nothing is to be mended");
    let tile = archive.join("pixels/31TCJ.zarr");
    for (key, bytes) in [
        ("s2_10m/c/1/0/0/0", Some("torn")),
        ("s2_mask/c/0/0/0", None),
        ("cells/s1_nodata/c/0/0/0", Some("torn")),
        ("dem/c/0/0", None),
    ] {
        let file = tile.join(key);
        assert!(file.exists(), "{key}");
        let good = fs::read(&file).unwrap();
        match bytes {
            Some(bytes) => fs::write(&file, bytes).unwrap(),
            None => fs::remove_file(&file).unwrap(),
        }
        assert!(!whole(&archive), "{key}");
        assert_eq!(run(&source, &archive).unwrap().unchanged, 4, "plain ingest does not look");
        let summary = repair(&source, &archive);
        assert_eq!((summary.repaired, summary.unchanged), (1, 3), "{key}");
        assert!(summary.damaged.is_empty() && whole(&archive), "{key}");
        assert!(fs::read(&file).unwrap() == good, "{key}");
    }
}

#[test]
fn a_scene_without_its_product_stays_damaged_and_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let (source, archive) = (dir.path().join("in"), dir.path().join("out"));
    products(&source);
    run(&source, &archive).unwrap();
    fs::remove_dir_all(product::theia(&source, 9, "2-2", 1)).unwrap();
    fs::write(archive.join("pixels/31TCJ.zarr/s2_10m/c/1/0/0/0"), "torn").unwrap();
    let summary = repair(&source, &archive);
    assert_eq!((summary.repaired, summary.damaged.len()), (0, 1));
    assert!(summary.damaged[0].contains("20180809"), "{:?}", summary.damaged);
}

#[test]
fn lost_tables_axes_and_tiles_come_back() {
    let dir = tempfile::tempdir().unwrap();
    let (source, archive) = (dir.path().join("in"), dir.path().join("out"));
    products(&source);
    run(&source, &archive).unwrap();
    fs::remove_file(archive.join("catalog/patches/tile=31TCJ/s2.parquet")).unwrap();
    fs::write(archive.join("pixels/31TCJ.zarr/x/c/0"), "torn").unwrap();
    assert!(!whole(&archive));
    assert_eq!(repair(&source, &archive).repaired, 0, "no pixel is written for a table");
    assert!(whole(&archive));
    fs::write(archive.join("catalog/scenes.parquet"), "torn").unwrap();
    assert!(run(&source, &archive).unwrap_err().is_corrupt());
    assert_eq!(repair(&source, &archive).added, 4);
    assert!(whole(&archive));
    fs::remove_dir_all(archive.join("pixels/31TCJ.zarr")).unwrap();
    assert!(!whole(&archive));
    assert_eq!(repair(&source, &archive).repaired, 4);
    assert!(whole(&archive));
}

#[test]
fn what_a_stopped_run_left_behind_is_no_damage() {
    let dir = tempfile::tempdir().unwrap();
    let (source, archive) = (dir.path().join("in"), dir.path().join("out"));
    products(&source);
    let options = IngestOptions { patch: Some(64), ..IngestOptions::default() };
    let seen = std::cell::Cell::new(0);
    let stopped = ingest(&source, &archive, &options, &|| seen.get() > 0, &mut |done, _| {
        seen.set(done);
    });
    assert!(stopped.unwrap_err().is_cancelled());
    assert!(whole(&archive));
}

#[test]
fn another_patch_or_codec_than_the_archives_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (source, archive) = (dir.path().join("in"), dir.path().join("out"));
    products(&source);
    run(&source, &archive).unwrap();
    for (patch, codec) in [(Some(128), None), (None, Some(Codec::Zstd))] {
        let options = IngestOptions { patch, codec, ..IngestOptions::default() };
        let error = with(&source, &archive, options).unwrap_err();
        assert_eq!(error.kind(), Kind::Usage, "{error:?}");
    }
    let options = IngestOptions { codec: Some(Codec::None), ..IngestOptions::default() };
    assert_eq!(with(&source, &archive, options).unwrap().unchanged, 4);
}

#[test]
fn a_tile_smaller_than_a_patch_leaves_no_archive() {
    let dir = tempfile::tempdir().unwrap();
    let (source, archive) = (dir.path().join("in"), dir.path().join("out"));
    products(&source);
    let error = with(&source, &archive, IngestOptions::default()).unwrap_err();
    assert_eq!(error.kind(), Kind::Usage);
    assert!(error.next_step().unwrap().contains("--patch 128"), "{error:?}");
    assert!(!archive.exists());
}
