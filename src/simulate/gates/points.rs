//! One pixel in so many of every date of a tile, held in memory for gap-filling and for learners.

use rayon::prelude::*;

use super::super::spectra::{BANDS, TEN_METRES};
use super::Stop;
use super::written::{Optical, Radar, Tile, Written, read};
use crate::error::Result;
use crate::geo::Stamp;

/// Most points on a side of a tile.
const SIDE_MAX: usize = 128;
/// Shortest and longest gap of the dates around another, in days.
const GAP: (i64, i64) = (10, 18);

/// The points of a tile over time.
pub(super) struct Points {
    /// Pixels between two points.
    pub step: usize,
    /// Points on a side.
    pub side: usize,
    /// Optical dates.
    pub looks: Vec<Look>,
    /// Radar dates.
    pub echoes: Vec<Echo>,
    /// Height (m), and its change to the east and to the south over 20 m.
    pub relief: Vec<[f32; 3]>,
    /// The field of each point.
    pub field: Vec<u32>,
}

/// An optical date.
pub(super) struct Look {
    pub time: Stamp,
    /// As it was seen, in units of 1e-4, and as it was.
    pub seen: Vec<[i16; 10]>,
    pub there: Vec<[i16; 10]>,
    /// True sky: 0 clear, 1 cloud, 2 thin cloud, 3 shadow.
    pub sky: Vec<u8>,
    /// What the mask says: clear ground inside the swath; and whether the swath covers it.
    pub clear: Vec<bool>,
    pub inside: Vec<bool>,
}

/// A radar date: VV and VH in dB of the pixel, then of the nine pixels around; not a number outside
/// the swath.
pub(super) struct Echo {
    pub time: Stamp,
    pub values: Vec<[f32; 4]>,
}

/// Where the points of a tile are: the upper left of a 20 m pixel, so that all bands have it.
#[derive(Clone, Copy)]
struct Net {
    pixels: usize,
    step: usize,
    side: usize,
}

impl Net {
    fn new(pixels: usize) -> Self {
        let step = (pixels / SIDE_MAX).max(2).next_multiple_of(2);
        Self { pixels, step, side: pixels / step }
    }

    /// Values at the points of a raster whose pixels are `factor` times 10 m.
    fn pick<T: Copy>(self, raster: &[T], factor: usize) -> Vec<T> {
        let wide = self.pixels / factor;
        self.places(factor).map(|(x, y)| raster[y * wide + x]).collect()
    }

    fn places(self, factor: usize) -> impl Iterator<Item = (usize, usize)> {
        let at = move |v: usize| (v * self.step + self.step / 2) / 2 * 2 / factor;
        (0..self.side * self.side).map(move |i| (at(i % self.side), at(i / self.side)))
    }
}

impl Points {
    /// Reads a tile.
    pub fn read(written: &Written, tile: &Tile, stop: Stop<'_>) -> Result<Self> {
        let net = Net::new(written.world.side);
        let looks = tile.optical.par_iter().map(|date| stop().and_then(|()| look(date, net)));
        let looks = looks.collect::<Result<_>>()?;
        let echoes = tile.radar.par_iter().map(|date| stop().and_then(|()| echo(date, net)));
        let echoes = echoes.collect::<Result<_>>()?;
        let relief = relief(&written.heights(&tile.name)?, net);
        let field = net.pick(&written.fields(&tile.name)?, 1);
        Ok(Self { step: net.step, side: net.side, looks, echoes, relief, field })
    }

    /// Dates that have others 10 to 18 days before and after: (before, date, after). The nearest
    /// such are taken.
    pub fn triplets(&self) -> Vec<[usize; 3]> {
        let days: Vec<i64> = self.looks.iter().map(|l| l.time.day()).collect();
        let fits = |gap: i64| (GAP.0..=GAP.1).contains(&gap);
        let around = |t: usize| {
            let before = (0..t).rev().find(|b| fits(days[t] - days[*b]))?;
            let after = (t + 1..days.len()).find(|a| fits(days[*a] - days[t]))?;
            Some([before, t, after])
        };
        (0..days.len()).filter_map(around).collect()
    }

