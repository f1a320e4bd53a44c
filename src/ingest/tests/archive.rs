//! Whole runs of ingest.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::product::{self, SIDE, THEIA};
use crate::archive::{Archive, Layer, Sensor, Tile, mask};
use crate::catalog::Catalog;
use crate::error::Result;
use crate::geo::{Stamp, Window};
use crate::ingest::{IngestOptions, IngestSummary, flags, ingest, sigma};
use crate::store::Claim;

/// Ingests with patches of 64 px.
pub fn run(source: &Path, archive: &Path) -> Result<IngestSummary> {
    let options = IngestOptions { patch: Some(64), ..IngestOptions::default() };
    ingest(source, archive, &options, &|| false, &mut |_, _| {})
}

/// Every file below a folder with its bytes and time of change.
fn snapshot(root: &Path) -> BTreeMap<PathBuf, (Vec<u8>, SystemTime)> {
    let mut files = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let time = std::fs::metadata(&path).unwrap().modified().unwrap();
                files.insert(path.clone(), (std::fs::read(&path).unwrap(), time));
            }
        }
    }
    files
}

fn whole(layer: Layer) -> Window {
    let side = SIDE / layer.factor();
    Window::new(0, 0, side, side)
}

fn bands(tile: &Tile, layer: Layer, slot: usize) -> Vec<i16> {
    tile.read(layer, slot, whole(layer)).unwrap().i16s().unwrap().to_vec()
}

fn expected(layer: Layer, seed: usize) -> Vec<i16> {
    let bands = 0..layer.bands().len();
    bands.flat_map(|band| product::reflectance(layer, band, seed)).collect()
}

struct Place {
    _dir: tempfile::TempDir,
    source: PathBuf,
    archive: PathBuf,
}

fn place() -> Place {
    let dir = tempfile::tempdir().unwrap();
    let (source, archive) = (dir.path().join("products"), dir.path().join("archive"));
    std::fs::create_dir(&source).unwrap();
    Place { _dir: dir, source, archive }
}

#[test]
fn an_archive_that_another_is_writing_is_refused_and_left_alone() {
    let at = place();
    product::theia(&at.source, 4, "2-2", 0);
    let other = Claim::of(&at.archive).unwrap();
    let error = run(&at.source, &at.archive).unwrap_err();
    assert!(error.to_string().contains("another program is writing"), "{error}");
    assert!(!at.archive.join("archive.json").exists());
    drop(other);
    assert_eq!(run(&at.source, &at.archive).unwrap().added, 1);
}

#[test]
fn products_read_back_as_they_were_written() {
    let at = place();
    product::theia(&at.source, 4, "2-2", 0);
    product::s1(&at.source, 5);
    product::dem(&at.source);
    let summary = run(&at.source, &at.archive).unwrap();
    assert_eq!((summary.added, summary.scenes, summary.quarantined), (3, 3, vec![]));

    let archive = Archive::open(&at.archive).unwrap();
    let tile = archive.tile("31TCJ").unwrap();
    assert_eq!(*tile.grid(), product::grid(10.0));
    for layer in [Layer::S2Fine, Layer::S2Coarse] {
        assert_eq!(bands(&tile, layer, 0), expected(layer, 0));
    }
    assert_eq!(bands(&tile, Layer::Dem, 0), product::elevation());
    let flags: Vec<u8> = product::clm()
        .iter()
        .zip(product::edg())
        .map(|(c, e)| flags::from_clm(*c) | flags::from_edg(e))
        .collect();
    let read = tile.read(Layer::S2Mask, 0, whole(Layer::S2Mask)).unwrap();
    assert_eq!(read.u8s().unwrap(), flags);
    assert_eq!((flags[0], flags[SIDE]), (mask::CLOUD, mask::THIN));
    let radar: Vec<u16> =
        [1, 2].iter().flat_map(|s| product::sigma0(*s)).map(sigma::scale).collect();
    let read = tile.read(Layer::S1, 0, whole(Layer::S1)).unwrap();
    assert_eq!(read.u16s().unwrap(), radar);

    let cells = tile.read_cells(Sensor::S2, 0).unwrap();
    assert_eq!((cells.rows, cells.cols), (2, 2));
    assert_eq!(cells.cloudy, [74, 0, 0, 0]);
    assert_eq!(cells.nodata, [0, 0, 0, 0], "the last column is beyond the whole cells");
    assert_eq!(tile.read_cells(Sensor::S1, 0).unwrap().nodata, [64, 64, 0, 0]);
}

