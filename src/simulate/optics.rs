//! One Sentinel-2 date: the ground under its sun and air, then its shadows and clouds.

use rand_pcg::Pcg64;

use super::air::{Air, glow};
use super::cause::Cause;
use super::chance::{hash_normal, stream, uniform};
use super::cloud::{Layer, MARGIN, Sky};
use super::ground::{Ground, State};
use super::map::Map;
use super::mask::{self, Seen};
use super::shadow;
use super::spectra::{CLOUD, SKYLIGHT, TEN_METRES};
use super::sun::Sun;
use super::world::World;

/// How far the view of each band is displaced along the track, as a share of the largest
/// displacement.
const PARALLAX: [f32; 10] = [0.0, 0.2, 0.4, 0.55, 0.65, 0.75, 0.1, 0.9, 0.6, 1.0];
/// Missing value of Theia products.
pub(super) const NODATA: i16 = -10_000;

/// What decides a date apart from the ground.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pass {
    /// Days since 1970.
    pub day: i64,
    pub day_of_year: u32,
    /// Which of the two relative orbits: 0 looks from the east, 1 from the west.
    pub orbit: usize,
    /// Fraction of cloud that the weather wants.
    pub cloud: f32,
    /// Direction of the wind, radians.
    pub wind: f32,
    /// Dates that the processor has seen before.
    pub history: usize,
}

/// A date over a tile, ready to give its bands.
pub(super) struct Date<'a> {
    ground: &'a Ground,
    key: u32,
    sun: Sun,
    low: Option<Veil>,
    high: Option<Veil>,
    lit: Option<Map>,
    /// Bits of the cloud mask.
    pub mask: Vec<u8>,
    /// 1 outside the swath.
    pub edge: Vec<u8>,
    /// Truth: 0 clear, 1 cloud, 2 thin cloud, 3 shadow.
    pub sky: Vec<u8>,
    /// Share of the swath's pixels that the processor calls cloud.
    pub cloudiness: f64,
    /// Whether each pixel has noise of its own.
    alone: bool,
    rng: Pcg64,
    orbit: usize,
    day: u32,
}

/// What a layer reflects over the tile, with [`MARGIN`] rows more above and below.
struct Veil {
    shine: Vec<f32>,
    height: f32,
}

impl<'a> Date<'a> {
    /// Draws clouds, shadows and the mask of a date; no band yet.
    pub fn new(ground: &'a Ground, pass: &Pass, world: &World) -> Self {
        let seed = world.seed;
        let mut rng = stream(seed, &format!("{}/s2/{}", ground.tile, pass.day));
        let side = ground.side();
        let sun = Sun::on(pass.day_of_year, -1.15, ground.latitude);
        let convection = ground.region.climate(pass.day_of_year as f32).convection;
        let sky = Sky::draw(ground, pass.cloud, convection, pass.wind, &mut rng);
        let view = |layer: &Option<Layer>| {
            layer.as_ref().map(|l| Veil { shine: l.reflectance(&ground.grain), height: l.height })
        };
        let (mut low, mut high) = (view(&sky.low), view(&sky.high));
        let lit = sky.low.as_ref().map(|l| shadow::cast(l, &ground.terrain.height, sun));
        let tile = MARGIN * side..(MARGIN + side) * side;
        let seen = Seen {
            ground,
            sky: &sky,
            sun,
            low: low.as_ref().map_or(&[], |v| &v.shine[tile.clone()]),
            high: high.as_ref().map_or(&[], |v| &v.shine[tile.clone()]),
            history: pass.history,
        };
        let mut mask = mask::detect(&seen, &mut rng);
        let edge = swath(side, &mut rng);
        let truth = (0..side * side).map(|i| {
            let at = |v: &Option<Veil>| v.as_ref().map_or(0.0, |v| v.seen(side, i));
            let all = at(&low) + at(&high);
            match all {
                _ if all > 0.10 => 1,
                _ if all > 0.01 => 2,
                _ if lit.as_ref().is_some_and(|l| l.values[i] < 0.97) => 3,
                _ => 0,
            }
        });
        let truth: Vec<u8> = truth.collect();
        let cloudiness = cloudiness(&mask, &edge);
        if world.lacks(Cause::MaskErrors) {
            mask = truth.iter().map(|sky| mask::perfect(*sky)).collect();
        }
        if world.lacks(Cause::ThinClouds) {
            [&mut low, &mut high].into_iter().flatten().for_each(|v| v.close(side, &mask));
        }
        let key = super::chance::key(seed, &format!("{}/noise/{}", ground.tile, pass.day)) as u32;
        Self {
            ground,
            key,
            sun,
            low,
            high,
            lit,
            mask,
            edge,
            sky: truth,
            cloudiness,
            alone: world.lacks(Cause::NoiseCorrelation),
            rng,
            orbit: pass.orbit,
            day: pass.day_of_year,
        }
    }

