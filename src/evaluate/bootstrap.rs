//! 95 % intervals of scores, and of the differences between methods with their p, by bootstrap over blocks.
//!
//! A block is all samples of one piece of ground on one day (`blocks.rs`): neighbouring patches of one scene share
//! errors, so to draw samples one by one would make intervals too narrow. All methods are drawn
//! together: what makes a block hard for both leaves their difference.

use std::collections::BTreeMap;

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

use crate::metrics::Totals;

/// Draws: enough for two digits of an interval's end, and for a p of 0.001.
const DRAWS: usize = 2000;
/// Draws beyond each end.
const TAIL: usize = DRAWS / 40;
/// Fewest blocks that say anything about their spread: of less, draws are too much alike, and intervals too narrow.
const BLOCKS_MIN: usize = 8;

/// Scores that have intervals, and their units.
pub(super) const METRICS: [(&str, &str); 5] =
    [("psnr", "dB"), ("mae", "DN"), ("rmse", "DN"), ("ssim", "1"), ("sam_deg", "degree")];

/// Sums that scores are made of.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sums {
    squared: f64,
    absolute: f64,
    values: f64,
    similarity: f64,
    images: f64,
    angles: f64,
    pixels: f64,
}

impl Sums {
    /// Of one image.
    pub(super) fn of(totals: &Totals) -> Self {
        let similarity = totals.mean_similarity();
        Self {
            squared: totals.squared(),
            absolute: totals.absolute(),
            values: totals.values(),
            similarity: similarity.unwrap_or(0.0),
            images: f64::from(u8::from(similarity.is_some())),
            angles: totals.degrees(),
            pixels: totals.pixels(),
        }
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.squared += other.squared;
        self.absolute += other.absolute;
        self.values += other.values;
        self.similarity += other.similarity;
        self.images += other.images;
        self.angles += other.angles;
        self.pixels += other.pixels;
    }

    /// The scores, in the order of [`METRICS`].
    pub(super) fn scores(&self) -> [f64; 5] {
        let squared = self.squared / self.values;
        [
            -10.0 * squared.log10(),
            1e4 * self.absolute / self.values,
            1e4 * squared.sqrt(),
            self.similarity / self.images,
            self.angles / self.pixels,
        ]
    }
}

/// A score of one method minus that of another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Paired {
    pub(super) value: f64,
    /// The middle 95 % of the draws.
    pub(super) ends: Option<[f64; 2]>,
    /// Twice the share of draws on the rarer side of zero: at most 0.05 where the interval leaves zero out. Never less
    /// than the chance that so many blocks differ in one direction.
    pub(super) p: Option<f64>,
}

/// The scores of every method in every draw: `values[method][metric][draw]`.
pub(super) struct Draws {
    /// Blocks that were drawn from.
    pub(super) blocks: usize,
    whole: Vec<[f64; 5]>,
    values: Vec<[Vec<f64>; 5]>,
}

impl Draws {
    /// From the sums of each block, one a method.
    pub(super) fn of(units: &BTreeMap<&str, Vec<Sums>>, methods: usize, seed: u64) -> Self {
        let units: Vec<&Vec<Sums>> = units.values().collect();
        let pooled = |picked: &mut dyn Iterator<Item = usize>| {
            let mut sums = vec![Sums::default(); methods];
            for unit in picked {
                sums.iter_mut().zip(units[unit]).for_each(|(sum, own)| sum.add(own));
            }
            sums
        };
        let whole = pooled(&mut (0..units.len())).iter().map(Sums::scores).collect();
        let mut values = vec![std::array::from_fn(|_| Vec::with_capacity(DRAWS)); methods];
        if units.len() >= BLOCKS_MIN {
            let mut rng = Pcg64Mcg::seed_from_u64(seed);
            for _ in 0..DRAWS {
                let mut picked = (0..units.len()).map(|_| rng.random_range(0..units.len()));
                for (values, sums) in values.iter_mut().zip(pooled(&mut picked)) {
                    let one: &mut [Vec<f64>; 5] = values;
                    one.iter_mut().zip(sums.scores()).for_each(|(all, value)| all.push(value));
                }
            }
        }
        Self { blocks: units.len(), whole, values }
    }

    /// The interval of a method's score.
    pub(super) fn interval(&self, method: usize, metric: usize) -> Option<[f64; 2]> {
        ends(self.values[method][metric].clone())
    }

    /// Score of `a` minus score of `b`.
    pub(super) fn difference(&self, a: usize, b: usize, metric: usize) -> Paired {
        let (va, vb) = (&self.values[a][metric], &self.values[b][metric]);
        let all: Vec<f64> = va.iter().zip(vb).map(|(a, b)| a - b).collect();
        let p = chance(&all).max(0.5_f64.powi(self.blocks as i32 - 1));
        let ends = ends(all);
        Paired { value: self.whole[a][metric] - self.whole[b][metric], ends, p: ends.map(|_| p) }
    }
}

