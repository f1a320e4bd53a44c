//! The archive as a whole, on small tiles.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use zarrs::array::Array;

use super::zarr_store::Folder;
use super::*;
use crate::geo::{Grid, Stamp, Window};

const DAY: i64 = 86_400_000_000;

fn grid(width: usize, height: usize) -> Grid {
    Grid::new(32631, 600_000.0, 4_900_000.0, 10.0, width, height).unwrap()
}

/// A tile of 3 x 2.x patches of 64 px whose edges cut patches, with two optical slots and a radar
/// one.
fn small(root: &Path, codec: Codec) -> (Archive, Tile) {
    let archive = Archive::create(root, Settings::new(64, codec).unwrap()).unwrap();
    let tile = archive.create_tile("31TCJ", &grid(150, 200)).unwrap();
    tile.set_times(Sensor::S2, &[Stamp(DAY), Stamp(3 * DAY)]).unwrap();
    tile.set_times(Sensor::S1, &[Stamp(2 * DAY)]).unwrap();
    (archive, tile)
}

/// Every value differs from its neighbours, its bands and its slots.
fn block(layer: Layer, height: usize, width: usize, seed: usize) -> Block {
    let count = layer.bands().len() * height * width;
    let value = |i: usize| (i * 31 + seed * 7 + i / width) % 30_000;
    let values = match layer.kind() {
        Kind::U8 => Values::U8((0..count).map(|i| value(i) as u8).collect()),
        Kind::U16 => Values::U16((0..count).map(|i| value(i) as u16).collect()),
        Kind::I16 => Values::I16((0..count).map(|i| value(i) as i16 - 9_000).collect()),
    };
    Block { layer, window: Window::new(0, 0, height, width), values }
}

fn full(layer: Layer, seed: usize) -> Block {
    block(layer, 200 / layer.factor(), 150 / layer.factor(), seed)
}

/// Writes everything that the time axes call for.
fn fill(tile: &Tile) {
    for layer in Layer::ALL {
        for slot in 0..tile.times(layer.sensor()).unwrap().len() {
            tile.write(slot, &full(layer, slot)).unwrap();
        }
    }
    let cells = Cells { rows: 3, cols: 2, cloudy: vec![5; 6], nodata: vec![0; 6] };
    for sensor in [Sensor::S2, Sensor::S1] {
        for slot in 0..tile.times(sensor).unwrap().len() {
            tile.write_cells(sensor, slot, &cells).unwrap();
        }
    }
}

/// The part of a block that a window covers.
fn part(b: &Block, w: Window) -> Vec<i64> {
    let at = |i: usize| match &b.values {
        Values::U8(v) => i64::from(v[i]),
        Values::U16(v) => i64::from(v[i]),
        Values::I16(v) => i64::from(v[i]),
    };
    let mut out = Vec::new();
    for band in 0..b.layer.bands().len() {
        for row in w.row..w.bottom() {
            for col in w.col..w.right() {
                out.push(at((band * b.window.height + row) * b.window.width + col));
            }
        }
    }
    out
}

fn shard_file(root: &Path, key: &str) -> PathBuf {
    root.join("pixels/31TCJ.zarr").join(key)
}

#[test]
fn any_window_reads_what_was_written() {
    for codec in Codec::ALL {
        let dir = tempfile::tempdir().unwrap();
        let (_, tile) = small(dir.path(), codec);
        fill(&tile);
        for layer in Layer::ALL {
            let slot = tile.times(layer.sensor()).unwrap().len() - 1;
            let whole = full(layer, slot);
            let (h, w) = (whole.window.height, whole.window.width);
            for window in [
                whole.window,
                Window::new(0, 0, 1, 1),
                Window::new(h - 1, w - 1, 1, 1),
                Window::new(30, 20, 50, 40),
                Window::new(h - 13, 3, 13, w - 3),
            ] {
                let read = tile.read(layer, slot, window).unwrap();
                let all = Window::new(0, 0, window.height, window.width);
                assert_eq!(part(&read, all), part(&whole, window), "{layer:?} {window:?}");
            }
        }
    }
}