#[test]
fn a_scenes_row_says_what_the_product_is() {
    let at = place();
    product::theia(&at.source, 4, "2-2", 0);
    product::s1(&at.source, 5);
    run(&at.source, &at.archive).unwrap();
    let catalog = Catalog::open(&Archive::open(&at.archive).unwrap()).unwrap();
    let of = |sensor| catalog.scenes().iter().find(|s| s.sensor == sensor).unwrap();
    let s2 = of(Sensor::S2);
    assert_eq!(Some(s2.scene.as_str()), THEIA.strip_suffix("_C_V2-2"));
    assert_eq!(s2.time, Stamp::parse("2018-08-04T10:50:22.462").unwrap());
    assert_eq!((s2.platform.as_str(), s2.product.as_str()), ("S2A", "theia-l2a"));
    assert_eq!((s2.scale, s2.offset), (1e-4, 0.0));
    let (pixels, edge) = ((SIDE * SIDE) as f64, SIDE as f64);
    assert_eq!(s2.cloud_percent, Some(100.0 * 74.0 / (pixels - edge)));
    assert_eq!(s2.nodata_percent, 100.0 * edge / pixels);
    let s1 = of(Sensor::S1);
    assert_eq!((s1.orbit, s1.direction.as_deref()), (Some(30), Some("ASC")));
    assert_eq!((s1.cloud_percent, s1.platform.as_str()), (None, "S1A"));
    assert_eq!(s1.nodata_percent, 100.0 * edge / pixels);
}

#[test]
fn a_second_run_changes_no_byte() {
    let at = place();
    product::theia(&at.source, 4, "2-2", 0);
    product::s1(&at.source, 5);
    product::dem(&at.source);
    run(&at.source, &at.archive).unwrap();
    let before = snapshot(&at.archive);
    let summary = run(&at.source, &at.archive).unwrap();
    assert_eq!((summary.added, summary.replaced, summary.unchanged), (0, 0, 3));
    assert_eq!(summary.scenes, 3);
    assert!(snapshot(&at.archive) == before, "a file changed");
}

#[test]
fn a_newer_processing_takes_the_slot_of_the_older() {
    let at = place();
    let old = product::theia(&at.source, 4, "2-2", 0);
    product::theia(&at.source, 9, "2-2", 1);
    run(&at.source, &at.archive).unwrap();
    std::fs::remove_dir_all(old).unwrap();
    product::theia(&at.source, 4, "3-0", 5);
    let summary = run(&at.source, &at.archive).unwrap();
    assert_eq!((summary.added, summary.replaced, summary.unchanged), (0, 1, 1));
    let tile = Archive::open(&at.archive).unwrap().tile("31TCJ").unwrap();
    assert_eq!(bands(&tile, Layer::S2Fine, 0), expected(Layer::S2Fine, 5));
    assert_eq!(bands(&tile, Layer::S2Fine, 1), expected(Layer::S2Fine, 1));
    assert_eq!(tile.times(Sensor::S2).unwrap().len(), 2);
}

#[test]
fn a_late_scene_takes_the_next_free_slot() {
    let at = place();
    product::theia(&at.source, 9, "2-2", 1);
    product::theia(&at.source, 14, "2-2", 2);
    run(&at.source, &at.archive).unwrap();
    product::theia(&at.source, 4, "2-2", 0);
    assert_eq!(run(&at.source, &at.archive).unwrap().added, 1);
    let archive = Archive::open(&at.archive).unwrap();
    let days: Vec<String> = archive
        .tile("31TCJ")
        .unwrap()
        .times(Sensor::S2)
        .unwrap()
        .iter()
        .map(|t| t.compact()[6..8].to_owned())
        .collect();
    assert_eq!(days, ["09", "14", "04"]);
    let slots: Vec<u32> =
        Catalog::open(&archive).unwrap().scenes().iter().map(|s| s.slot).collect();
    assert_eq!(slots, [2, 0, 1], "the catalog is in order of time");
}

