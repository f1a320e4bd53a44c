//! Weather by day: one latent state makes both clouds and rain, so wet soil and hidden ground go
//! together, which is what makes radar worth having.

use rand::RngExt;
use rand_distr::Beta;

use super::chance::{normal, stream, uniform};
use super::map::Map;
use super::region::Region;

/// Days simulated before the first date, so that the soil has a history.
pub(super) const WARM_UP: i64 = 150;
/// Cells on a side of a tile for soil moisture.
const CELLS: usize = 8;
/// Correlation of the latent state from one day to the next: 0.2 over five days.
const MEMORY: f32 = 0.725;

/// Weather of a region (all tiles of a world share the sky), by day since the warm-up began.
pub(super) struct Weather {
    /// Fraction of cloud, 0..1, strongly U-shaped.
    pub cloud: Vec<f32>,
    /// Rain, millimetres.
    pub rain: Vec<f32>,
    /// Wind: direction (radians) and speed (m/s).
    pub wind: Vec<(f32, f32)>,
    /// How turbid water is, 0..1.
    pub turbidity: Vec<f32>,
}

impl Weather {
    /// Simulates days `first_doy`, `first_doy` + 1, … for `days` days.
    pub fn of(region: Region, seed: u64, first_doy: u32, days: usize) -> Self {
        let mut rng = stream(seed, "weather");
        let quantiles: Vec<Vec<f32>> = region
            .cloudiness()
            .iter()
            .map(|mean| {
                // The sum 0.8 of both parameters gives the U: most scenes are nearly clear or
                // covered.
                let law = Beta::new(f64::from(mean * 0.8), f64::from((1.0 - mean) * 0.8));
                let draw = |r: &mut rand_pcg::Pcg64| match &law {
                    Ok(law) => r.sample(law) as f32,
                    Err(_) => *mean,
                };
                let mut all: Vec<f32> = (0..2000).map(|_| draw(&mut rng)).collect();
                all.sort_by(f32::total_cmp);
                all
            })
            .collect();
        let mut out =
            Self { cloud: Vec::new(), rain: Vec::new(), wind: Vec::new(), turbidity: Vec::new() };
        let (mut z, mut turbid) = (normal(&mut rng), 0.3f32);
        for day in 0..days {
            z = MEMORY * z + (1.0 - MEMORY * MEMORY).sqrt() * normal(&mut rng);
            let doy = (i64::from(first_doy) + day as i64 - 1).rem_euclid(365) as f32;
            let month = ((doy / 30.42) as usize).min(11);
            let at = (1999.0 * phi(z)) as usize;
            let climate = region.climate(doy);
            // Rain needs clouds.
            let wet = z > climate.rain_over;
            let heavy = -(uniform(&mut rng).max(1e-6)).ln() * climate.rain;
            let rain = if wet { heavy * (0.5 + 0.4 * (z - 0.3).max(0.0)) } else { 0.0 };
            turbid = (0.9 * turbid + 0.02 * rain + 0.05 * uniform(&mut rng)).min(1.0);
            let speed = 3.0 + 9.0 * uniform(&mut rng);
            out.wind.push((uniform(&mut rng) * std::f32::consts::TAU, speed));
            out.cloud.push(quantiles[month][at]);
            out.rain.push(rain);
            out.turbidity.push(turbid);
        }
        out
    }
}

/// Soil moisture of a tile (0 dry, 1 wet), by day since the warm-up began, on a coarse grid.
pub(super) struct Moisture {
    days: Vec<Map>,
}

impl Moisture {
    /// Fills with the region's rain, spread unevenly over the tile, and dries as its season has it.
    pub fn of(region: Region, weather: &Weather, first_doy: u32, seed: u64, tile: &str) -> Self {
        let mut rng = stream(seed, &format!("{tile}/rain"));
        let mut now = Map::filled(CELLS, 0.5);
        let mut days = Vec::with_capacity(weather.rain.len());
        for (day, rain) in weather.rain.iter().enumerate() {
            let doy = (i64::from(first_doy) + day as i64 - 1).rem_euclid(365) as f32;
            let climate = region.climate(doy);
            let (drying, floor) = ((-1.0 / climate.drying).exp(), climate.driest);
            let lean = (normal(&mut rng), normal(&mut rng));
            for (i, m) in now.values.iter_mut().enumerate() {
                let (x, y) = ((i % CELLS) as f32 / 7.0 - 0.5, (i / CELLS) as f32 / 7.0 - 0.5);
                let local = rain * (0.6 * (lean.0 * x + lean.1 * y)).exp();
                let dry = floor + (*m - floor) * drying;
                *m = dry + (1.0 - dry) * (1.0 - (-local / 14.0).exp());
            }
            days.push(now.clone());
        }
        Self { days }
    }

    /// Moisture on a day at a place given as shares of the tile, 0..1.
    pub fn at(&self, day: usize, x: f32, y: f32) -> f32 {
        let map = &self.days[day.min(self.days.len() - 1)];
        map.at(x * (CELLS - 1) as f32, y * (CELLS - 1) as f32)
    }
}

/// The normal distribution function, to 1e-3.
fn phi(z: f32) -> f32 {
    (1.0 / (1.0 + (-1.702 * z).exp())).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cloudiness_is_u_shaped_and_worse_in_winter() {
        let w = Weather::of(Region::France, 11, 1, 3650);
        let share = |low: f32, high: f32| {
            w.cloud.iter().filter(|c| **c >= low && **c < high).count() as f32 / 3650.0
        };
        let (ends, middle) = (share(0.0, 0.1) + share(0.9, 1.01), share(0.45, 0.55));
        assert!(ends > 0.45 && middle < 0.1, "{ends} {middle}");
        assert!(share(0.9, 1.01) > 0.2);
        let mean = |from: usize| {
            let days = (0..10).flat_map(|y| (0..30).map(move |d| y * 365 + from + d));
            days.map(|d| w.cloud[d]).sum::<f32>() / 300.0
        };
        assert!(mean(0) > mean(185) + 0.1);
    }

    #[test]
    fn rain_falls_from_clouds_and_wets_the_soil() {
        let w = Weather::of(Region::France, 11, 1, 720);
        let soil = Moisture::of(Region::France, &w, 1, 11, "31TCJ");
        let mean = |wet: bool| {
            let days: Vec<usize> = (1..720).filter(|d| (w.rain[*d] > 0.0) == wet).collect();
            days.iter().map(|d| w.cloud[*d]).sum::<f32>() / days.len() as f32
        };
        assert!(mean(true) > mean(false) + 0.3);
        let heavy = (1..720).max_by(|a, b| w.rain[*a].total_cmp(&w.rain[*b])).unwrap();
        assert!(soil.at(heavy, 0.5, 0.5) > soil.at(heavy - 1, 0.5, 0.5));
    }
}