#[test]
fn a_patch_is_the_window_of_its_place() {
    for codec in Codec::ALL {
        let dir = tempfile::tempdir().unwrap();
        let (_, tile) = small(dir.path(), codec);
        fill(&tile);
        assert_eq!(tile.patches(), (3, 2));
        for layer in Layer::ALL {
            for (row, col) in [(0, 0), (2, 1), (1, 0)] {
                let patch = tile.patch(layer, 0, row, col).unwrap();
                let window = Window::patch(row, col, 64 / layer.factor());
                let read = tile.read(layer, 0, window).unwrap();
                assert_eq!(patch.bytes(), read.values.bytes(), "{layer:?} {row} {col}");
                assert_eq!(matches!(patch, Patch::Mapped { .. }), codec == Codec::None);
                let mut out = vec![0; patch.bytes().len()];
                let stored = tile.find(layer, 0, (row, col)).unwrap();
                stored.read_into(&mut out).unwrap();
                assert_eq!(out, patch.bytes());
                assert!(stored.read_into(&mut out[1..]).is_err());
            }
        }
        // Column 2 is cut by the tile's edge.
        assert!(tile.patch(Layer::S1, 0, 0, 2).is_err());
        assert!(tile.patch(Layer::S1, 1, 0, 0).is_err());
    }
}

#[test]
fn a_mapped_patch_costs_no_copy() {
    let dir = tempfile::tempdir().unwrap();
    let (_, tile) = small(dir.path(), Codec::None);
    fill(&tile);
    let first = tile.patch(Layer::S2Fine, 0, 0, 0).unwrap();
    let again = tile.patch(Layer::S2Fine, 0, 0, 0).unwrap();
    assert_eq!(first.bytes().as_ptr(), again.bytes().as_ptr());
    assert_eq!(first.bytes().as_ptr() as usize % 2, 0);
}

#[test]
fn a_chunk_of_another_length_is_damage_whatever_its_checksum_says() {
    let dir = tempfile::tempdir().unwrap();
    let (_, tile) = small(dir.path(), Codec::None);
    fill(&tile);
    let file = shard_file(dir.path(), "s2_10m/c/0/0/0/0");
    let entries = tile.chunks(Layer::S2Fine).entries();
    let short = Codec::None.encode(vec![7; 100]).unwrap();
    let chunks = (0..entries).map(|_| Some(short.clone())).collect();
    crate::store::publish(&file, &shard::assemble(chunks)).unwrap();
    for found in [
        tile.patch(Layer::S2Fine, 0, 0, 0).map(drop),
        tile.find(Layer::S2Fine, 0, (0, 0)).and_then(|s| s.read_into(&mut [0; 64 * 64 * 8])),
    ] {
        let error = found.unwrap_err();
        assert!(error.is_corrupt() && error.advice().contains("--repair"), "{error:?}");
        assert!(error.to_string().contains("a chunk of 100 bytes, not 32768"), "{error}");
    }
}

#[test]
fn a_chunk_that_was_never_written_is_an_error_not_a_fill() {
    let dir = tempfile::tempdir().unwrap();
    let (_, tile) = small(dir.path(), Codec::None);
    tile.write(0, &full(Layer::S1, 0)).unwrap();
    let error = tile.patch(Layer::S2Fine, 1, 0, 0).unwrap_err();
    assert!(error.is_not_found());
    for word in ["31TCJ", "s2_10m", "slot 1", "row 0, col 0"] {
        assert!(error.to_string().contains(word), "{error}");
    }
    assert!(tile.read(Layer::Dem, 0, Window::new(0, 0, 2, 2)).unwrap_err().is_not_found());
    assert!(tile.read_cells(Sensor::S2, 0).unwrap_err().is_not_found());
}

