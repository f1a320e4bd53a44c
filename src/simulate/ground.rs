//! A tile's ground: what does not change from date to date, and its state on a date.

use super::cause::Cause;
use super::chance::{hash_normal, hash01, key, mix, stream, trait_normal};
use super::events::{History, calm, histories};
use super::map::{Map, Spectrum};
use super::parcels::{Cover, Land};
use super::phenology::{Growth, growth};
use super::place;
use super::plan::Calendar;
use super::region::Region;
use super::spectra::{self as s, Spectrum10, blend, scaled};
use super::terrain::Terrain;
use super::weather::{Moisture, Weather};
use super::world::World;
use crate::error::Result;
use crate::geo::Grid;

/// Everything of a tile that all its dates share. Read-only once built.
pub(super) struct Ground {
    pub tile: String,
    pub grid: Grid,
    pub latitude: f32,
    pub region: Region,
    pub terrain: Terrain,
    pub land: Land,
    pub histories: Vec<History>,
    pub moisture: Moisture,
    /// Persistent brightness of each pixel, a relative change.
    pub brightness: Vec<f32>,
    /// Persistent change of green cover of each pixel.
    pub vigour: Vec<f32>,
    /// Backscatter of each pixel against its parcel: texture, facing slopes; a factor.
    pub echo: Vec<f32>,
    /// Fine field for the edges of clouds, standard deviation 1.
    pub grain: Map,
    pub salt: u32,
}

/// Parcels on a day, one entry a parcel.
pub(super) struct State {
    /// Reflectance by band, then parcel.
    pub base: Vec<Vec<f32>>,
    /// Change of reflectance for a unit of green cover, by band, then parcel.
    pub slope: Vec<Vec<f32>>,
    /// Growth.
    pub growth: Vec<Growth>,
    /// Soil moisture, 0..1.
    pub wet: Vec<f32>,
}

impl Ground {
    /// Builds the ground of one of the tiles of a world.
    pub fn build(world: &World, tile: &str, weather: &Weather, days: &Calendar) -> Result<Self> {
        let (side, seed, region) = (world.side, world.seed, world.region);
        let grid = place::tile_grid(tile, side)?;
        let terrain = Terrain::carve(side, &mut stream(seed, &format!("{tile}/terrain")));
        let land = Land::share(region, &terrain, seed, tile);
        let salt = key(seed, &format!("{tile}/traits")) as u32;
        let mut histories = histories(region, &land.parcels, &days.januaries, salt);
        if world.lacks(Cause::Events) {
            histories = calm(histories);
        }
        let moisture = Moisture::of(region, weather, days.warm_doy, seed, tile);
        let mut rng = stream(seed, &format!("{tile}/texture"));
        let (soil, plants) = Map::random_pair(side, &Spectrum::power(2.3), &mut rng);
        let grain =
            Map::random(side, &Spectrum { longest: 24.0, ..Spectrum::power(2.6) }, &mut rng);
        let mut out = Self {
            tile: tile.to_owned(),
            latitude: place::latitude(&grid) as f32,
            grid,
            region,
            terrain,
            land,
            histories,
            moisture,
            brightness: Vec::new(),
            vigour: Vec::new(),
            echo: Vec::new(),
            grain: grain.corner(side),
            salt,
        };
        out.texture(&soil.corner(side), &plants.corner(side));
        Ok(out)
    }

    /// Pixels on a side.
    pub fn side(&self) -> usize {
        self.terrain.height.side
    }

    fn texture(&mut self, soil: &Map, plants: &Map) {
        let side = self.side();
        for i in 0..side * side {
            let parcel = &self.land.parcels[self.land.owner[i] as usize];
            let (x, y) = ((i % side) as f32, (i / side) as f32);
            let (sin, cos) = parcel.rows.sin_cos();
            let (u, v) = (x * cos + y * sin, y * cos - x * sin);
            let white = hash_normal(i as u32, self.salt ^ 0x77);
            // Tramlines and rows: a faint stripe along the field's direction.
            let stripe = (u * 2.1).sin() + 0.5 * (u * 0.83).sin();
            let (bright, vigour, echo) = match parcel.cover {
                Cover::Arable => {
                    (0.045 * soil.values[i] + 0.008 * stripe, 0.03 * plants.values[i], 0.3)
                }
                Cover::Vine => {
                    (0.05 * soil.values[i] + 0.03 * stripe, 0.03 * plants.values[i], 0.5)
                }
                Cover::Grass => (0.04 * soil.values[i], 0.05 * plants.values[i], 0.3),
                Cover::Broadleaf | Cover::Conifer => {
                    let crowns = 0.6 * white + 0.4 * soil.values[i];
                    (0.11 * crowns, 0.03 * plants.values[i], 0.5)
                }
                Cover::Urban => {
                    let (a, b) = ((u / 2.6).floor() as i32, (v / 3.4).floor() as i32);
                    let house = (a.wrapping_mul(7919) ^ b.wrapping_mul(104_729)) as u32;
                    let street = u.rem_euclid(11.0) < 1.2 || v.rem_euclid(17.0) < 1.2;
                    let roof = 0.35 * hash_normal(house, self.salt) + 0.08 * white;
                    let garden = 0.9 * (hash01(house, self.salt ^ 5) - 0.5);
                    if street { (-0.15, -0.2, 2.0) } else { (roof.max(-0.6), garden, 2.5) }
                }
                Cover::Road => (0.05 * white, 0.05 * white, 0.5),
                Cover::Water => (0.02 * soil.values[i], 0.0, 0.2),
            };
            self.brightness.push(bright);
            self.vigour.push(vigour);
            // Slopes that face the radar (it looks east, so they rise to the east) are brighter.
            let facing =
                if parcel.cover == Cover::Water { 0.0 } else { self.terrain.slope.0.values[i] };
            let db = echo * hash_normal(i as u32, self.salt ^ 0x99) + 6.0 * facing.clamp(-0.6, 0.6);
            self.echo.push(10f32.powf(db / 10.0));
        }
    }

