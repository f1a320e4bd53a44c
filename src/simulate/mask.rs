//! The processor's cloud mask: made from 240 m means as MAJA does, shadows from 120 m, with its mistakes.

mod shade;

use rand_pcg::Pcg64;

use super::chance::{hash01, normal};
use super::cloud::Sky;
use super::ground::Ground;
use super::map::{Map, Spectrum};
use super::parcels::Cover;
use super::shadow;
use super::sun::Sun;

/// Pixels on a side of a detection cell: 240 m.
const CELL: usize = 24;

/// Share of a marked neighbour that marks a pixel: marks spread some 40 m beyond their cells, for
/// the processor plays safe.
const SPREAD: f32 = 0.4;

/// Share of a cloud's cell below which a pixel that is dark where a shadow is expected is called shadow.
const FRINGE: f32 = 0.67;

/// Bits of the `CLM` file (Theia).
pub(super) mod bits {
    /// All clouds except the thinnest, and all shadows.
    pub const ALL: u8 = 1;
    /// All clouds except the thinnest.
    pub const CLOUD: u8 = 2;
    /// Shadow of a detected cloud.
    pub const SHADOW: u8 = 4;
    /// Shadow of a cloud outside the image.
    pub const SHADOW_FROM_OUTSIDE: u8 = 8;
    /// Detected in the date alone.
    pub const MONO: u8 = 16;
    /// Detected against earlier dates.
    pub const MULTI: u8 = 32;
    /// Thinnest clouds.
    pub const THIN: u8 = 64;
    /// High clouds.
    pub const HIGH: u8 = 128;
}

/// What the detector is given.
pub(super) struct Seen<'a> {
    pub ground: &'a Ground,
    pub sky: &'a Sky,
    pub sun: Sun,
    /// Reflectance of the low and the high layer over the tile; empty without that layer.
    pub low: &'a [f32],
    pub high: &'a [f32],
    /// How many dates the detector has seen before; the first are worse.
    pub history: usize,
}

/// The `CLM` bits of each pixel.
pub(super) fn detect(seen: &Seen, rng: &mut Pcg64) -> Vec<u8> {
    let side = seen.ground.side();
    let cells = side.div_ceil(CELL);
    let doubts = Map::random_pair(cells.max(16), &Spectrum::power(2.2), rng);
    let doubt = |i: usize, map: &Map| map.values[i / cells * map.side + i % cells];
    let coarse = |values: &[f32]| match values.len() {
        0 => Map::filled(cells, 0.0),
        _ => Map { side, values: values.to_vec() }.means(CELL),
    };
    let (low, high) = (coarse(seen.low), coarse(seen.high));
    let harder = if seen.history < 3 { 1.8 } else { 1.0 };
    let (least, thin) = (0.045 * harder * (0.2 * normal(rng)).exp(), 0.018 * harder);
    // N(0, 1) stays below -0.5 in 30 % of the places: thin clouds there are missed.
    let found = |i: usize, map: &Map, missed: f32| doubt(i, map) > missed;
    let cloud = marks(cells, |i| {
        low.values[i] > least * if found(i, &doubts.0, -1.1) { 1.0 } else { 4.5 }
            || high.values[i] > 0.07
    });
    let thinnest = marks(cells, |i| high.values[i] > thin && found(i, &doubts.1, -0.5));
    let high_cloud = marks(cells, |i| high.values[i] > 1.5 * thin && found(i, &doubts.0, -0.6));
    let bright = commissions(seen.ground, cells, rng);
    let dark = shade::search(seen, rng, |x, y| found(cell_at(cells, x, y), &doubts.1, -1.2));
    let mut out = vec![0u8; side * side];
    for (i, bits) in out.iter_mut().enumerate() {
        let (x, y) = (i % side, i / side);
        let on = |map: &Map, level: f32| at_pixel(map, CELL, x, y) > level;
        let shaded = dark.as_ref().is_some_and(|dark| dark.at(x, y));
        if on(&cloud, if shaded { FRINGE } else { SPREAD }) {
            let how = if seen.history < 3 { bits::MONO } else { bits::MONO | bits::MULTI };
            *bits |= bits::ALL | bits::CLOUD | how;
        } else if on(&bright, 0.5) {
            *bits |= bits::ALL | bits::CLOUD | bits::MONO;
        }
        if on(&thinnest, SPREAD) {
            *bits |= bits::THIN;
        }
        if on(&high_cloud, SPREAD) {
            *bits |= bits::HIGH;
        }
        if *bits & bits::CLOUD == 0 && shaded {
            let outside = seen
                .sky
                .low
                .as_ref()
                .is_some_and(|l| shadow::from_outside(l, side, seen.sun, x, y));
            *bits |= bits::ALL | if outside { bits::SHADOW_FROM_OUTSIDE } else { bits::SHADOW };
        }
    }
    out
}

/// The bits of a processor that makes no mistake, of a true sky.
pub(super) fn perfect(sky: u8) -> u8 {
    match sky {
        1 => bits::ALL | bits::CLOUD | bits::MULTI,
        2 => bits::ALL | bits::CLOUD | bits::THIN,
        3 => bits::ALL | bits::SHADOW,
        _ => 0,
    }
}

fn marks(cells: usize, on: impl Fn(usize) -> bool) -> Map {
    let values = (0..cells * cells).map(|i| if on(i) { 1.0 } else { 0.0 }).collect();
    Map { side: cells, values }
}

/// Bilinear value at a pixel of a map with cells of so many pixels: this rounds the corners of cells.
fn at_pixel(map: &Map, cell: usize, x: usize, y: usize) -> f32 {
    let at = |v: usize| (v as f32 + 0.5) / cell as f32 - 0.5;
    if map.side < 2 { map.values[0] } else { map.at(at(x), at(y)) }
}

/// Number of the detection cell in which a pixel lies, of `cells` on a side.
fn cell_at(cells: usize, x: usize, y: usize) -> usize {
    (y / CELL).min(cells - 1) * cells + (x / CELL).min(cells - 1)
}

/// Bright ground taken for cloud: mostly towns.
fn commissions(ground: &Ground, cells: usize, rng: &mut Pcg64) -> Map {
    let side = ground.side();
    let built = |i: usize| {
        let parcel = &ground.land.parcels[ground.land.owner[i] as usize];
        if parcel.cover == Cover::Urban { 1.0 } else { 0.0 }
    };
    let town = Map { side, values: (0..side * side).map(built).collect() }.means(CELL);
    let salt = normal(rng).to_bits();
    marks(cells, |i| hash01(i as u32, salt) < 0.003 + 0.08 * town.values[i])
}