#[test]
fn a_scene_of_nothing_but_nodata_is_written_all_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let (archive, tile) = small(dir.path(), Codec::Zstd);
    let mut empty = full(Layer::S1, 0);
    empty.values = Values::U16(vec![0; empty.values.len()]);
    tile.write(0, &empty).unwrap();
    tile.write_cells(
        Sensor::S1,
        0,
        &Cells { rows: 3, cols: 2, cloudy: vec![], nodata: vec![0; 6] },
    )
    .unwrap();
    assert_eq!(tile.read(Layer::S1, 0, empty.window).unwrap(), empty);
    assert_eq!(tile.read_cells(Sensor::S1, 0).unwrap().nodata, [0; 6]);
    assert!(archive.verify().unwrap().is_whole());
}

#[test]
fn a_changed_byte_is_found_by_reads_and_by_verify() {
    for codec in Codec::ALL {
        let dir = tempfile::tempdir().unwrap();
        let (archive, tile) = small(dir.path(), codec);
        fill(&tile);
        assert!(archive.verify().unwrap().is_whole());
        let file = shard_file(dir.path(), "s2_20m/c/1/0/0/0");
        let mut bytes = std::fs::read(&file).unwrap();
        bytes[100] ^= 1;
        crate::store::publish(&file, &bytes).unwrap();
        let window = Window::new(0, 0, 8, 8);
        let error = tile.read(Layer::S2Coarse, 1, window).unwrap_err();
        assert!(error.is_corrupt() && error.next_step().unwrap().contains("--repair"), "{error:?}");
        assert!(tile.patch(Layer::S2Coarse, 1, 0, 0).unwrap_err().is_corrupt());
        // Its neighbour in the same file is whole.
        tile.patch(Layer::S2Coarse, 1, 1, 1).unwrap();
        let report = archive.verify().unwrap();
        assert_eq!((report.damaged.len(), report.missing.len()), (1, 0));
        let fault = &report.damaged[0];
        assert_eq!((fault.array.as_str(), fault.slot), ("s2_20m", 1));
        assert_eq!((fault.shard, fault.chunk), (Some((0, 0)), Some((0, 0))));
    }
}

#[test]
fn verify_tells_lost_shards_from_slots_never_used() {
    let dir = tempfile::tempdir().unwrap();
    let (archive, tile) = small(dir.path(), Codec::None);
    tile.write(0, &full(Layer::S2Fine, 0)).unwrap();
    tile.write(0, &full(Layer::S2Mask, 0)).unwrap();
    let report = archive.verify().unwrap();
    // The counts of slot 0 are missing; the other slot, the radar's and the elevation's are unused.
    assert_eq!((report.missing.len(), report.unused.len()), (1, 3));
    fill(&tile);
    tile.set_times(Sensor::S1, &[Stamp(1), Stamp(2)]).unwrap();
    std::fs::remove_file(shard_file(dir.path(), "s2_20m/c/0/0/0/0")).unwrap();
    std::fs::remove_file(shard_file(dir.path(), "s2_10m/c/1/0/0/0")).unwrap();
    let report = archive.verify().unwrap();
    let lost: Vec<_> = report.missing.iter().map(|f| (f.array.as_str(), f.slot)).collect();
    assert_eq!(lost, [("s2_10m", 1), ("s2_20m", 0)]);
    assert_eq!(report.unused, [("31TCJ".to_owned(), Sensor::S1, 1)]);
}

#[test]
fn what_no_scene_owns_is_unused_whatever_it_holds() {
    let dir = tempfile::tempdir().unwrap();
    let (archive, tile) = small(dir.path(), Codec::None);
    fill(&tile);
    std::fs::remove_file(shard_file(dir.path(), "s2_20m/c/1/0/0/0")).unwrap();
    std::fs::write(shard_file(dir.path(), "s2_10m/c/1/0/0/0"), b"half").unwrap();
    let place = |sensor, slot| ("31TCJ".to_owned(), sensor, slot);
    let report = archive.verify_owned(&[place(Sensor::S2, 0)].into()).unwrap();
    assert!(report.is_whole() && report.shards == 3, "{report:?}");
    let unused = [place(Sensor::S2, 1), place(Sensor::S1, 0), place(Sensor::Dem, 0)];
    assert_eq!(report.unused, unused);
    let other = ("32TLQ".to_owned(), Sensor::S1, 4);
    let owned = [place(Sensor::S2, 0), place(Sensor::S2, 1), other].into();
    let report = archive.verify_owned(&owned).unwrap();
    assert_eq!((report.damaged.len(), report.missing.len()), (1, 2), "{report:?}");
    assert!(report.damaged[0].touches("31TCJ", Sensor::S2, 1));
    assert!(report.missing.iter().any(|f| f.touches("32TLQ", Sensor::S1, 4)), "{report:?}");
}