    /// The radar date nearest to an instant, within some days.
    pub fn echo_near(&self, time: Stamp, days: f64) -> Option<usize> {
        let gap = |i: usize| self.echoes[i].time.days_since(time).abs();
        let best = (0..self.echoes.len()).min_by(|a, b| gap(*a).total_cmp(&gap(*b)))?;
        (gap(best) <= days).then_some(best)
    }
}

fn look(date: &Optical, net: Net) -> Result<Look> {
    let points = net.side * net.side;
    let (mut seen, mut there) = (vec![[0i16; 10]; points], vec![[0i16; 10]; points]);
    for (band, name) in BANDS.into_iter().enumerate() {
        let factor = if TEN_METRES[band] { 1 } else { 2 };
        for (truth, out) in [(false, &mut seen), (true, &mut there)] {
            let raster = date.band(name, truth, net.pixels / factor)?;
            let values = net.pick(&raster, factor);
            out.iter_mut().zip(values).for_each(|(o, v)| o[band] = v);
        }
    }
    let mask = net.pick(&date.mask(net.pixels)?, 1);
    let edge = net.pick(&date.edge(net.pixels)?, 1);
    Ok(Look {
        time: date.time,
        seen,
        there,
        sky: net.pick(&date.sky(net.pixels)?, 1),
        clear: mask.iter().zip(&edge).map(|(m, e)| *m == 0 && *e == 0).collect(),
        inside: edge.iter().map(|e| *e == 0).collect(),
    })
}

fn echo(date: &Radar, net: Net) -> Result<Echo> {
    let wide = net.pixels;
    let mut values = vec![[f32::NAN; 4]; net.side * net.side];
    let db = |v: f32| 10.0 * v.log10();
    for (at, path) in [&date.vv, &date.vh].into_iter().enumerate() {
        let image: Vec<f32> = read(path, wide)?;
        for (out, (x, y)) in values.iter_mut().zip(net.places(1)) {
            let rows = y.saturating_sub(1)..(y + 2).min(wide);
            let columns = x.saturating_sub(1)..(x + 2).min(wide);
            let around: Vec<f32> = rows
                .flat_map(|r| image[r * wide..][columns.clone()].iter().copied())
                .filter(|v| *v > 0.0)
                .collect();
            if image[y * wide + x] > 0.0 {
                out[at] = db(image[y * wide + x]);
                out[at + 2] = db(around.iter().sum::<f32>() / around.len() as f32);
            }
        }
    }
    Ok(Echo { time: date.time, values })
}

fn relief(heights: &[i16], net: Net) -> Vec<[f32; 3]> {
    let wide = net.pixels / 2;
    let at = |x: usize, y: usize| f32::from(heights[y.min(wide - 1) * wide + x.min(wide - 1)]);
    let of = |(x, y): (usize, usize)| {
        let here = at(x, y);
        [here, at(x + 1, y) - here, at(x, y + 1) - here]
    };
    net.places(2).map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_of_all_pixel_sizes_lie_on_the_same_ground() {
        let net = Net::new(512);
        assert_eq!((net.step, net.side), (4, 128));
        let fine: Vec<u32> = (0..512 * 512).collect();
        let coarse: Vec<(u32, u32)> = (0..256 * 256).map(|i| (i % 256, i / 256)).collect();
        for (f, (x, y)) in net.pick(&fine, 1).into_iter().zip(net.pick(&coarse, 2)) {
            assert_eq!((f % 512 / 2, f / 512 / 2), (x, y));
        }
        assert_eq!(Net::new(64).side, 32);
    }

    #[test]
    fn triplets_have_gaps_of_ten_to_eighteen_days() {
        let look = |d: i64| Look {
            time: Stamp(d * 86_400_000_000 + 7),
            seen: vec![],
            there: vec![],
            sky: vec![],
            clear: vec![],
            inside: vec![],
        };
        let triplets = |days: &[i64]| {
            let looks = days.iter().copied().map(look).collect();
            let (echoes, relief, field) = (vec![], vec![], vec![]);
            Points { step: 2, side: 0, looks, echoes, relief, field }.triplets()
        };
        assert_eq!(triplets(&[0, 5, 10, 20, 40]), [[0, 2, 3]]);
        // Of two that fit the nearer; 18 days are near enough, 19 are not.
        assert_eq!(triplets(&[0, 2, 12, 30, 31]), [[1, 2, 3]]);
        assert!(triplets(&[0, 19, 38]).is_empty());
    }
}
