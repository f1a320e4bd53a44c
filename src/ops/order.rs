//! The order of samples: a function of (seed, epoch) alone.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_pcg::Pcg64Mcg;

/// Two numbers to one, well mixed (SplitMix64's finaliser).
pub(super) fn mix(a: u64, b: u64) -> u64 {
    let mut z = a ^ b.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// A permutation of `0..n` for one epoch, the same on every machine.
pub fn order(n: usize, seed: u64, epoch: u64) -> Vec<usize> {
    let mut all: Vec<usize> = (0..n).collect();
    all.shuffle(&mut Pcg64Mcg::seed_from_u64(mix(seed, epoch)));
    all
}

/// The first `most` items in the order of one epoch; all of them if there are fewer.
pub fn ordered<T: Clone>(items: &[T], seed: u64, epoch: u64, most: usize) -> Vec<T> {
    order(items.len(), seed, epoch).into_iter().take(most).map(|i| items[i].clone()).collect()
}

/// Every n-th item from the first on, so that at most `most` (at least one) remain, spread evenly.
pub fn thin<T>(items: Vec<T>, most: usize) -> Vec<T> {
    let step = items.len().div_ceil(most.max(1)).max(1);
    items.into_iter().step_by(step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thinned_list_is_spread_evenly_and_never_too_long() {
        assert_eq!(thin((0..10).collect(), 4), [0, 3, 6, 9]);
        assert_eq!(thin((0..10).collect(), 10), (0..10).collect::<Vec<_>>());
        assert_eq!(thin(vec![1, 2], 9), [1, 2]);
        assert!(thin(Vec::<u8>::new(), 3).is_empty());
        for most in 1..30 {
            assert!(thin((0..29).collect(), most).len() <= most);
        }
    }

    #[test]
    fn an_epoch_sees_every_sample_once_in_an_order_of_its_own() {
        let (a, b) = (order(100, 7, 0), order(100, 7, 1));
        assert_ne!(a, b);
        assert_eq!(a, order(100, 7, 0));
        let mut sorted = b;
        sorted.sort_unstable();
        assert_eq!(sorted, (0..100).collect::<Vec<_>>());
    }
}
