//! The catalog as a whole, over a small archive.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Float64Type, Int32Type, Int64Type, SchemaRef, TimestampMicrosecondType};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::*;
use crate::archive::{Archive, Block, Cells, Codec, Kind, Layer, Sensor, Settings, Tile, Values};
use crate::geo::{Grid, Stamp, Window};

const DAY: i64 = 86_400_000_000;
const TILE: &str = "31TCJ";

/// An archive with two optical scenes (the later one in slot 0), a radar scene and the elevation.
fn sample(root: &Path, codec: Codec) -> (Archive, Vec<Scene>) {
    let archive = Archive::create(root, Settings::new(128, codec).unwrap()).unwrap();
    let grid = Grid::new(32631, 600_000.0, 4_900_000.0, 10.0, 300, 260).unwrap();
    let tile = archive.create_tile(TILE, &grid).unwrap();
    tile.set_times(Sensor::S2, &[Stamp(17_000 * DAY + 1), Stamp(16_990 * DAY)]).unwrap();
    tile.set_times(Sensor::S1, &[Stamp(16_991 * DAY)]).unwrap();
    let mut scenes = Vec::new();
    for (sensor, name, slot) in [
        (Sensor::S2, "S2-late", 0),
        (Sensor::S2, "S2-early", 1),
        (Sensor::S1, "S1-one", 0),
        (Sensor::Dem, "dem", 0),
    ] {
        fill(&tile, sensor, slot);
        scenes.push(Scene {
            scene: name.to_owned(),
            sensor,
            tile: TILE.to_owned(),
            time: tile.times(sensor).unwrap()[slot],
            slot: slot as u32,
            product: "series".to_owned(),
            platform: String::new(),
            orbit: (sensor == Sensor::S1).then_some(110),
            direction: (sensor == Sensor::S1).then(|| "ASC".to_owned()),
            cloud_percent: (sensor == Sensor::S2).then_some(12.5),
            nodata_percent: 0.5,
            scale: 1e-4,
            offset: 0.0,
            fingerprint: format!("{name}-1"),
        });
    }
    (archive, scenes)
}

fn fill(tile: &Tile, sensor: Sensor, slot: usize) {
    for layer in Layer::ALL.into_iter().filter(|l| l.sensor() == sensor) {
        let (h, w) = (260 / layer.factor(), 300 / layer.factor());
        let count = layer.bands().len() * h * w;
        let values = match layer.kind() {
            Kind::U8 => Values::U8((0..count).map(|i| (i % 7) as u8).collect()),
            Kind::U16 => Values::U16((0..count).map(|i| (i % 60_000) as u16).collect()),
            Kind::I16 => Values::I16((0..count).map(|i| (i % 10_000) as i16).collect()),
        };
        tile.write(slot, &Block { layer, window: Window::new(0, 0, h, w), values }).unwrap();
    }
    if sensor != Sensor::Dem {
        // 4 x 4 cells, 2 x 2 patches. One cell of patch (0, 0) is half cloudy, one pixel of patch
        // (1, 1) lacks data in slot 0.
        let mut cells = Cells { rows: 4, cols: 4, cloudy: vec![0; 16], nodata: vec![0; 16] };
        cells.cloudy[1] = if sensor == Sensor::S2 { 2048 } else { 0 };
        cells.nodata[15] = u16::from(slot == 0);
        tile.write_cells(sensor, slot, &cells).unwrap();
    }
}

fn rows(path: &Path) -> (SchemaRef, RecordBatch) {
    let builder = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap();
    let schema = builder.schema().clone();
    let batches: Vec<_> = builder.build().unwrap().map(Result::unwrap).collect();
    (schema.clone(), arrow::compute::concat_batches(&schema, &batches).unwrap())
}

fn tables(root: &Path) -> Vec<Vec<u8>> {
    let catalog = root.join("catalog");
    ["scenes", "patches/tile=31TCJ/s2", "patches/tile=31TCJ/s1", "patches/tile=31TCJ/dem"]
        .map(|name| std::fs::read(catalog.join(format!("{name}.parquet"))).unwrap())
        .to_vec()
}