#[test]
fn a_rewritten_scene_is_seen_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let (_, tile) = small(dir.path(), Codec::None);
    tile.write(0, &full(Layer::S1, 0)).unwrap();
    let old = tile.patch(Layer::S1, 0, 1, 1).unwrap();
    let kept = old.bytes().to_vec();
    tile.write(0, &full(Layer::S1, 9)).unwrap();
    let new = tile.patch(Layer::S1, 0, 1, 1).unwrap();
    assert_ne!(new.bytes(), kept);
    assert_eq!(old.bytes(), kept);
}

#[test]
fn growing_the_time_axis_keeps_what_was_written() {
    let dir = tempfile::tempdir().unwrap();
    let (archive, tile) = small(dir.path(), Codec::None);
    fill(&tile);
    let times: Vec<Stamp> = (1..1500).map(|d| Stamp(d * DAY + 1)).collect();
    tile.set_times(Sensor::S2, &times).unwrap();
    tile.set_times(Sensor::S2, &[Stamp(7)]).unwrap();
    let again = Archive::open(archive.root()).unwrap().tile("31TCJ").unwrap();
    let read = again.times(Sensor::S2).unwrap();
    assert_eq!((read.len(), read[0], &read[1..]), (1499, Stamp(7), &times[1..]));
    assert_eq!(again.read_cells(Sensor::S2, 1).unwrap().cloudy, [5; 6]);
    again.patch(Layer::S2Fine, 1, 0, 0).unwrap();
    assert!(again.patch(Layer::S2Fine, 1498, 0, 0).unwrap_err().is_not_found());
    assert!(again.patch(Layer::S2Fine, 1499, 0, 0).is_err());
}

#[test]
fn a_growth_cut_short_leaves_the_old_shape_and_can_be_repeated() {
    let dir = tempfile::tempdir().unwrap();
    let (archive, tile) = small(dir.path(), Codec::None);
    fill(&tile);
    let group = tile.folder().join("zarr.json");
    let before = std::fs::read(&group).unwrap();
    let times: Vec<Stamp> = (0..5).map(|d| Stamp(d * DAY)).collect();
    tile.set_times(Sensor::S2, &times).unwrap();
    let after = std::fs::read(&group).unwrap();
    // The group's metadata is written last: a kill before it leaves the rest new.
    std::fs::write(&group, &before).unwrap();
    let again = Archive::open(archive.root()).unwrap();
    let tile = again.tile("31TCJ").unwrap();
    assert_eq!(tile.times(Sensor::S2).unwrap().len(), 2);
    tile.patch(Layer::S2Fine, 1, 0, 0).unwrap();
    assert!(again.verify().unwrap().is_whole());
    tile.set_times(Sensor::S2, &times).unwrap();
    assert!(std::fs::read(&group).unwrap() == after);
}

