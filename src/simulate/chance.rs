//! Chance: named streams of random numbers, and hashes for noise that costs a nanosecond a pixel.
//!
//! Every stream is named by what it decides (seed, tile, purpose, day), so no draw depends on which
//! thread or which order the work was done in.

use rand::{RngExt, SeedableRng};
use rand_distr::StandardNormal;
use rand_pcg::Pcg64;

/// The stream of random numbers that belongs to `name` under `seed`.
pub(super) fn stream(seed: u64, name: &str) -> Pcg64 {
    Pcg64::seed_from_u64(key(seed, name))
}

/// A number that belongs to `name` under `seed`.
pub(super) fn key(seed: u64, name: &str) -> u64 {
    let hash = blake3::hash(format!("{seed}/{name}").as_bytes());
    let mut low = [0u8; 8];
    low.copy_from_slice(&hash.as_bytes()[..8]);
    u64::from_le_bytes(low)
}

/// A standard normal draw.
pub(super) fn normal(rng: &mut Pcg64) -> f32 {
    rng.sample::<f32, _>(StandardNormal)
}

/// A uniform draw of 0..1.
pub(super) fn uniform(rng: &mut Pcg64) -> f32 {
    rng.random::<f32>()
}

/// Thirty-two mixed bits of a position and a key.
#[inline(always)]
pub(super) fn mix(position: u32, key: u32) -> u32 {
    let mut h = position.wrapping_mul(0x9E37_79B1) ^ key;
    h = (h ^ (h >> 16)).wrapping_mul(0x21F0_AAAD);
    h = (h ^ (h >> 15)).wrapping_mul(0x735A_2D97);
    h ^ (h >> 15)
}

/// A uniform number of 0..1 that belongs to a position and a key.
#[inline(always)]
pub(super) fn hash01(position: u32, key: u32) -> f32 {
    (mix(position, key) >> 8) as f32 * (1.0 / 16_777_216.0)
}

/// A nearly normal number of a position and a key: the sum of four bytes, standard deviation 1.
#[inline(always)]
pub(super) fn hash_normal(position: u32, key: u32) -> f32 {
    let h = mix(position, key);
    let sum = (h & 255) + (h >> 8 & 255) + (h >> 16 & 255) + (h >> 24);
    (sum as f32 - 510.0) * (1.0 / 147.8)
}

/// A draw of N(0, 1) from a hash, by the quantile of a logistic law: good enough for field traits.
pub(super) fn trait_normal(position: u32, key: u32) -> f32 {
    let u = hash01(position, key).clamp(1e-4, 1.0 - 1e-4);
    (u / (1.0 - u)).ln() * 0.551
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashed_noise_is_centred_with_unit_spread() {
        let n = 100_000;
        let values: Vec<f64> = (0..n).map(|i| f64::from(hash_normal(i, 77))).collect();
        let mean = values.iter().sum::<f64>() / f64::from(n);
        let var = values.iter().map(|v| v * v).sum::<f64>() / f64::from(n);
        assert!(mean.abs() < 0.02 && (var - 1.0).abs() < 0.03, "{mean} {var}");
    }

    #[test]
    fn streams_of_other_names_differ() {
        assert_ne!(key(1, "31TCJ/cloud/3"), key(1, "31TCJ/cloud/4"));
        assert_ne!(key(1, "a"), key(2, "a"));
    }
}