#[test]
fn what_is_written_is_what_the_schemas_say() {
    let dir = tempfile::tempdir().unwrap();
    let (archive, scenes) = sample(dir.path(), Codec::None);
    let mut catalog = Catalog::open(&archive).unwrap();
    assert!(catalog.scenes().is_empty() && catalog.scenes_file().is_none());
    catalog.upsert(scenes.clone()).unwrap();
    let (schema, batch) = rows(&catalog.scenes_file().unwrap());
    assert_eq!(schema.fields(), scenes_schema().unwrap().fields());
    assert_eq!(batch.num_rows(), 4);
    for sensor in [Sensor::S2, Sensor::S1, Sensor::Dem] {
        let files = catalog.patch_files(sensor).unwrap();
        assert_eq!(files.len(), 1);
        let (schema, batch) = rows(&files[0]);
        assert_eq!(schema.fields(), patches_schema().unwrap().fields());
        assert_eq!(schema.field_with_name("patch").unwrap().metadata()[EXTENSION], PATCH_TYPE);
        assert_eq!(batch.num_rows(), 4 * scenes.iter().filter(|s| s.sensor == sensor).count());
    }
    let again = Catalog::open(&archive).unwrap();
    assert_eq!(again.scenes(), catalog.scenes());
    let names: Vec<_> = again.scenes().iter().map(|s| s.scene.as_str()).collect();
    assert_eq!(names, ["S2-early", "S2-late", "S1-one", "dem"]);
}

#[test]
fn a_patch_has_the_cloud_and_validity_of_its_cells() {
    let dir = tempfile::tempdir().unwrap();
    let (archive, scenes) = sample(dir.path(), Codec::None);
    let mut catalog = Catalog::open(&archive).unwrap();
    catalog.upsert(scenes).unwrap();
    let (_, t) = rows(&catalog.patch_files(Sensor::S2).unwrap()[0]);
    let int = |name: &str| t[name].as_primitive::<Int32Type>().values().to_vec();
    assert_eq!(int("row"), [0, 0, 0, 0, 1, 1, 1, 1]);
    assert_eq!(int("col"), [0, 0, 1, 1, 0, 0, 1, 1]);
    assert_eq!(int("slot"), [1, 0, 1, 0, 1, 0, 1, 0]);
    let cloud = t["cloud_percent"].as_primitive::<Float64Type>();
    // One cell of four is half cloudy.
    assert_eq!(cloud.values().to_vec(), [12.5, 12.5, 0., 0., 0., 0., 0., 0.]);
    let valid = t["valid"].as_boolean();
    let bad: Vec<usize> = (0..8).filter(|&i| !valid.value(i)).collect();
    assert_eq!(bad, [7]);
    let patch = t["patch"].as_struct();
    assert_eq!(patch.column_by_name("slot").unwrap().as_primitive::<Int32Type>().value(0), 1);
    let times = t["time"].as_primitive::<TimestampMicrosecondType>();
    assert_eq!(times.value(1), 17_000 * DAY + 1);
    let (_, radar) = rows(&catalog.patch_files(Sensor::S1).unwrap()[0]);
    assert_eq!(radar["cloud_percent"].null_count(), 4);
    assert!(!radar["valid"].as_boolean().value(3));
}

#[test]
fn places_are_equal_across_sensors_and_ids_are_unique() {
    let dir = tempfile::tempdir().unwrap();
    let (archive, scenes) = sample(dir.path(), Codec::None);
    let mut catalog = Catalog::open(&archive).unwrap();
    catalog.upsert(scenes).unwrap();
    let longs = |sensor, name: &str| -> Vec<i64> {
        let (_, t) = rows(&catalog.patch_files(sensor).unwrap()[0]);
        t[name].as_primitive::<Int64Type>().values().to_vec()
    };
    let cells = |sensor| longs(sensor, "cell").into_iter().collect::<BTreeSet<_>>();
    assert_eq!(cells(Sensor::S2), cells(Sensor::S1));
    assert_eq!(cells(Sensor::S2), cells(Sensor::Dem));
    assert_eq!(cells(Sensor::S2).len(), 4);
    assert_eq!(longs(Sensor::S2, "id").into_iter().collect::<BTreeSet<_>>().len(), 8);
}