    /// Hands each band in turn to `take`: its index, what the satellite saw and what was there, in
    /// units of 1e-4, at the band's own pixel size.
    pub fn bands(
        &mut self,
        state: &State,
        mut take: impl FnMut(usize, Vec<i16>, Vec<i16>) -> crate::error::Result<()>,
    ) -> crate::error::Result<()> {
        let mut air = Air::draw(self.ground, self.sun, self.orbit, self.day, &mut self.rng);
        if self.alone {
            air.scatter(self.key);
        }
        let fine = Layout::new(self, &air, 1);
        let coarse = Layout::new(self, &air, 2);
        for (band, ten_metres) in TEN_METRES.into_iter().enumerate() {
            let mut surface = self.surface(state, band);
            surface.smooth3(air.blur);
            let layout = if ten_metres { &fine } else { &coarse };
            if !ten_metres {
                surface = surface.means(2);
            }
            let (seen, clear) = self.band(band, &surface, &air, layout);
            take(band, seen, clear)?;
        }
        Ok(())
    }

    fn surface(&self, state: &State, band: usize) -> Map {
        let (base, slope) = (&state.base[band], &state.slope[band]);
        let g = self.ground;
        let values = g.land.owner.iter().zip(&g.brightness).zip(&g.vigour);
        let values = values
            .map(|((id, bright), vigour)| {
                let id = *id as usize;
                base[id] * (1.0 + bright) + slope[id] * vigour
            })
            .collect();
        Map { side: g.side(), values }
    }

    /// One band at the pixel size of `layout`: air and noise first, shared with the truth, then
    /// shadow and clouds.
    fn band(&self, band: usize, surface: &Map, air: &Air, layout: &Layout) -> (Vec<i16>, Vec<i16>) {
        let side = surface.side;
        let key = self.key ^ (band as u32).wrapping_mul(0x9E37_79B9);
        let (gain, haze) = (air.gain[band], air.haze[band]);
        let sky = SKYLIGHT[band];
        let shift = |v: &Veil| {
            let rows = (v.height * 0.014 * PARALLAX[band] / 10.0 / layout.factor as f32).round();
            layout.margin + (rows as usize).min(layout.margin)
        };
        let low = self.low.as_ref().map(|v| (&layout.low[shift(v) * side..], CLOUD[band]));
        let blue = if band == 0 { 1.1 } else { 1.0 };
        let high =
            self.high.as_ref().map(|v| (&layout.high[shift(v) * side..], CLOUD[band] * blue));
        let mut seen = Vec::with_capacity(side * side);
        let mut clear = Vec::with_capacity(side * side);
        for (i, rho) in surface.values.iter().enumerate() {
            let noise = layout.noise * hash_normal(i as u32, key);
            let there = rho * gain * layout.light.values[i] + haze * layout.haze.values[i] + noise;
            clear.push(quantised(there));
            if layout.edge[i] {
                seen.push(NODATA);
                continue;
            }
            let mut v = there;
            if self.lit.is_some() {
                v = v * (sky + (1.0 - sky) * layout.lit.values[i]) + layout.glow.values[i];
            }
            if let Some((shine, white)) = low {
                v = under(v, shine[i], white);
            }
            if let Some((shine, white)) = high {
                v = under(v, shine[i], white);
            }
            seen.push(quantised(v));
        }
        (seen, clear)
    }
}

/// A surface seen through a layer that reflects `shine` of the light: two passes and their echoes.
#[inline(always)]
fn under(surface: f32, shine: f32, white: f32) -> f32 {
    let through = 1.0 - shine;
    shine * white + through * through * surface / (1.0 - shine * surface)
}

#[inline(always)]
fn quantised(v: f32) -> i16 {
    (v * 10_000.0 + 0.5).clamp(1.0, 20_000.0) as i16
}

/// Share of the swath's pixels that a mask calls cloud.
fn cloudiness(mask: &[u8], edge: &[u8]) -> f64 {
    let inside = edge.iter().filter(|e| **e == 0).count().max(1);
    let on = |(m, e): &(&u8, &u8)| **m & mask::bits::CLOUD != 0 && **e == 0;
    mask.iter().zip(edge).filter(on).count() as f64 / inside as f64
}

impl Veil {
    /// Makes cloud that the mask has found thick: no light comes through.
    fn close(&mut self, side: usize, mask: &[u8]) {
        for (i, v) in self.shine.iter_mut().enumerate() {
            let row = (i / side).saturating_sub(MARGIN).min(side - 1);
            if *v > 0.005 && mask[row * side + i % side] != 0 {
                *v = v.max(0.95);
            }
        }
    }