/// The ends of the middle 95 %; none where there are no draws, or some are not numbers.
fn ends(mut values: Vec<f64>) -> Option<[f64; 2]> {
    if values.len() < DRAWS || values.iter().any(|v| !v.is_finite()) {
        return None;
    }
    values.sort_by(f64::total_cmp);
    Some([values[TAIL], values[DRAWS - 1 - TAIL]])
}

/// Two-sided p of differences that are truly zero; never less than what so many draws can tell.
fn chance(values: &[f64]) -> f64 {
    let share = |side: fn(&f64) -> bool| values.iter().filter(|v| side(v)).count();
    let rarer = share(|v| *v <= 0.0).min(share(|v| *v >= 0.0)).max(1);
    (2.0 * rarer as f64 / DRAWS as f64).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Blocks of two methods: the second is worse by a little in each, and blocks differ by much.
    fn units(n: usize) -> Vec<Vec<Sums>> {
        let one = |error: f64| Sums {
            squared: error * error * 1000.0,
            absolute: error * 1000.0,
            values: 1000.0,
            similarity: 1.0 - error,
            images: 1.0,
            angles: 100.0 * error * 250.0,
            pixels: 250.0,
        };
        (0..n)
            .map(|i| {
                let hard = 0.01 + 0.01 * (i * 7 % 10) as f64;
                vec![one(hard), one(hard + 0.001 * (1.0 + (i % 2) as f64))]
            })
            .collect()
    }

    fn draws(n: usize, seed: u64) -> Draws {
        let units = units(n);
        let names: Vec<String> = (0..n).map(|i| format!("{i:03}")).collect();
        let units = names.iter().map(String::as_str).zip(units).collect();
        Draws::of(&units, 2, seed)
    }

    #[test]
    fn a_small_difference_is_seen_where_both_intervals_are_wide() {
        let d = draws(40, 1);
        for (metric, (name, _)) in METRICS.iter().enumerate() {
            let (a, b) = (d.interval(0, metric).unwrap(), d.interval(1, metric).unwrap());
            assert!(a[0] < b[1] && b[0] < a[1], "{name}: alone they overlap");
            let found = d.difference(0, 1, metric);
            let [low, high] = found.ends.unwrap();
            assert!(low <= found.value && found.value <= high, "{name}");
            assert_eq!(found.p, Some(2.0 / DRAWS as f64), "{name}: no draw is beyond zero");
            let better = if ["psnr", "ssim"].contains(name) { low > 0.0 } else { high < 0.0 };
            assert!(better, "{name}: {low} to {high}");
        }
        let [l, h] = d.difference(1, 0, 1).ends.unwrap();
        let [low, high] = d.difference(0, 1, 1).ends.unwrap();
        assert!((l + high).abs() < 0.02 && (h + low).abs() < 0.02);
    }

    #[test]
    fn a_p_agrees_with_the_interval_and_equal_methods_have_one_of_one() {
        // One of 2000 draws more or less beyond zero: just outside of the interval, and just inside.
        let beyond =
            |n: usize| (0..DRAWS).map(|i| if i < n { -1.0 } else { 1.0 }).collect::<Vec<_>>();
        for n in [TAIL, TAIL + 1] {
            let decided = ends(beyond(n)).unwrap()[0] > 0.0;
            assert_eq!(chance(&beyond(n)) <= 0.05, decided, "{n}");
        }
        assert_eq!(chance(&vec![0.0; DRAWS]), 1.0);
        assert_eq!(draws(7, 1).difference(0, 1, 0).p, None);
    }

    #[test]
    fn fewer_blocks_give_wider_intervals_and_seven_give_none() {
        let width = |n| draws(n, 1).interval(0, 1).map(|[low, high]| high - low);
        assert!(width(10).unwrap() > width(200).unwrap());
        assert!(width(7).is_none() && width(8).is_some());
        // All eight say the same, which they do by chance once in 128 times.
        assert_eq!(draws(8, 1).difference(0, 1, 1).p, Some(1.0 / 128.0));
        assert_eq!(draws(12, 5).interval(0, 0), draws(12, 5).interval(0, 0));
        assert_ne!(draws(12, 5).interval(0, 0), draws(12, 6).interval(0, 0));
    }

    #[test]
    fn intervals_hold_the_true_value_about_as_often_as_they_say() {
        // Two hundred worlds whose mean error is 2000 DN: the fewest blocks that are drawn from hold it a little less often.
        for (blocks, least) in [(30, 180), (BLOCKS_MIN, 160)] {
            let mut rng = Pcg64Mcg::seed_from_u64(3);
            let held = (0..200).filter(|world| {
                let names: Vec<String> = (0..blocks).map(|i| i.to_string()).collect();
                let mut one = || {
                    let error = 0.4 * rng.random_range(0.0..1.0);
                    vec![Sums { absolute: error, values: 1.0, ..Sums::default() }]
                };
                let units = names.iter().map(|n| (n.as_str(), one())).collect();
                let [low, high] = ends(Draws::of(&units, 1, *world).values[0][1].clone()).unwrap();
                low <= 2000.0 && 2000.0 <= high
            });
            let held = held.count();
            assert!((least..=200).contains(&held), "{held} of 200 with {blocks}");
        }
    }
}
