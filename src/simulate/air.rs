//! The air and the instrument: what they leave in a date after correction, clouds apart.

use rand_pcg::Pcg64;

use super::chance::{hash_normal, normal, uniform};
use super::ground::Ground;
use super::map::{Map, Spectrum};
use super::spectra::HAZE;
use super::sun::{Sun, view_effect};

/// What the air and the instrument do to a date.
pub(super) struct Air {
    /// Factor of each band.
    pub gain: [f32; 10],
    /// Added light of each band for a unit of `pattern`.
    pub haze: [f32; 10],
    /// Smooth pattern over the tile, standard deviation near 1.
    pub pattern: Map,
    /// What relief changes, a factor.
    pub light: Map,
    /// Taps along x and y.
    pub blur: ([f32; 3], [f32; 3]),
}

impl Air {
    /// Draws the air of a date seen from one of the two orbits.
    pub fn draw(ground: &Ground, sun: Sun, orbit: usize, day: u32, rng: &mut Pcg64) -> Self {
        // Two orbits look at the tile from opposite sides.
        let azimuth = if orbit == 0 { 1.8f32 } else { 1.8 + std::f32::consts::PI };
        let view = (7.0 + 2.0 * uniform(rng)).to_radians();
        let effect = view_effect(sun, view, sun.azimuth - azimuth);
        let common = 0.02 * normal(rng);
        let gain = effect.map(|e| e * (1.0 + common + 0.025 * normal(rng)));
        let level = normal(rng);
        let dust = ground.region.climate(day as f32).dust;
        let haze = HAZE.map(|sd| sd * dust * (1.0 + 0.15 * normal(rng)));
        let small = Map::random(16, &Spectrum::power(3.0), rng).corner(8);
        let side = ground.side();
        let mut pattern = small.enlarged(side.div_ceil(8), side);
        pattern.values.iter_mut().for_each(|v| *v = 0.85 * level + 0.45 * *v);
        // The point spread of the telescope, and a registration error of a fraction of a pixel.
        let mut taps = || {
            let d = (0.2 * normal(rng)).clamp(-0.3, 0.3);
            [0.16 + d / 2.0, 0.68, 0.16 - d / 2.0]
        };
        let blur = (taps(), taps());
        Self { gain, haze, pattern, light: relief(ground, sun), blur }
    }

    /// Gives each pixel a haze of its own in place of the smooth one, as spread as that is.
    pub fn scatter(&mut self, key: u32) {
        for (i, v) in self.pattern.values.iter_mut().enumerate() {
            *v = 0.96 * hash_normal(i as u32, key ^ 0xA1A1);
        }
    }
}

/// What the correction of relief leaves: three tenths of the effect of the sun's incidence.
fn relief(ground: &Ground, sun: Sun) -> Map {
    let (east, south) = sun.slant();
    let slopes = ground.terrain.slope.0.values.iter().zip(&ground.terrain.slope.1.values);
    let values = slopes
        .map(|(gx, gy)| {
            let ratio = (1.0 - gx * east - gy * south) / (1.0 + gx * gx + gy * gy).sqrt();
            1.0 + 0.3 * (ratio.clamp(0.1, 2.0) - 1.0)
        })
        .collect();
    Map { side: ground.side(), values }
}

/// Light that clouds throw sideways on the ground up to a kilometre away: at most 0.01.
pub(super) fn glow(shine: &[f32], side: usize) -> Map {
    let mut cells = Map { side, values: shine.to_vec() }.means(24);
    for _ in 0..3 {
        cells.smooth3(([0.25, 0.5, 0.25], [0.25, 0.5, 0.25]));
    }
    let mut out = cells.enlarged(24, side);
    out.values.iter_mut().for_each(|v| *v *= 0.012);
    out
}
