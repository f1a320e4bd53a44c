//! First weights, from a seed: the same on every device, machine and thread.

use super::conv::Conv;

/// How kernels start; biases start at zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Initial {
    /// Uniform within sqrt(6 / (fan in + fan out)): Keras' default.
    Glorot,
    /// Normal cut at two deviations, of variance 1 / fan in: the study's three-date U-Net.
    FanIn,
}

impl Initial {
    /// The kernel's values in the order of [`Conv::shape`].
    pub fn kernel(self, conv: &Conv, seed: i64) -> Vec<f32> {
        let mut chance = Chance::new(seed, &conv.name);
        let area = conv.kernel * conv.kernel;
        let count = (conv.inputs * conv.outputs * area) as usize;
        match self {
            Self::Glorot => {
                let fans = (area * (conv.inputs + conv.outputs)) as f64;
                let limit = (6.0 / fans).sqrt();
                (0..count).map(|_| ((2.0 * chance.unit() - 1.0) * limit) as f32).collect()
            }
            Self::FanIn => {
                // Keras reads the third axis of a kernel as its input; in a transposed one that is
                // the output.
                let fan = if conv.transposed { conv.outputs } else { conv.inputs };
                // Cutting at two deviations shrinks a normal's deviation to 0.8796 of it.
                let deviation = (1.0 / (area * fan) as f64).sqrt() / 0.879_625_661_034_239_8;
                (0..count).map(|_| (chance.cut_normal() * deviation) as f32).collect()
            }
        }
    }
}

/// SplitMix64: each layer draws from its own stream, so the order of layers does not matter.
struct Chance(u64);

impl Chance {
    fn new(seed: i64, name: &str) -> Self {
        let text = format!("{seed}/{name}");
        // FNV-1a, 64 bits.
        let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325u64, |h, b| {
            (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3)
        });
        Self(hash)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Uniform in [0, 1).
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A standard normal, drawn again until it lies within two deviations.
    fn cut_normal(&mut self) -> f64 {
        loop {
            // Box and Muller; 1 - u keeps the logarithm finite.
            let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
            let normal = radius * (std::f64::consts::TAU * self.unit()).cos();
            if normal.abs() <= 2.0 {
                return normal;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(values: &[f32]) -> (f64, f64) {
        let n = values.len() as f64;
        let mean = values.iter().map(|v| f64::from(*v)).sum::<f64>() / n;
        (mean, values.iter().map(|v| (f64::from(*v) - mean).powi(2)).sum::<f64>() / n)
    }

    #[test]
    fn a_layer_that_goes_up_counts_the_features_that_it_makes() {
        let (_, variance) = moments(&Initial::FanIn.kernel(&Conv::up("u", 32, 64), 1));
        assert!((variance * 9.0 * 64.0 - 1.0).abs() < 0.05, "{variance}");
    }

    #[test]
    fn kernels_have_the_variance_of_their_rule() {
        let conv = Conv::new("c", 32, 64, 3);
        for (rule, want) in
            [(Initial::Glorot, 2.0f64 / (9.0 * 96.0)), (Initial::FanIn, 1.0 / (9.0 * 32.0))]
        {
            let (mean, variance) = moments(&rule.kernel(&conv, 1));
            assert!(mean.abs() < 0.03 * want.sqrt(), "{rule:?} {mean}");
            assert!((variance / want - 1.0).abs() < 0.05, "{rule:?} {variance} {want}");
        }
    }

    #[test]
    fn another_seed_or_layer_gives_other_weights() {
        let kernel = |name: &str, seed| Initial::Glorot.kernel(&Conv::new(name, 2, 2, 3), seed);
        assert_eq!(kernel("a", 1), kernel("a", 1));
        assert_ne!(kernel("a", 1), kernel("a", 2));
        assert_ne!(kernel("a", 1), kernel("b", 1));
    }
}