#[test]
fn a_damaged_axis_or_count_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let (archive, tile) = small(dir.path(), Codec::None);
    fill(&tile);
    for key in ["x/c/0", "y_20m/c/0", "s1_band/c/0", "s2_time/c/0", "cells/s1_nodata/c/0/0/0"] {
        let file = tile.folder().join(key);
        let good = std::fs::read(&file).unwrap();
        let mut bad = good.clone();
        bad[9] ^= 4;
        for bytes in [&bad[..], &good[..5]] {
            std::fs::write(&file, bytes).unwrap();
            assert_eq!(archive.verify().unwrap().damaged.len(), 1, "{key}");
        }
        std::fs::write(&file, good).unwrap();
    }
    assert!(archive.verify().unwrap().is_whole());
    let file = tile.folder().join("zarr.json");
    let good = std::fs::read_to_string(&file).unwrap();
    for bad in [good.replace("\"eclaircie\"", "\"other\""), good.replace("150", "140")] {
        std::fs::write(&file, bad).unwrap();
        let report = archive.verify().unwrap();
        assert_eq!(report.damaged.len(), 1);
        assert!(report.damaged[0].is_of_axes());
    }
}

/// The names along a band axis, as zarrs finds them.
fn band_names(tile: &Tile, axis: &str) -> Vec<String> {
    let store = Arc::new(Folder::new(tile.folder().to_owned()));
    let array = Array::open(store, &format!("/{axis}")).unwrap();
    array.retrieve_chunk(&[0]).unwrap()
}

const BAND_AXES: [(&str, Layer); 3] =
    [("s2_10m_band", Layer::S2Fine), ("s2_20m_band", Layer::S2Coarse), ("s1_band", Layer::S1)];

/// The metadata of a tile's group.
fn group(tile: &Tile) -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(tile.folder().join("zarr.json")).unwrap()).unwrap()
}

#[test]
fn a_band_axis_is_a_coordinate_of_names() {
    let dir = tempfile::tempdir().unwrap();
    let (archive, tile) = small(dir.path(), Codec::None);
    let group = group(&tile);
    let nodes = &group["consolidated_metadata"]["metadata"];
    for (axis, layer) in BAND_AXES {
        assert_eq!(band_names(&tile, axis), layer.bands());
        // What makes xarray take it for the coordinate of its dimension: one name for both.
        assert!(nodes[layer.name()]["dimension_names"].as_array().unwrap().contains(&axis.into()));
        assert_eq!(nodes[axis]["dimension_names"], serde_json::json!([axis]));
        assert_eq!(nodes[axis]["data_type"], "string");
        assert_eq!(nodes[axis]["codecs"][0]["name"], "vlen-utf8");
    }
    for lost in ["s2_10m_band/c", "s2_10m_band"] {
        std::fs::remove_dir_all(tile.folder().join(lost)).unwrap();
        assert!(archive.verify().unwrap().damaged[0].is_of_axes(), "{lost}");
        tile.mend_axes().unwrap();
        assert!(archive.verify().unwrap().is_whole());
    }
}

#[test]
fn a_tile_without_names_of_bands_is_whole_and_gets_them_when_it_grows() {
    let dir = tempfile::tempdir().unwrap();
    let (archive, tile) = small(dir.path(), Codec::None);
    fill(&tile);
    let mut old = group(&tile);
    let nodes = old["consolidated_metadata"]["metadata"].as_object_mut().unwrap();
    for (axis, _) in BAND_AXES {
        nodes.remove(axis).unwrap();
        std::fs::remove_dir_all(tile.folder().join(axis)).unwrap();
    }
    std::fs::write(tile.folder().join("zarr.json"), old.to_string()).unwrap();
    let archive = Archive::open(archive.root()).unwrap();
    let tile = archive.tile("31TCJ").unwrap();
    assert!(archive.verify().unwrap().is_whole());
    tile.patch(Layer::S2Fine, 1, 0, 0).unwrap();
    tile.set_times(Sensor::S1, &[Stamp(2 * DAY), Stamp(4 * DAY)]).unwrap();
    for (axis, layer) in BAND_AXES {
        assert_eq!(band_names(&tile, axis), layer.bands());
        assert!(!group(&tile)["consolidated_metadata"]["metadata"][axis].is_null());
    }
    assert!(archive.verify().unwrap().is_whole());
}

