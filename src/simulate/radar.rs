//! One Sentinel-1 date: backscatter of soil and plants (water-cloud model), then speckle.

use super::chance::{key, mix, normal, stream, trait_normal, uniform};
use super::ground::{Ground, State};
use super::map::Map;
use super::parcels::Cover;

/// Thermal noise, linear: -27 dB. ESA promises -22 dB at the worst place of the swath; with that, VV over
/// fields would have fewer than the 4.4 looks that are commonly reported.
const NOISE: f32 = 0.002;
/// Smoothing that turns single-look speckle into 4.4 looks whose neighbours correlate by one half:
/// a resolution of 20 m sampled every 10 m.
const TAPS: [f32; 3] = [0.18, 0.64, 0.18];

/// Sigma-nought VV and VH of a tile, linear; 0 outside the swath.
pub(super) fn scene(ground: &Ground, state: &State, day: i64, seed: u64) -> [Vec<f32>; 2] {
    let name = format!("{}/s1/{day}", ground.tile);
    let mut rng = stream(seed, &name);
    let side = ground.side();
    // Stability of the instrument, 0.17 dB for each polarisation.
    let gain = [10f32.powf(0.017 * normal(&mut rng)), 10f32.powf(0.017 * normal(&mut rng))];
    let wind = 2.5 * normal(&mut rng);
    let base = parcels(ground, state, wind);
    let edge = (uniform(&mut rng) < 0.08).then(|| (uniform(&mut rng), uniform(&mut rng) < 0.5));
    let salt = key(seed, &name) as u32;
    let table = exponential();
    let mut out = [Vec::new(), Vec::new()];
    for (band, out) in out.iter_mut().enumerate() {
        let speckle = speckle(side, mix(band as u32, salt), &table);
        let pixels = ground.land.owner.iter().zip(&ground.echo).zip(&speckle.values);
        *out = pixels
            .map(|((id, echo), s)| {
                let sigma = base[band][*id as usize] * echo * gain[band];
                // The product has its mean noise taken away; what is left may not reach zero, which
                // means "missing".
                ((sigma + NOISE) * s - NOISE).max(1e-5)
            })
            .collect();
        if let Some((share, flip)) = edge {
            cut(out, side, share, flip);
        }
    }
    out
}

/// Zeros beyond a slanted line.
fn cut(out: &mut [f32], side: usize, share: f32, flip: bool) {
    for (y, row) in out.chunks_exact_mut(side).enumerate() {
        let line = (0.1 + 0.8 * share) * side as f32 + 0.22 * (y as f32 - side as f32 / 2.0);
        for (x, v) in row.iter_mut().enumerate() {
            if ((x as f32) < line) == flip {
                *v = 0.0;
            }
        }
    }
}

/// Multi-look speckle of mean 1.
pub(super) fn speckle(side: usize, key: u32, table: &[f32]) -> Map {
    let values =
        (0..(side * side) as u32).map(|i| table[(mix(i, key) >> 16) as usize]).collect::<Vec<_>>();
    let mut map = Map { side, values };
    map.smooth3((TAPS, TAPS));
    map
}

/// Quantiles of the exponential law of mean 1, for sixteen random bits.
pub(super) fn exponential() -> Vec<f32> {
    (0..1u32 << 16).map(|i| -((i as f32 + 0.5) / 65_536.0).ln()).collect()
}