    /// The most that any band sees of the layer at a pixel of the tile.
    fn seen(&self, side: usize, i: usize) -> f32 {
        let rows = (self.height * 0.0014).round() as usize;
        let at = |shift: usize| self.shine[(MARGIN + shift.min(MARGIN)) * side + i];
        at(0).max(at(rows / 2)).max(at(rows))
    }
}

/// The maps of a date at one pixel size.
struct Layout {
    factor: usize,
    margin: usize,
    noise: f32,
    light: Map,
    haze: Map,
    lit: Map,
    glow: Map,
    low: Vec<f32>,
    high: Vec<f32>,
    edge: Vec<bool>,
}

impl Layout {
    fn new(date: &Date, air: &Air, factor: usize) -> Self {
        let side = date.ground.side();
        let at = |m: &Map| if factor == 1 { m.clone() } else { m.means(factor) };
        let veil = |v: &Option<Veil>| match v {
            Some(v) if factor == 1 => v.shine.clone(),
            Some(v) => halved(&v.shine, side),
            None => Vec::new(),
        };
        let lit = date.lit.as_ref().map_or_else(|| Map::filled(1, 1.0), at);
        let glow = date.low.as_ref().map_or_else(
            || Map::filled(1, 0.0),
            |v| at(&glow(&v.shine[MARGIN * side..(MARGIN + side) * side], side)),
        );
        let small = side / factor;
        let edge = (0..small * small)
            .map(|i| date.edge[i / small * factor * side + i % small * factor] != 0)
            .collect();
        Self {
            factor,
            margin: MARGIN / factor,
            noise: if factor == 1 { 0.0025 } else { 0.0015 },
            light: at(&air.light),
            haze: at(&air.pattern),
            lit,
            glow,
            low: veil(&date.low),
            high: veil(&date.high),
            edge,
        }
    }
}

/// Means over squares of two pixels of a raster `side` wide.
fn halved(values: &[f32], side: usize) -> Vec<f32> {
    let pairs = values.chunks_exact(2 * side);
    let mut out = Vec::with_capacity(values.len() / 4);
    for pair in pairs {
        let (a, b) = pair.split_at(side);
        let squares = a.chunks_exact(2).zip(b.chunks_exact(2));
        out.extend(squares.map(|(p, q)| 0.25 * (p[0] + p[1] + q[0] + q[1])));
    }
    out
}

/// 1 outside the swath: one date in eight crosses the tile with its edge.
fn swath(side: usize, rng: &mut Pcg64) -> Vec<u8> {
    let (crossed, at, flip) = (uniform(rng) < 0.12, 0.15 + 0.7 * uniform(rng), uniform(rng) < 0.5);
    if !crossed {
        return vec![0; side * side];
    }
    let line = |y: usize| at * side as f32 - 0.2 * (y as f32 - side as f32 / 2.0);
    (0..side * side).map(|i| u8::from(((i % side) as f32 > line(i / side)) != flip)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::plan::Calendar;
    use super::super::weather::Weather;
    use super::*;

    #[test]
    fn the_mask_finds_most_clouds_and_makes_mistakes() {
        let world = World { side: 128, seed: 4, ..World::default() };
        let c = Calendar::of(&world).unwrap();
        let weather = Weather::of(world.region, 4, c.warm_doy, c.days());
        let ground = Ground::build(&world, "31TCJ", &weather, &c).unwrap();
        let (mut covered, mut found, mut missed, mut wrong, mut dark) = (0, 0, 0, 0, 0);
        for day in 0..16 {
            let wind = day as f32;
            let pass = Pass { day, day_of_year: 150, orbit: 0, cloud: 0.5, wind, history: 9 };
            let date = Date::new(&ground, &pass, &world);
            for (sky, bits) in date.sky.iter().zip(&date.mask) {
                let cloud = bits & (mask::bits::CLOUD | mask::bits::THIN | mask::bits::HIGH) != 0;
                covered += usize::from(matches!(sky, 1 | 2));
                found += usize::from(*sky == 1 && cloud);
                missed += usize::from(matches!(sky, 1 | 2) && !cloud);
                wrong += usize::from(*sky == 0 && cloud);
                dark += usize::from(*bits & mask::bits::SHADOW != 0);
            }
        }
        let all = 16 * 128 * 128;
        assert!((0.3..0.7).contains(&(covered as f32 / all as f32)), "{covered} of {all}");
        assert!(found * 100 > covered * 50, "{found} of {covered}");
        assert!(missed > 0 && wrong > 0 && dark > 0, "{missed} {wrong} {dark}");
        assert!(missed * 4 < covered, "{missed} of {covered}");
    }
}