#[test]
fn zarrs_itself_reads_the_same_pixels() {
    // zarrs has no codec for `numcodecs.lz4`; zarr-python has.
    for codec in [Codec::None, Codec::Zstd] {
        let dir = tempfile::tempdir().unwrap();
        let (_, tile) = small(dir.path(), codec);
        fill(&tile);
        let store = Arc::new(Folder::new(tile.folder().to_owned()));
        let array = Array::open(store.clone(), "/s2_10m").unwrap();
        assert_eq!(array.shape(), [2, 4, 200, 150]);
        let all: Vec<i16> = array.retrieve_array_subset(&array.subset_all()).unwrap();
        let (first, second) = (full(Layer::S2Fine, 0), full(Layer::S2Fine, 1));
        assert_eq!(all, [first.i16s().unwrap(), second.i16s().unwrap()].concat());
        let array = Array::open(store, "/dem").unwrap();
        let all: Vec<i16> = array.retrieve_array_subset(&array.subset_all()).unwrap();
        assert_eq!(all, full(Layer::Dem, 0).i16s().unwrap());
    }
}

#[test]
fn a_tile_of_many_shards_skips_the_chunks_beyond_its_edge() {
    let dir = tempfile::tempdir().unwrap();
    let archive = Archive::create(dir.path(), Settings::new(512, Codec::None).unwrap()).unwrap();
    let tile = archive.create_tile("wide", &grid(2100, 520)).unwrap();
    tile.set_times(Sensor::S2, &[Stamp(0)]).unwrap();
    let whole = block(Layer::S2Mask, 520, 2100, 3);
    tile.write(0, &whole).unwrap();
    let window = Window::new(500, 2000, 20, 100);
    let read = tile.read(Layer::S2Mask, 0, window).unwrap();
    assert_eq!(part(&read, Window::new(0, 0, 20, 100)), part(&whole, window));
    // The second shard holds two chunks of 512 x 512 bytes and an index of 2 x 4.
    let last = tile.folder().join("s2_mask/c/0/0/1");
    let size = std::fs::metadata(last).unwrap().len();
    assert_eq!(size, 2 * (512 * 512 + 4) + 8 * 16 + 4);
}

#[test]
fn the_store_refuses_keys_that_leave_it() {
    let folder = Folder::new("/nowhere".into());
    for key in ["../x", "a/../../x", "/etc/passwd", "a//b", ""] {
        assert!(folder.file(key).is_err(), "{key}");
    }
}

#[test]
fn an_archive_keeps_its_settings_and_a_tile_its_grid() {
    let dir = tempfile::tempdir().unwrap();
    let (archive, _) = small(dir.path(), Codec::None);
    assert!(Archive::create(dir.path(), Settings::new(128, Codec::None).unwrap()).is_err());
    assert!(Archive::create(dir.path(), Settings::new(64, Codec::None).unwrap()).is_ok());
    assert!(archive.create_tile("31TCJ", &grid(150, 201)).is_err());
    assert!(archive.create_tile("../up", &grid(150, 200)).is_err());
    let error = archive.create_tile("tiny", &grid(150, 60)).unwrap_err();
    assert!(error.next_step().unwrap().contains("no archive can hold"), "{error:?}");
    let large = Settings::new(256, Codec::None).unwrap();
    let error = large.check_grid(&grid(150, 200)).unwrap_err();
    assert!(error.next_step().unwrap().contains("--patch 128"), "{error:?}");
    assert_eq!(archive.tiles().unwrap(), ["31TCJ"]);
    assert!(archive.tile("32TLQ").unwrap_err().is_not_found());
    assert!(Archive::open(&dir.path().join("no")).unwrap_err().is_not_found());
}

#[test]
fn a_tile_reads_from_many_threads() {
    let dir = tempfile::tempdir().unwrap();
    let (_, tile) = small(dir.path(), Codec::None);
    fill(&tile);
    let expected = tile.patch(Layer::S2Fine, 1, 2, 1).unwrap().bytes().to_vec();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let (tile, expected) = (tile.clone(), &expected);
            scope.spawn(move || {
                for _ in 0..50 {
                    assert_eq!(tile.patch(Layer::S2Fine, 1, 2, 1).unwrap().bytes(), expected);
                }
            });
        }
    });
}
