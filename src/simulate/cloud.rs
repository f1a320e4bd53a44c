//! Clouds of a date: random fields, thresholded at the day's fraction, with soft edges.
//!
//! Up to two layers, a low one (cumulus or stratus) and a high thin one. A layer lives on a
//! periodic grid of 40 m cells twice as wide as the tile, so that a cloud outside can shade the
//! inside.

use rand_pcg::Pcg64;

use super::chance::{normal, uniform};
use super::ground::Ground;
use super::map::{Map, Spectrum};
use super::parcels::quantile;

/// Pixels (10 m) on a side of a cloud cell.
const STEP: f32 = 4.0;
/// Rows that the views of other bands need beyond the tile: 160 m for a cloud at 11 km.
pub(super) const MARGIN: usize = 16;
/// Entries of the table from field to optical depth, over -6..6.
const STEPS: usize = 1024;

/// What kind of cloud a layer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Broken, bright, hard-edged.
    Cumulus,
    /// Wide and grey.
    Stratus,
    /// High and thin.
    Cirrus,
}

/// One layer of cloud.
pub(super) struct Layer {
    pub kind: Kind,
    /// Metres over the ground.
    pub height: f32,
    /// Gaussian field on the cloud grid.
    field: Map,
    /// Optical depth by field value.
    depth: Vec<f32>,
    /// Pixels of the cloud grid left of and above the tile.
    offset: f32,
}

/// The layers of a date over a tile: at most one low and one high.
pub(super) struct Sky {
    pub low: Option<Layer>,
    pub high: Option<Layer>,
}

impl Sky {
    /// Draws the clouds of a date with the wanted total `fraction`; `summer` is 0 in January, 1 in
    /// July.
    pub fn draw(ground: &Ground, fraction: f32, summer: f32, wind: f32, rng: &mut Pcg64) -> Self {
        let u = uniform(rng);
        // A tenth of the dates have cirrus alone; a third have none.
        let high = match u {
            _ if u < 0.1 => fraction,
            _ if u < 0.65 => fraction * (0.15 + 0.5 * uniform(rng)),
            _ => 0.0,
        };
        let low = 1.0 - (1.0 - fraction) / (1.0 - high).max(1e-3);
        let broken = low < 0.6 && uniform(rng) < 0.35 + 0.5 * summer;
        let kind = if broken { Kind::Cumulus } else { Kind::Stratus };
        let mut layer = |kind, share: f32| {
            (share > 0.004).then(|| Layer::draw(kind, share.min(1.0), ground, wind, rng))
        };
        Self { low: layer(kind, low), high: layer(Kind::Cirrus, high) }
    }
}

impl Layer {
    fn draw(kind: Kind, share: f32, ground: &Ground, wind: f32, rng: &mut Pcg64) -> Self {
        let side = ground.side();
        let n = (side / 2).next_power_of_two().max(256);
        // The outline of a set over a threshold has the dimension (4 - slope / 2) / 2: the 4/3 of real
        // clouds (DeWitt & Garrett 2024) asks for the gentle end of the slopes that were observed.
        let slope = 2.5 + 0.4 * uniform(rng);
        let stretch = match kind {
            Kind::Cumulus => 1.0,
            Kind::Stratus => 1.0 + 0.6 * uniform(rng),
            Kind::Cirrus => 2.5 + 2.5 * uniform(rng),
        };
        let shape = Spectrum { slope, longest: f32::INFINITY, stretch: (wind, stretch) };
        let mut field = Map::random(n, &shape, rng);
        if kind == Kind::Cumulus {
            // Cells of a kilometre or two ride on the large field, so that the cover is broken.
            let cells = Spectrum { slope: 2.9, longest: 45.0, stretch: (0.0, 1.0) };
            let cells = Map::random(n, &cells, rng);
            field.values.iter_mut().zip(&cells.values).for_each(|(f, c)| *f = 0.55 * *f + 0.83 * c);
        }
        let offset = n as f32 * 0.5 - side as f32 / STEP * 0.5;
        if kind != Kind::Cirrus {
            lift(&mut field, ground, offset);
        }
        let height = match kind {
            Kind::Cumulus => 1000.0 + 1500.0 * uniform(rng),
            Kind::Stratus if uniform(rng) < 0.6 => 1000.0 + 1000.0 * uniform(rng),
            Kind::Stratus => 3000.0 + 3000.0 * uniform(rng),
            Kind::Cirrus => 8000.0 + 3000.0 * uniform(rng),
        };
        let least = threshold(&field, offset, side, share);
        let depth = depths(kind, least, normal(rng));
        Self { kind, height, field, depth, offset }
    }

    fn depth_of(&self, g: f32) -> f32 {
        let at = ((g + 6.0) * (STEPS as f32 / 12.0)).clamp(0.0, STEPS as f32 - 1.0);
        self.depth[at as usize]
    }

