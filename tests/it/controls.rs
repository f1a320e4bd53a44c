//! Negative controls on an archive where radar alone tells what lies under the clouds: what a network
//! gained from it has to go with each exchange, and what it never used may go without a trace.

use std::path::Path;

use eclaircie::{
    Archive, Block, Catalog, Cells, Codec, Grid, Layer, Scene, Sensor, Settings, Stamp, Values,
    Window,
};

use crate::Result;
use crate::world::ok;

/// Pixels (10 m) on a side of the tile, and of a patch.
const SIDE: usize = 512;
const PATCH: usize = 64;
/// Grounds, each under clouds on one day and clear on the next.
const GROUNDS: usize = 8;
const DAY: i64 = 86_400_000_000;

/// The brightness of a patch of a ground, 0 to 1: of no other's.
fn brightness(ground: usize, row: usize, col: usize) -> f64 {
    let mut z = (ground * 4099 + (row / PATCH) * 67 + col / PATCH) as u64;
    z = (z ^ 0x9E37_79B9).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 29)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((z ^ (z >> 32)) >> 40) as f64 / (1 << 24) as f64
}

fn block(layer: Layer, value: impl Fn(usize, usize) -> f64) -> Block {
    let (factor, bands) = (layer.factor(), layer.bands().len());
    let side = SIDE / factor;
    let places = || (0..bands * side * side).map(|i| (i / side % side * factor, i % side * factor));
    let all = places().map(|(row, col)| value(row, col));
    let values = match layer {
        Layer::S1 => Values::U16(all.map(|v| v as u16).collect()),
        Layer::S2Mask => Values::U8(all.map(|v| v as u8).collect()),
        _ => Values::I16(all.map(|v| v as i16).collect()),
    };
    Block { layer, window: Window::new(0, 0, side, side), values }
}

/// Scenes of a sensor on some days; `cloudy` says which are.
fn scenes(sensor: Sensor, times: &[Stamp], cloudy: impl Fn(usize) -> bool) -> Vec<Scene> {
    let scene = |(slot, time): (usize, &Stamp)| Scene {
        scene: format!("{}-{slot}", sensor.name()),
        sensor,
        tile: "31TCJ".to_owned(),
        time: *time,
        slot: slot as u32,
        product: "made".to_owned(),
        platform: String::new(),
        orbit: None,
        direction: None,
        cloud_percent: (sensor == Sensor::S2).then_some(if cloudy(slot) { 100.0 } else { 0.0 }),
        nodata_percent: 0.0,
        scale: 1e-4,
        offset: 0.0,
        fingerprint: format!("{}-{slot}", sensor.name()),
    };
    times.iter().enumerate().map(scene).collect()
}

/// Every twenty days another ground: clouds and radar, and the clear image a day later.
fn make(root: &Path) -> Result<()> {
    let archive = Archive::create(root, Settings::new(PATCH, Codec::None)?)?;
    let tile = archive
        .create_tile("31TCJ", &Grid::new(32631, 600_000.0, 4_900_000.0, 10.0, SIDE, SIDE)?)?;
    let days = |hours: &[i64]| -> Vec<Stamp> {
        let of = |g: usize| hours.iter().map(move |h| Stamp(20 * DAY * g as i64 + h * DAY / 24));
        (0..GROUNDS).flat_map(of).collect()
    };
    let (optical, radar) = (days(&[10, 34]), days(&[11]));
    let cloudy = |slot: usize| slot.is_multiple_of(2);
    tile.set_times(Sensor::S2, &optical)?;
    tile.set_times(Sensor::S1, &radar)?;
    tile.set_times(Sensor::Dem, &[Stamp(0)])?;
    let (rows, cols) = tile.cells();
    let count = |cloudy: usize| Cells {
        rows,
        cols,
        cloudy: vec![cloudy as u16; rows * cols],
        nodata: vec![0; rows * cols],
    };
    for slot in 0..optical.len() {
        let ground = |row, col| 500.0 + 3000.0 * brightness(slot / 2, row, col);
        let seen = |row, col| if cloudy(slot) { 8000.0 } else { ground(row, col) };
        tile.write(slot, &block(Layer::S2Fine, seen))?;
        tile.write(slot, &block(Layer::S2Mask, |_, _| if cloudy(slot) { 1.0 } else { 0.0 }))?;
        tile.write_cells(Sensor::S2, slot, &count(if cloudy(slot) { 64 * 64 } else { 0 }))?;
    }
    for slot in 0..radar.len() {
        let echo = |row, col| 5_000.0 + 55_000.0 * brightness(slot, row, col);
        tile.write(slot, &block(Layer::S1, echo))?;
        tile.write_cells(Sensor::S1, slot, &count(0))?;
    }
    tile.write(0, &block(Layer::Dem, |row, col| 1_000.0 * brightness(99, row, col)))?;
    let mut all = scenes(Sensor::S2, &optical, cloudy);
    all.extend(scenes(Sensor::S1, &radar, |_| false));
    all.extend(scenes(Sensor::Dem, &[Stamp(0)], |_| false));
    Ok(Catalog::open(&archive)?.upsert(all)?)
}

/// The mean absolute error of a method in what `evaluate --json` said.
fn error(found: &serde_json::Value, method: &str) -> f64 {
    let is = |s: &&serde_json::Value| {
        s["stratum"] == "all" && s["metric"] == "mae" && s["band"] == "all" && s["method"] == method
    };
    let all = found["scores"].as_array().expect("scores");
    all.iter().find(is).expect(method)["value"].as_f64().expect("a number")
}

#[test]
fn a_gain_goes_with_the_radar_that_made_it_and_stays_with_anothers_elevation() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    make(&folder.path().join("archive")).expect("an archive");
    let (archive, run, shuffled) = (path("archive"), path("run"), path("shuffled"));
    let train = |to: &str, more: &[&str]| {
        let line = [
            "train",
            &archive,
            "--layout",
            "ssop",
            "--split-block",
            "1",
            "--model",
            "ssop-unet-small",
            "--to",
            to,
            "--steps",
            "120",
            "--steps-per-epoch",
            "60",
            "--batch",
            "8",
            "--valid-max",
            "8",
            "--rate",
            "2e-3",
        ];
        ok(&[&line, more].concat());
    };
    train(&run, &[]);
    train(&shuffled, &["--control", "sar-place"]);
    let (own, other) = (
        format!("own={run}/weights.safetensors"),
        format!("shuffled={shuffled}/weights.safetensors"),
    );
    let said = ok(&[
        "evaluate",
        &archive,
        "--layout",
        "ssop",
        "--split-block",
        "1",
        "--method",
        &own,
        "--method",
        &other,
        "--control",
        "sar-time",
        "--control",
        "sar-place",
        "--control",
        "dem",
        "--json",
    ]);
    let found: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    let error = |method: &str| error(&found, method);
    let own = error("own");
    for control in ["own [sar-time]", "own [sar-place]", "shuffled"] {
        assert!(error(control) > 2.0 * own, "{control}: {} beside {own}", error(control));
    }
    assert!(error("own [dem]") < 1.3 * own, "{} beside {own}", error("own [dem]"));
}