    /// The state of all parcels on `day` (since 1970), `index` days after the warm-up began, in the
    /// year that starts on day `january`.
    pub fn state(&self, weather: &Weather, day: i64, index: usize, january: i64) -> State {
        let n = self.land.parcels.len();
        let per_band = || (0..10).map(|_| Vec::with_capacity(n)).collect();
        let mut out = State {
            base: per_band(),
            slope: per_band(),
            growth: Vec::with_capacity(n),
            wet: Vec::with_capacity(n),
        };
        let side = self.side() as f32;
        let turbid = weather.turbidity[index];
        for (id, (p, h)) in self.land.parcels.iter().zip(&self.histories).enumerate() {
            let id = id as u32;
            let mut g = growth(id, p, h, day as f32, january as f32, self.salt);
            g.green = (g.green + whim(id, p.cover, g.green, day, self.salt)).clamp(0.0, 0.97);
            let rain = self.moisture.at(index, p.centre.0 / side, p.centre.1 / side);
            let wet = (rain + 0.07 * trait_normal(id, self.salt ^ 0x11)).max(0.75 * g.watered);
            let wet = wet.clamp(0.0, 1.0);
            let (green, bare) = self.ends(id, p.cover, &g, wet, turbid);
            // Rows and leaves face the sun differently on each date: a sheen of each parcel.
            let sheen = 1.0 + 0.03 * trait_normal(id, self.salt ^ mix(day as u32, 0x5EED));
            let base = scaled(&blend(&bare, &green, g.green), sheen);
            for band in 0..10 {
                out.base[band].push(base[band]);
                out.slope[band].push(green[band] - bare[band]);
            }
            out.growth.push(g);
            out.wet.push(wet);
        }
        out
    }

    /// The green and the bare part of a parcel.
    fn ends(
        &self,
        id: u32,
        cover: Cover,
        g: &Growth,
        wet: f32,
        turbid: f32,
    ) -> (Spectrum10, Spectrum10) {
        let gain = (1.0 + 0.10 * trait_normal(id, self.salt ^ 0x22)).clamp(0.7, 1.3);
        let tone = (1.0 + 0.18 * trait_normal(id, self.salt ^ 0x33)).clamp(0.55, 1.5);
        let soil = scaled(&blend(&s::DRY_SOIL, &s::WET_SOIL, wet), tone);
        let straw = scaled(&s::STRAW, (1.0 - 0.25 * wet) * (0.5 + 0.5 * tone));
        let (mut green, bare) = match cover {
            Cover::Arable | Cover::Grass | Cover::Vine => {
                (s::CANOPY, blend(&soil, &straw, g.straw))
            }
            Cover::Broadleaf => (s::BROADLEAF, blend(&s::LEAFLESS, &straw, g.straw)),
            Cover::Conifer => (s::CONIFER, blend(&s::CONIFER, &s::LEAFLESS, 0.7)),
            Cover::Urban => (s::CANOPY, scaled(&s::URBAN, 0.9 + 0.2 * (tone - 1.0))),
            Cover::Road => (s::CANOPY, s::ASPHALT),
            Cover::Water => {
                let own = (turbid + 0.15 * trait_normal(id, self.salt ^ 0x44)).clamp(0.0, 1.0);
                let water = blend(&s::CLEAR_WATER, &s::TURBID_WATER, own);
                return (water, water);
            }
        };
        green = scaled(&green, gain);
        green[1] += 0.03 * g.yellow;
        green[2] += 0.03 * g.yellow;
        (green, blend(&bare, &s::BURNT, g.burnt))
    }
}

/// Days between two whims of a field.
const WHIM_DAYS: i64 = 12;

/// What pests, frost, showers and farmers add to a field's green cover: a chain of its own, without
/// memory beyond two weeks. Optics and radar both see it; a line between two dates does not.
fn whim(id: u32, cover: Cover, green: f32, day: i64, salt: u32) -> f32 {
    let size = match cover {
        Cover::Arable | Cover::Grass | Cover::Vine => 0.09,
        Cover::Broadleaf | Cover::Conifer => 0.035,
        Cover::Urban | Cover::Road | Cover::Water => return 0.0,
    };
    let at = |k: i64| trait_normal(id, salt ^ mix(k as u32, 0x3117));
    let (knot, share) =
        (day.div_euclid(WHIM_DAYS), day.rem_euclid(WHIM_DAYS) as f32 / WHIM_DAYS as f32);
    let draw = at(knot) + share * (at(knot + 1) - at(knot));
    // Half-grown fields differ most.
    size * (0.3 + 2.8 * green * (1.0 - green)).max(0.0) * draw
}
