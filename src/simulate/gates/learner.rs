//! A small learner with a closed form: ridge regression on random bends of its inputs.
//!
//! Each of some hundred hidden units looks at a few inputs through a random straight line and is
//! zero on one side (an "extreme learning machine"); the weights from units to outputs solve a
//! linear system. No optimiser, no luck of a start: two fits differ by their inputs alone, which is
//! what a comparison of inputs needs. It is weaker than a network.

use super::super::chance::{hash_normal, hash01, mix};
use crate::error::{Error, Result};

/// Hidden units.
const UNITS: usize = 240;
/// Inputs that a unit looks at.
const LOOKS_AT: usize = 5;
/// Weight of the penalty on the size of the weights, for each sample.
const RIDGE: f64 = 1e-4;
/// Standardised inputs are cut here.
const CUT: f64 = 4.0;
/// Rows that are added to the system at a time.
const ROWS: usize = 16;

/// Outputs: reflectance of the ten bands.
pub(super) type Target = [f64; 10];

/// A fitted learner.
pub(super) struct Learner {
    scale: Vec<(f64, f64)>,
    units: Vec<([(usize, f64); LOOKS_AT], f64)>,
    /// One row a feature.
    weights: Vec<Target>,
}

impl Learner {
    /// Fits `targets` from `inputs`, which have `width` numbers a sample.
    pub fn fit(inputs: &[f32], width: usize, targets: &[Target]) -> Result<Self> {
        if width == 0 || inputs.len() != width * targets.len() || targets.len() < 100 {
            let text = format!("{} samples are too few for a learner", targets.len());
            return Err(Error::usage(text).hint("simulate more months, or a larger side"));
        }
        let scale = (0..width).map(|j| moments(inputs.iter().skip(j).step_by(width))).collect();
        let units = (0..UNITS as u32).map(|u| unit(u, width)).collect();
        let mut out = Self { scale, units, weights: Vec::new() };
        let d = 1 + width + UNITS;
        let mut system = System::new(d);
        let mut features = vec![0.0; ROWS * d];
        for (rows, wanted) in inputs.chunks(ROWS * width).zip(targets.chunks(ROWS)) {
            for (row, features) in rows.chunks_exact(width).zip(features.chunks_exact_mut(d)) {
                out.features(row, features);
            }
            system.add(&features[..wanted.len() * d], wanted);
        }
        out.weights = system.solve(RIDGE * targets.len() as f64)?;
        Ok(out)
    }

    /// What the inputs of one sample make of it.
    pub fn guess(&self, row: &[f32], features: &mut Vec<f64>) -> Target {
        features.resize(self.weights.len(), 0.0);
        self.features(row, features);
        let mut out = [0.0; 10];
        for (f, w) in features.iter().zip(&self.weights) {
            for (o, w) in out.iter_mut().zip(w) {
                *o += f * w;
            }
        }
        out
    }

    fn features(&self, row: &[f32], out: &mut [f64]) {
        out[0] = 1.0;
        let width = row.len();
        for ((o, v), (mean, sd)) in out[1..=width].iter_mut().zip(row).zip(&self.scale) {
            *o = ((f64::from(*v) - mean) / sd).clamp(-CUT, CUT);
        }
        for (k, (looks, offset)) in self.units.iter().enumerate() {
            let sum: f64 = looks.iter().map(|(j, w)| w * out[1 + j]).sum();
            out[1 + width + k] = (sum + offset).max(0.0);
        }
    }
}

/// A hidden unit that looks at some inputs.
fn unit(number: u32, width: usize) -> ([(usize, f64); LOOKS_AT], f64) {
    let looks = std::array::from_fn(|k| {
        let key = mix(k as u32, 0x0E1A);
        let at = (hash01(number, key) * width as f32) as usize;
        (at.min(width - 1), f64::from(hash_normal(number, key ^ 0x77)) * 0.6)
    });
    (looks, f64::from(hash_normal(number, 0xB1A5)))
}

fn moments<'a>(values: impl Iterator<Item = &'a f32> + Clone) -> (f64, f64) {
    let n = values.clone().count().max(1) as f64;
    let mean = values.clone().map(|v| f64::from(*v)).sum::<f64>() / n;
    let variance = values.map(|v| (f64::from(*v) - mean).powi(2)).sum::<f64>() / n;
    (mean, variance.sqrt().max(1e-6))
}

/// The normal equations of least squares.
struct System {
    d: usize,
    /// Upper triangle, row by row.
    products: Vec<f64>,
    sides: Vec<Target>,
}