#[test]
fn of_two_processings_in_one_source_the_newer_is_taken() {
    let at = place();
    product::theia(&at.source, 4, "1-10", 7);
    let old = product::theia(&at.source, 4, "1-9", 0);
    let summary = run(&at.source, &at.archive).unwrap();
    assert_eq!((summary.added, summary.quarantined.len()), (1, 1));
    assert_eq!(summary.quarantined[0].0, old);
    let tile = Archive::open(&at.archive).unwrap().tile("31TCJ").unwrap();
    assert_eq!(bands(&tile, Layer::S2Fine, 0), expected(Layer::S2Fine, 7));
}

#[test]
fn a_cancelled_run_is_finished_by_the_next() {
    let at = place();
    for day in [4, 9, 14] {
        product::theia(&at.source, day, "2-2", day as usize);
    }
    let options = IngestOptions { patch: Some(64), ..IngestOptions::default() };
    let seen = std::cell::Cell::new(0);
    let error =
        ingest(&at.source, &at.archive, &options, &|| seen.get() > 0, &mut |done, total| {
            assert!(done <= total);
            seen.set(done);
        })
        .unwrap_err();
    assert!(error.is_cancelled(), "{error}");
    let summary = run(&at.source, &at.archive).unwrap();
    assert_eq!(summary.scenes, 3);
    let tile = Archive::open(&at.archive).unwrap().tile("31TCJ").unwrap();
    for (slot, seed) in [(0, 4), (1, 9), (2, 14)] {
        assert_eq!(bands(&tile, Layer::S2Fine, slot), expected(Layer::S2Fine, seed));
    }
}

#[test]
fn pixels_of_a_band_that_is_gone_do_not_stay() {
    let at = place();
    let folder = at.source.join("series-31TCJ");
    let (fine, coarse) = (product::grid(10.0), product::grid(20.0));
    let values = |n: usize| vec![vec![5u8; n]];
    let reflectance = |layer| vec![product::reflectance(layer, 0, 1)];
    for band in Layer::S2Fine.bands() {
        let path = folder.join(format!("S2_10m_{band}.tif"));
        product::tif(&path, &fine, &reflectance(Layer::S2Fine), &[]);
    }
    let extra = folder.join("S2_20m_B11.tif");
    product::tif(&extra, &coarse, &reflectance(Layer::S2Coarse), &[]);
    product::tif(&folder.join("S2_20m_SCL.tif"), &coarse, &values(SIDE * SIDE / 4), &[]);
    std::fs::write(folder.join("S2_10m_dates.csv"), "index,datetime\n0,2018-08-04\n").unwrap();
    assert_eq!(run(&at.source, &at.archive).unwrap().added, 1);
    let tile = Archive::open(&at.archive).unwrap().tile("31TCJ").unwrap();
    let read = bands(&tile, Layer::S2Coarse, 0);
    let (b05, b11) = (&read[..SIDE * SIDE / 4], &read[SIDE * SIDE..SIDE * SIDE / 4 * 5]);
    assert!(b05.iter().all(|v| *v == -10_000), "a band that is not there is no-data");
    assert!(
        b11.iter()
            .zip(product::reflectance(Layer::S2Coarse, 0, 1))
            .all(|(a, b)| { *a == if b == 0 { -10_000 } else { b } })
    );
    std::fs::remove_file(extra).unwrap();
    assert_eq!(run(&at.source, &at.archive).unwrap().replaced, 1);
    let tile = Archive::open(&at.archive).unwrap().tile("31TCJ").unwrap();
    assert!(bands(&tile, Layer::S2Coarse, 0).iter().all(|v| *v == -10_000));
}

#[test]
fn nothing_recognised_says_what_is_known() {
    let at = place();
    std::fs::write(at.source.join("readme.txt"), "x").unwrap();
    let error = run(&at.source, &at.archive).unwrap_err();
    assert!(error.is_not_found());
    assert!(error.next_step().unwrap().contains("S1Tiling"));
    assert!(!at.archive.exists(), "no archive is made for nothing");
}
