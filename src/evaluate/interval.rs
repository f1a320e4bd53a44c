//! 95 % intervals by bootstrap.

use rand::{Rng, RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

/// Draws of the bootstrap: enough for two digits of an interval's end.
const DRAWS: usize = 500;

/// Sums of one sample: squared error, absolute error, values.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sums {
    pub(super) squared: f64,
    pub(super) absolute: f64,
    pub(super) count: f64,
}

/// Pooled PSNR (dB) and MAE (x 1e4) with the 2.5 % and 97.5 % ends of a bootstrap over blocks.
///
/// A block is all samples of one place: neighbouring dates of one patch share errors, so drawing samples one by one
/// would make intervals too narrow.
pub(super) fn intervals(blocks: &[Sums], seed: u64) -> Option<([f64; 2], [f64; 2])> {
    let filled: Vec<&Sums> = blocks.iter().filter(|b| b.count > 0.0).collect();
    if filled.len() < 3 {
        return None;
    }
    let mut rng = Pcg64Mcg::seed_from_u64(seed);
    let mut draw = || pooled((0..filled.len()).map(|_| filled[below(&mut rng, filled.len())]));
    let (mut psnr, mut mae): (Vec<f64>, Vec<f64>) = (0..DRAWS).map(|_| draw()).unzip();
    psnr.sort_by(f64::total_cmp);
    mae.sort_by(f64::total_cmp);
    let ends = |v: &[f64]| [v[DRAWS / 40], v[DRAWS - 1 - DRAWS / 40]];
    Some((ends(&psnr), ends(&mae)))
}

fn below(rng: &mut impl Rng, n: usize) -> usize {
    rng.random_range(0..n)
}

fn pooled<'a>(blocks: impl Iterator<Item = &'a Sums>) -> (f64, f64) {
    let total = blocks.fold(Sums::default(), |a, b| Sums {
        squared: a.squared + b.squared,
        absolute: a.absolute + b.absolute,
        count: a.count + b.count,
    });
    (-10.0 * (total.squared / total.count).log10(), 1e4 * total.absolute / total.count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_holds_the_pooled_value_and_is_wider_for_fewer_blocks() {
        let blocks = |n: usize| -> Vec<Sums> {
            (0..n)
                .map(|i| Sums {
                    squared: 1.0 + (i % 7) as f64,
                    absolute: 10.0 + (i % 5) as f64,
                    count: 1000.0,
                })
                .collect()
        };
        let (many, few) = (blocks(210), blocks(14));
        let (value, _) = pooled(many.iter());
        let ([low, high], _) = intervals(&many, 1).unwrap();
        assert!(low < value && value < high);
        let ([l, h], _) = intervals(&few, 1).unwrap();
        assert!(h - l > high - low);
        assert!(intervals(&blocks(2), 1).is_none());
    }
}