    /// How much light the layer sends back, 0..1, seen from above: the tile with [`MARGIN`] more
    /// rows above and below.
    pub fn reflectance(&self, grain: &Map) -> Vec<f32> {
        let side = grain.side;
        let rough = if self.kind == Kind::Cirrus { 0.04 } else { 0.07 };
        // Two-stream reflectance with an asymmetry of 0.85.
        let table: Vec<f32> =
            self.depth.iter().map(|tau| 0.15 * tau / (2.0 + 0.15 * tau)).collect();
        let mut out = Vec::with_capacity((side + 2 * MARGIN) * side);
        for y in 0..side + 2 * MARGIN {
            let v = (y as f32 - MARGIN as f32) / STEP + self.offset;
            let texture = &grain.values[(y % side) * side..][..side];
            for (x, t) in texture.iter().enumerate() {
                let g = self.field.wrapped(x as f32 / STEP + self.offset, v) + rough * t;
                let at = ((g + 6.0) * (STEPS as f32 / 12.0)).clamp(0.0, STEPS as f32 - 1.0);
                out.push(table[at as usize]);
            }
        }
        out
    }

    /// Share of the direct sunlight that passes, on the cloud grid.
    pub fn shade(&self) -> Map {
        // Most of what a cloud scatters goes forward and still counts as direct light.
        let values = self.field.values.iter().map(|g| (-0.5 * self.depth_of(*g)).exp()).collect();
        Map { side: self.field.side, values }
    }

    /// Where a pixel of the tile lies on the cloud grid.
    pub fn locate(&self, x: f32, y: f32) -> (f32, f32) {
        (x / STEP + self.offset, y / STEP + self.offset)
    }

    /// One opaque round cloud of `radius` pixels at a pixel, for tests of geometry.
    #[cfg(test)]
    pub fn round(side: usize, x: f32, y: f32, radius: f32, height: f32) -> Self {
        let n = 256;
        let offset = n as f32 * 0.5 - side as f32 / STEP * 0.5;
        let mut field = Map::filled(n, -3.0);
        for (i, f) in field.values.iter_mut().enumerate() {
            let (u, v) = (((i % n) as f32 - offset) * STEP, ((i / n) as f32 - offset) * STEP);
            if (u - x).hypot(v - y) < radius {
                *f = 3.0;
            }
        }
        Self { kind: Kind::Cumulus, height, field, depth: depths(Kind::Cumulus, 0.0, 0.0), offset }
    }

    /// Metres on a side of a cell of the cloud grid.
    pub const CELL: f32 = STEP * 10.0;
}

/// Low clouds like hills.
fn lift(field: &mut Map, ground: &Ground, offset: f32) {
    let height = &ground.terrain.height;
    let mean = height.values.iter().sum::<f32>() / height.values.len() as f32;
    let n = field.side;
    let relief = 0.25 / 150.0;
    let edge = height.side as f32;
    for (i, f) in field.values.iter_mut().enumerate() {
        let (x, y) = (((i % n) as f32 - offset) * STEP, ((i / n) as f32 - offset) * STEP);
        if x >= 0.0 && y >= 0.0 && x < edge && y < edge {
            *f += (relief * (height.at(x, y) - mean)).clamp(-0.4, 0.4);
        }
    }
}

/// The field value that a `share` of the tile exceeds.
fn threshold(field: &Map, offset: f32, side: usize, share: f32) -> f32 {
    let cells = side / STEP as usize;
    let first = offset as usize;
    let inside: Vec<f32> = (first..first + cells)
        .flat_map(|y| &field.values[y * field.side + first..][..cells])
        .copied()
        .collect();
    // A covered sky has no edge inside the tile.
    let beyond = 1.5 * ((share - 0.93) / 0.07).max(0.0);
    quantile(&inside, 1.0 - share) - beyond
}

/// Optical depth by field value: zero below the threshold, soft at the edge, thicker inside.
fn depths(kind: Kind, least: f32, draw: f32) -> Vec<f32> {
    let (middle, width) = match kind {
        Kind::Cumulus => (15.0 * (0.6 * draw).exp(), 0.22),
        Kind::Stratus => (10.0 * (0.6 * draw).exp(), 0.25),
        Kind::Cirrus => (0.6 * (0.7 * draw).exp(), 0.7),
    };
    (0..STEPS)
        .map(|i| {
            let over = (i as f32 + 0.5) * (12.0 / STEPS as f32) - 6.0 - least;
            let s = (over / width).max(0.0);
            let edge = s * s / (1.0 + s * s);
            middle * edge * (0.6 + 0.8 * over.max(0.0))
        })
        .collect()
}