#[test]
fn equal_scenes_leave_equal_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let (archive, scenes) = sample(dir.path(), Codec::None);
    let mut catalog = Catalog::open(&archive).unwrap();
    catalog.upsert(scenes.clone()).unwrap();
    let (before, snapshot) = (tables(dir.path()), catalog.snapshot().unwrap());
    catalog.upsert(scenes.clone()).unwrap();
    assert!(tables(dir.path()) == before);
    // One at a time and in another order: the same catalog.
    std::fs::remove_dir_all(dir.path().join("catalog")).unwrap();
    let mut catalog = Catalog::open(&archive).unwrap();
    for scene in scenes.iter().rev() {
        catalog.upsert(vec![scene.clone()]).unwrap();
    }
    assert!(tables(dir.path()) == before);
    assert_eq!(catalog.snapshot().unwrap(), snapshot);
}

#[test]
fn a_newer_processing_replaces_the_old_row() {
    let dir = tempfile::tempdir().unwrap();
    let (archive, scenes) = sample(dir.path(), Codec::None);
    let mut catalog = Catalog::open(&archive).unwrap();
    catalog.upsert(scenes.clone()).unwrap();
    let snapshot = catalog.snapshot().unwrap();
    let newer = Scene { fingerprint: "S2-late-2".to_owned(), ..scenes[0].clone() };
    catalog.upsert(vec![newer.clone()]).unwrap();
    assert_eq!(catalog.scenes().len(), 4);
    assert!(catalog.scenes().contains(&newer) && !catalog.scenes().contains(&scenes[0]));
    assert_ne!(catalog.snapshot().unwrap(), snapshot);
}

#[test]
fn a_scene_that_is_not_whole_is_never_catalogued() {
    let dir = tempfile::tempdir().unwrap();
    let (archive, scenes) = sample(dir.path(), Codec::None);
    let mut catalog = Catalog::open(&archive).unwrap();
    let good = scenes[0].clone();
    for bad in [
        Scene { slot: 2, ..good.clone() },
        Scene { time: Stamp(5), ..good.clone() },
        Scene { tile: "32TLQ".to_owned(), ..good.clone() },
        Scene { scene: "../x".to_owned(), ..good.clone() },
        Scene { scale: f64::NAN, ..good.clone() },
    ] {
        assert!(catalog.upsert(vec![bad.clone()]).is_err(), "{bad:?}");
    }
    let other = Scene { scene: "other".to_owned(), ..good.clone() };
    assert!(catalog.upsert(vec![good.clone(), other]).is_err());
    let file = dir.path().join("pixels/31TCJ.zarr/s2_10m/c/0/0/0/0");
    let kept = std::fs::read(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    assert!(catalog.upsert(vec![good.clone()]).is_err());
    assert!(catalog.scenes().is_empty() && catalog.scenes_file().is_none());
    std::fs::write(&file, kept).unwrap();
    catalog.upsert(vec![good]).unwrap();
}

#[test]
fn a_foreign_table_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (archive, scenes) = sample(dir.path(), Codec::None);
    let mut catalog = Catalog::open(&archive).unwrap();
    catalog.upsert(scenes).unwrap();
    let file = catalog.scenes_file().unwrap();
    let good = std::fs::read(&file).unwrap();
    std::fs::copy(&catalog.patch_files(Sensor::S1).unwrap()[0], &file).unwrap();
    assert!(Catalog::open(&archive).unwrap_err().to_string().contains("columns"));
    for len in [0, 3, good.len() / 2, good.len() - 1] {
        std::fs::write(&file, &good[..len]).unwrap();
        assert!(Catalog::open(&archive).unwrap_err().is_corrupt(), "{len} bytes");
    }
    std::fs::write(&file, &good).unwrap();
    std::fs::remove_file(&catalog.patch_files(Sensor::Dem).unwrap()[0]).unwrap();
    assert!(catalog.patch_files(Sensor::Dem).unwrap_err().is_corrupt());
}

