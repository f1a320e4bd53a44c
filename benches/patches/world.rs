//! An archive with pixels like those of a landscape: smooth fields, noise in the low bits, a seasonal swing.

use std::path::Path;

use eclaircie::{
    Archive, Block, Catalog, Cells, Codec, Grid, Kind, Layer, Scene, Sensor, Settings, Stamp, Tile,
    Values, Window,
};

use crate::Result;

const TILES: [&str; 2] = ["31TCJ", "31TDJ"];
const DAY: i64 = 86_400_000_000;
/// 2018-01-01.
const START: i64 = 17_532 * DAY;

/// What the archive is like.
pub struct World {
    /// Pixels (10 m) on a side of a tile.
    pub side: usize,
    /// Pixels (10 m) on a side of a patch.
    pub patch: usize,
    /// One or two.
    pub tiles: usize,
    /// How chunks are stored.
    pub codec: Codec,
}

impl World {
    /// Writes an archive with so many dates of each sensor, five days apart; every third optical one is
    /// cloudy.
    pub fn make(&self, root: &Path, dates: usize) -> Result<()> {
        let archive = Archive::create(root, Settings::new(self.patch, self.codec)?)?;
        let mut scenes = Vec::new();
        for (number, name) in TILES.iter().take(self.tiles).enumerate() {
            let x0 = 600_000.0 + 100_000.0 * number as f64;
            let grid = Grid::new(32631, x0, 4_900_000.0, 10.0, self.side, self.side)?;
            let tile = archive.create_tile(name, &grid)?;
            let times = |hour: i64| -> Vec<Stamp> {
                (0..dates as i64).map(|d| Stamp(START + 5 * d * DAY + hour * DAY / 24)).collect()
            };
            let axes =
                [(Layer::S2Fine, times(10)), (Layer::S1, times(30)), (Layer::Dem, vec![Stamp(0)])];
            for (layer, times) in axes {
                tile.set_times(layer.sensor(), &times)?;
                for (slot, time) in times.into_iter().enumerate() {
                    tile.write(slot, &pixels(layer, self.side, slot, number))?;
                    let cloudy = layer == Layer::S2Fine && slot % 3 == 1;
                    count_cells(&tile, layer.sensor(), slot, cloudy)?;
                    scenes.push(scene(layer.sensor(), name, slot, time, cloudy));
                }
            }
        }
        Ok(Catalog::open(&archive)?.upsert(scenes)?)
    }
}

fn count_cells(tile: &Tile, sensor: Sensor, slot: usize, cloudy: bool) -> Result<()> {
    if sensor == Sensor::Dem {
        return Ok(());
    }
    let (rows, cols) = tile.cells();
    let count = if cloudy { 1000 } else { 0 };
    let (cloudy, nodata) = (vec![count; rows * cols], vec![0; rows * cols]);
    Ok(tile.write_cells(sensor, slot, &Cells { rows, cols, cloudy, nodata })?)
}

fn scene(sensor: Sensor, tile: &str, slot: usize, time: Stamp, cloudy: bool) -> Scene {
    Scene {
        scene: format!("{}-{slot:05}", sensor.name()),
        sensor,
        tile: tile.to_owned(),
        time,
        slot: slot as u32,
        product: "bench".to_owned(),
        platform: String::new(),
        orbit: None,
        direction: None,
        cloud_percent: (sensor == Sensor::S2).then_some(if cloudy { 24.4 } else { 0.0 }),
        nodata_percent: 0.0,
        scale: 1e-4,
        offset: 0.0,
        fingerprint: format!("{tile}-{slot}"),
    }
}

/// Fields of some 40 px, shared by all bands and dates, a swing through the year, and noise: little in every second field,
/// more in the others.
fn pixels(layer: Layer, side: usize, slot: usize, tile: usize) -> Block {
    let side = side / layer.factor();
    let bands = layer.bands().len();
    let mut noise = (slot * 31 + tile * 7 + 1) as u64 | 1;
    let season = (slot as f64 / 73.0 * std::f64::consts::TAU).sin() * 300.0;
    let field = |row: usize, col: usize| (((row / 40) * 131 + (col / 37) * 57) % 97) as f64 * 20.0;
    let mut values = Vec::with_capacity(bands * side * side);
    for band in 0..bands {
        for row in 0..side {
            for col in 0..side {
                noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let rough = (row / 40 + col / 37) % 2 == 0;
                let grain = (noise >> 40) % if rough { 48 } else { 8 };
                values.push(
                    (500.0 * (band + 1) as f64 + field(row, col) + season) as i32 + grain as i32,
                );
            }
        }
    }
    let values = match layer.kind() {
        Kind::U16 => Values::U16(values.into_iter().map(|v| (v * 9) as u16).collect()),
        _ => Values::I16(values.into_iter().map(|v| v as i16).collect()),
    };
    Block { layer, window: Window::new(0, 0, side, side), values }
}
