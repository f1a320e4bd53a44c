//! Who owns each pixel: fields, woods, hedges, roads, villages and water.
//!
//! Blocks of farmland (a jittered Voronoi net) each have their own direction; inside, strips and
//! cuts of log-normal width make fields. Woods follow slopes, villages and crops follow flats: this
//! link is why a terrain model says something about land cover.

use std::collections::HashMap;

use super::block::{BLOCK, Block, interval};
use super::chance::{hash01, key, stream};
use super::map::{Map, Spectrum};
use super::region::Region;
use super::terrain::Terrain;

/// What a piece of land is; crops of arable land change by the year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Cover {
    /// Ploughed land in rotation.
    Arable,
    /// Meadow.
    Grass,
    /// Vineyard or orchard.
    Vine,
    /// Broadleaf wood or hedge.
    Broadleaf,
    /// Conifer wood.
    Conifer,
    /// Buildings and gardens.
    Urban,
    /// Road.
    Road,
    /// River or lake.
    Water,
}

impl Cover {
    /// The name in `fields/TILE.csv`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Arable => "arable",
            Self::Grass => "grass",
            Self::Vine => "vine",
            Self::Broadleaf => "broadleaf",
            Self::Conifer => "conifer",
            Self::Urban => "urban",
            Self::Road => "road",
            Self::Water => "water",
        }
    }
}

/// One piece of land.
#[derive(Debug, Clone)]
pub(super) struct Parcel {
    /// What it is.
    pub cover: Cover,
    /// Pixels.
    pub size: u32,
    /// Centre in pixels.
    pub centre: (f32, f32),
    /// Mean elevation, metres.
    pub height: f32,
    /// Mean slope, metres a metre.
    pub slope: f32,
    /// Direction of its rows, radians.
    pub rows: f32,
}

/// All land of a tile.
pub(super) struct Land {
    /// Index of the parcel of each pixel.
    pub owner: Vec<u32>,
    /// Parcels.
    pub parcels: Vec<Parcel>,
}

/// Names of owners while pixels are being given away.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Owner {
    Field { block: u32, strip: u32, cut: u32 },
    Wood { block: u32 },
    Hedge { block: u32 },
    Road,
    River,
    Lake,
    Town { block: u32 },
    Riparian { block: u32 },
}

impl Land {
    /// Shares out the land of a tile.
    pub fn share(region: Region, terrain: &Terrain, seed: u64, tile: &str) -> Self {
        let side = terrain.height.side;
        let paint = Paint::new(terrain, seed, tile);
        let mut names: HashMap<Owner, u32> = HashMap::new();
        let mut owners: Vec<(Owner, f32)> = Vec::new();
        let mut owner = Vec::with_capacity(side * side);
        for i in 0..side * side {
            let (name, rows) = paint.owner(i);
            let id = *names.entry(name).or_insert_with(|| {
                owners.push((name, rows));
                owners.len() as u32 - 1
            });
            owner.push(id);
        }
        let mut parcels: Vec<Parcel> = owners
            .iter()
            .map(|(_, rows)| Parcel {
                cover: Cover::Arable,
                size: 0,
                centre: (0.0, 0.0),
                height: 0.0,
                slope: 0.0,
                rows: *rows,
            })
            .collect();
        for (i, id) in owner.iter().enumerate() {
            let p = &mut parcels[*id as usize];
            p.size += 1;
            p.centre.0 += (i % side) as f32;
            p.centre.1 += (i / side) as f32;
            p.height += terrain.height.values[i];
            p.slope += paint.steepness[i];
        }
        let salt = key(seed, &format!("{tile}/cover")) as u32;
        for (i, (p, (name, _))) in parcels.iter_mut().zip(&owners).enumerate() {
            let n = p.size as f32;
            p.centre = (p.centre.0 / n, p.centre.1 / n);
            p.height /= n;
            p.slope /= n;
            let tilt = (p.slope / paint.steep).min(1.5);
            p.cover = cover_of(*name, region.shares(tilt), hash01(i as u32, salt));
        }
        Self { owner, parcels }
    }
}

/// Crops in flats, meadows and vines on slopes.
fn cover_of(name: Owner, (grass, vine): (f32, f32), u: f32) -> Cover {
    match name {
        Owner::Road => Cover::Road,
        Owner::River | Owner::Lake => Cover::Water,
        Owner::Town { .. } => Cover::Urban,
        Owner::Hedge { .. } | Owner::Riparian { .. } => Cover::Broadleaf,
        Owner::Wood { .. } => {
            if u < 0.33 {
                Cover::Conifer
            } else {
                Cover::Broadleaf
            }
        }
        Owner::Field { .. } => {
            if u < grass {
                Cover::Grass
            } else if u < grass + vine {
                Cover::Vine
            } else {
                Cover::Arable
            }
        }
    }
}

/// Everything that decides the owner of a pixel.
struct Paint {
    side: usize,
    salt: u32,
    blocks: Vec<Block>,
    columns: i32,
    warp: (Map, Map),
    wood: Vec<bool>,
    water: Vec<u8>,
    town: Vec<bool>,
    steepness: Vec<f32>,
    /// The slope that a quarter of the tile exceeds.
    steep: f32,
}