/// Backscatter of each parcel, VV then VH, linear.
fn parcels(ground: &Ground, state: &State, wind: f32) -> [Vec<f32>; 2] {
    // Incidence grows with the distance from the orbit in the west.
    let angle = 31.0 + 15.0 * ((ground.grid.x0 - 300_000.0) / 250_000.0).clamp(0.0, 1.0) as f32;
    let cos = (angle + 2.0).to_radians().cos();
    let linear = |db: f32| 10f32.powf(db / 10.0);
    let mut out = [Vec::new(), Vec::new()];
    for (id, p) in ground.land.parcels.iter().enumerate() {
        let (g, wet) = (&state.growth[id], state.wet[id]);
        let own = trait_normal(id as u32, ground.salt ^ 0x55);
        let other = trait_normal(id as u32, ground.salt ^ 0x66);
        let soil = -16.0 + 8.0 * wet + g.rough + 1.2 * own;
        let leaf = 1.0 - ((g.green - 0.12) / 0.83).clamp(0.0, 1.0);
        let (vv, vh) = match p.cover {
            Cover::Arable | Cover::Grass | Cover::Vine => {
                let v = 0.9 * g.green + 0.2 * g.straw * (1.0 - g.green);
                let v = (v * (1.0 + 0.08 * other)).max(0.02);
                let wood = if p.cover == Cover::Vine { 2.0 } else { 1.0 };
                let layer = |a: f32, b: f32, soil: f32| {
                    let t2 = (-2.0 * b * v / cos).exp();
                    wood * a * v * cos * (1.0 - t2) + linear(soil) * t2
                };
                (layer(0.095, 0.551, soil), layer(0.0413, 1.166, soil - 8.5))
            }
            Cover::Broadleaf => {
                let wood = -9.0 + 0.5 * own + 0.8 * (wet - 0.4);
                (linear(wood), linear(wood - 6.5 + leaf))
            }
            Cover::Conifer => {
                let wood = -8.8 + 0.5 * own + 0.8 * (wet - 0.4);
                (linear(wood), linear(wood - 6.0))
            }
            Cover::Urban => (linear(-4.5 + 1.2 * own), linear(-11.0 + 1.2 * own)),
            Cover::Road => (linear(-13.5 + own), linear(-20.0 + own)),
            Cover::Water => (linear(-19.0 + wind), linear(-27.0 + 0.5 * wind)),
        };
        out[0].push(vv);
        out[1].push(vh);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::plan::Calendar;
    use super::super::weather::Weather;
    use super::super::world::World;
    use super::*;

    #[test]
    fn bare_soil_answers_to_rain() {
        let world = World { side: 128, months: 4, seed: 4, ..World::default() };
        let c = Calendar::of(&world).unwrap();
        let weather = Weather::of(world.region, 4, c.warm_doy, c.days());
        let ground = Ground::build(&world, "31TCJ", &weather, &c).unwrap();
        let level = |day: i64| {
            let state = ground.state(&weather, day, c.index(day), c.january(day));
            let bare: Vec<usize> = (0..state.wet.len())
                .filter(|i| ground.land.parcels[*i].cover == Cover::Arable)
                .filter(|i| state.growth[*i].green < 0.2)
                .collect();
            assert!(!bare.is_empty());
            let vv = &parcels(&ground, &state, 0.0)[0];
            let sum: f32 = bare.iter().map(|i| 10.0 * vv[*i].log10()).sum();
            sum / bare.len() as f32
        };
        let days = c.first + 60..c.end;
        let rain = |day: &i64| weather.rain[c.index(*day)];
        let wettest = days.max_by(|a, b| rain(a).total_cmp(&rain(b))).unwrap();
        assert!(level(wettest) > level(wettest - 1) + 0.3, "{}", rain(&wettest));
    }

    #[test]
    fn speckle_has_four_looks_and_correlated_neighbours() {
        let map = speckle(256, 5, &exponential());
        let n = map.values.len() as f64;
        let mean = map.values.iter().map(|v| f64::from(*v)).sum::<f64>() / n;
        let var = map.values.iter().map(|v| (f64::from(*v) - mean).powi(2)).sum::<f64>() / n;
        let pairs = map.values.windows(2);
        let cov =
            pairs.map(|w| (f64::from(w[0]) - mean) * (f64::from(w[1]) - mean)).sum::<f64>() / n;
        assert!((mean - 1.0).abs() < 0.02, "mean {mean}");
        let looks = mean * mean / var;
        assert!((4.0..5.0).contains(&looks), "{looks} looks");
        assert!((0.4..0.6).contains(&(cov / var)), "correlation {}", cov / var);
    }
}