#[test]
fn a_lost_table_of_scenes_is_damage_and_a_stop_before_the_first_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let (archive, scenes) = sample(dir.path(), Codec::None);
    let mut catalog = Catalog::open(&archive).unwrap();
    assert!(catalog.scenes().is_empty());
    catalog.upsert(scenes).unwrap();
    std::fs::remove_file(catalog.scenes_file().unwrap()).unwrap();
    let error = Catalog::open(&archive).unwrap_err();
    assert!(error.is_corrupt() && error.next_step().unwrap().contains("--repair"), "{error:?}");
}

#[test]
fn verify_names_the_scenes_that_damage_touches() {
    let dir = tempfile::tempdir().unwrap();
    let (archive, scenes) = sample(dir.path(), Codec::None);
    let mut catalog = Catalog::open(&archive).unwrap();
    // Only the later scene, in slot 0, is known: the other one is what a stopped ingest left.
    catalog.upsert(scenes[..1].to_vec()).unwrap();
    let folder = archive.tile(TILE).unwrap().folder().to_owned();
    std::fs::remove_file(folder.join("s2_10m/c/1/0/0/0")).unwrap();
    let report = catalog.verify().unwrap();
    assert!(report.is_whole(), "{report:?}");
    assert_eq!(report.archive.unused.len(), 3);
    std::fs::remove_file(folder.join("s2_10m/c/0/0/0/0")).unwrap();
    assert_eq!(catalog.verify().unwrap().scenes, scenes[..1]);
}

#[test]
fn a_damaged_table_of_patches_is_found_and_made_again() {
    let dir = tempfile::tempdir().unwrap();
    let (archive, scenes) = sample(dir.path(), Codec::None);
    let mut catalog = Catalog::open(&archive).unwrap();
    catalog.upsert(scenes).unwrap();
    let before = tables(dir.path());
    let file = &catalog.patch_files(Sensor::S1).unwrap()[0];
    let bytes = std::fs::read(file).unwrap();
    let other = std::fs::read(&catalog.patch_files(Sensor::S2).unwrap()[0]).unwrap();
    for bad in [&bytes[..bytes.len() / 2], &other, &[]] {
        std::fs::write(file, bad).unwrap();
        let report = catalog.verify().unwrap();
        assert!(report.archive.is_whole() && report.scenes.is_empty());
        let found: Vec<_> = report.tables.iter().map(|t| (t.0.as_str(), t.1)).collect();
        assert_eq!(found, [(TILE, Sensor::S1)]);
    }
    catalog.mend_patches(TILE, Sensor::S1).unwrap();
    assert!(catalog.verify().unwrap().is_whole() && tables(dir.path()) == before);
}

#[test]
fn a_time_that_is_not_the_scenes_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let (archive, scenes) = sample(dir.path(), Codec::None);
    let mut catalog = Catalog::open(&archive).unwrap();
    catalog.upsert(scenes).unwrap();
    archive.tile(TILE).unwrap().set_times(Sensor::S1, &[Stamp(1)]).unwrap();
    let names: Vec<_> = catalog.verify().unwrap().scenes.into_iter().map(|s| s.scene).collect();
    assert_eq!(names, ["S1-one"]);
}

/// Leaves an archive for each codec in `$ECLAIRCIE_SAMPLE`, for readers in other languages.
#[test]
fn a_sample_archive_is_whole() {
    let dir = tempfile::tempdir().unwrap();
    let kept = std::env::var_os("ECLAIRCIE_SAMPLE").map(PathBuf::from);
    let root = kept.as_deref().unwrap_or(dir.path());
    for (name, codec) in [("raw", Codec::None), ("lz4", Codec::Lz4), ("zstd", Codec::Zstd)] {
        let (archive, scenes) = sample(&root.join(name), codec);
        Catalog::open(&archive).unwrap().upsert(scenes).unwrap();
        let report = archive.verify().unwrap();
        assert!(report.is_whole() && report.unused.is_empty() && report.shards == 8, "{report:?}");
        let fresh = Settings::new(128, codec).unwrap();
        let fresh = Archive::create(&root.join(format!("{name}-fresh")), fresh).unwrap();
        fresh.create_tile(TILE, archive.tile(TILE).unwrap().grid()).unwrap();
        assert!(fresh.verify().unwrap().is_whole());
    }
}