impl Paint {
    fn new(terrain: &Terrain, seed: u64, tile: &str) -> Self {
        let side = terrain.height.side;
        let salt = key(seed, &format!("{tile}/blocks")) as u32;
        let columns = (side as f32 / BLOCK).ceil() as i32 + 2;
        let cells = (0..columns * columns).map(|i| (i % columns - 1, i / columns - 1));
        let blocks = cells.map(|(c, r)| Block::new(c, r, salt)).collect();
        let mut rng = stream(seed, &format!("{tile}/parcels"));
        let warp = Map::random_pair(side, &Spectrum::power(3.6), &mut rng);
        let rough = Map::random(side, &Spectrum::power(2.9), &mut rng);
        let steepness: Vec<f32> = terrain
            .slope
            .0
            .values
            .iter()
            .zip(&terrain.slope.1.values)
            .map(|(a, b)| a.hypot(*b))
            .collect();
        let steep = quantile(&steepness, 0.75).max(1e-4);
        let n = rough.side;
        let score: Vec<f32> = (0..side * side)
            .map(|i| steepness[i] / steep + 0.75 * rough.values[i / side * n + i % side])
            .collect();
        let edge = quantile(&score, 0.78);
        let wood = score.iter().map(|s| *s > edge).collect();
        let water = super::water::paint(terrain, &mut rng);
        let town = super::town::paint(terrain, &steepness, &water, &rough, &mut rng);
        Self { side, salt, blocks, columns, warp, wood, water, town, steepness, steep }
    }

    /// The nearest block, and how far the border with the next one is, in pixels.
    fn block(&self, x: f32, y: f32) -> (usize, f32, usize) {
        let (c, r) = ((x / BLOCK) as i32 + 1, (y / BLOCK) as i32 + 1);
        let (mut best, mut next) = ((f32::INFINITY, 0), (f32::INFINITY, 0));
        for j in (r - 1).max(0)..=(r + 1).min(self.columns - 1) {
            for i in (c - 1).max(0)..=(c + 1).min(self.columns - 1) {
                let at = (j * self.columns + i) as usize;
                let b = &self.blocks[at];
                let d = (b.x - x).hypot(b.y - y);
                if d < best.0 {
                    next = best;
                    best = (d, at);
                } else if d < next.0 {
                    next = (d, at);
                }
            }
        }
        (best.1, (next.0 - best.0) * 0.5, next.1)
    }

    fn owner(&self, i: usize) -> (Owner, f32) {
        let (x, y) = ((i % self.side) as f32, (i / self.side) as f32);
        let w = i / self.side * self.warp.0.side + i % self.side;
        let (x, y) = (x + 8.0 * self.warp.0.values[w], y + 8.0 * self.warp.1.values[w]);
        let (at, border, other) = self.block(x.max(0.0), y.max(0.0));
        let b = &self.blocks[at];
        let block = at as u32;
        let name = match self.water[i] {
            1 => Owner::River,
            2 => Owner::Lake,
            _ if self.town[i] => Owner::Town { block },
            _ if border < 0.6 && (b.road || self.blocks[other].road) => Owner::Road,
            3 => Owner::Riparian { block },
            _ if self.wood[i] => Owner::Wood { block },
            _ => self.field(block, b, border, x, y),
        };
        (name, b.angle)
    }

    fn field(&self, block: u32, b: &Block, border: f32, x: f32, y: f32) -> Owner {
        let (dx, dy) = (x - b.x, y - b.y);
        let (u, v) = (dx * b.cos + dy * b.sin, dy * b.cos - dx * b.sin);
        let (strip, to_strip, line) = interval(&b.strips, u);
        let (cut, to_cut, _) = interval(&b.cuts[strip], v);
        let planted = |i: usize, share: f32| hash01(i as u32, self.salt ^ (block << 8)) < share;
        let hedge = (to_strip < 0.7 && planted(line, 0.3))
            || (to_cut < 0.6 && planted(strip * 64 + cut, 0.12))
            || (border < 1.4 && planted(4095, 0.4));
        if hedge {
            return Owner::Hedge { block };
        }
        Owner::Field { block, strip: strip as u32, cut: cut as u32 }
    }
}

/// The value that a share `q` of `values` stays below, from a sample.
pub(super) fn quantile(values: &[f32], q: f32) -> f32 {
    let step = (values.len() / 8192).max(1);
    let mut sample: Vec<f32> = values.iter().step_by(step).copied().collect();
    sample.sort_by(f32::total_cmp);
    let at = (q * (sample.len() as f32 - 1.0)).round().max(0.0) as usize;
    sample.get(at).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn woods_stand_on_steeper_ground_than_crops() {
        let terrain = Terrain::carve(256, &mut stream(5, "terrain"));
        let land = Land::share(Region::France, &terrain, 5, "31TCJ");
        let mean = |cover| {
            let chosen: Vec<_> = land.parcels.iter().filter(|p| p.cover == cover).collect();
            assert!(!chosen.is_empty(), "{cover:?}");
            let area: f32 = chosen.iter().map(|p| p.size as f32).sum();
            chosen.iter().map(|p| p.slope * p.size as f32).sum::<f32>() / area
        };
        assert!(mean(Cover::Broadleaf) > 1.2 * mean(Cover::Arable));
    }

    #[test]
    fn fields_have_the_size_of_fields() {
        let terrain = Terrain::carve(256, &mut stream(5, "terrain"));
        let land = Land::share(Region::France, &terrain, 5, "31TCJ");
        let areas: Vec<f32> = land
            .parcels
            .iter()
            .filter(|p| p.cover == Cover::Arable && p.size > 20)
            .map(|p| p.size as f32 * 0.01)
            .collect();
        let median = quantile(&areas, 0.5);
        assert!((0.8..6.0).contains(&median), "{median} ha");
    }
}