impl System {
    fn new(d: usize) -> Self {
        Self { d, products: vec![0.0; d * d], sides: vec![[0.0; 10]; d] }
    }

    fn add(&mut self, features: &[f64], wanted: &[Target]) {
        let d = self.d;
        for i in 0..d {
            let line = &mut self.products[i * d + i..(i + 1) * d];
            for (row, wanted) in features.chunks_exact(d).zip(wanted) {
                let f = row[i];
                if f == 0.0 {
                    continue;
                }
                for (p, r) in line.iter_mut().zip(&row[i..]) {
                    *p += f * r;
                }
                for (s, w) in self.sides[i].iter_mut().zip(wanted) {
                    *s += f * w;
                }
            }
        }
    }

    /// Cholesky's decomposition, then both substitutions.
    fn solve(mut self, ridge: f64) -> Result<Vec<Target>> {
        let d = self.d;
        for i in 0..d {
            self.products[i * d + i] += ridge;
        }
        let a = &mut self.products;
        for i in 0..d {
            let pivot = a[i * d + i];
            if pivot.is_nan() || pivot <= 0.0 {
                return Err(Error::internal("the learner's system has no solution"));
            }
            let root = pivot.sqrt();
            a[i * d + i..(i + 1) * d].iter_mut().for_each(|v| *v /= root);
            let (head, tail) = a.split_at_mut((i + 1) * d);
            let top = &head[i * d..];
            for (j, line) in (i + 1..d).zip(tail.chunks_exact_mut(d)) {
                let f = top[j];
                for (v, t) in line[j..].iter_mut().zip(&top[j..]) {
                    *v -= f * t;
                }
            }
        }
        let mut x = self.sides;
        for i in 0..d {
            let own = x[i].map(|v| v / a[i * d + i]);
            x[i] = own;
            for j in i + 1..d {
                let f = a[i * d + j];
                x[j].iter_mut().zip(own).for_each(|(v, o)| *v -= f * o);
            }
        }
        for i in (0..d).rev() {
            let mut own = x[i];
            for j in i + 1..d {
                let f = a[i * d + j];
                own.iter_mut().zip(x[j]).for_each(|(v, o)| *v -= f * o);
            }
            x[i] = own.map(|v| v / a[i * d + i]);
        }
        Ok(x)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draws(n: usize, of: impl Fn(f32, f32) -> f64) -> (Vec<f32>, Vec<Target>) {
        let pair = |i: usize| [hash_normal(i as u32, 1), hash_normal(i as u32, 2)];
        let inputs = (0..n).flat_map(pair).collect();
        (inputs, (0..n).map(|i| [of(pair(i)[0], pair(i)[1]); 10]).collect())
    }

    fn error(learner: &Learner, inputs: &[f32], targets: &[Target]) -> f64 {
        let mut space = Vec::new();
        let squares = inputs
            .chunks_exact(2)
            .zip(targets)
            .map(|(row, t)| (learner.guess(row, &mut space)[3] - t[3]).powi(2));
        (squares.sum::<f64>() / targets.len() as f64).sqrt()
    }

    #[test]
    fn a_plane_and_a_bend_are_learnt() {
        for of in [
            |a: f32, b: f32| f64::from(0.5 * a - 2.0 * b + 1.0),
            |a: f32, b: f32| f64::from(if a > 0.0 { b } else { -b }),
        ] {
            let (inputs, targets) = draws(3000, of);
            let (train, test) = (2000, 1000);
            let learner = Learner::fit(&inputs[..2 * train], 2, &targets[..train]).unwrap();
            let off = error(&learner, &inputs[2 * train..], &targets[test * 2..]);
            assert!(off < 0.35, "{off}");
        }
    }

    #[test]
    fn noise_teaches_nothing() {
        let (inputs, mut targets) = draws(3000, |_, _| 0.0);
        for (i, t) in targets.iter_mut().enumerate() {
            *t = [f64::from(hash_normal(i as u32, 9)); 10];
        }
        let learner = Learner::fit(&inputs[..4000], 2, &targets[..2000]).unwrap();
        let off = error(&learner, &inputs[4000..], &targets[2000..]);
        assert!(off > 0.95, "{off}");
    }

    #[test]
    fn too_few_samples_are_refused() {
        assert!(Learner::fit(&[0.0; 20], 2, &[[0.0; 10]; 10]).is_err());
    }
}
