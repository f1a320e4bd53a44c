//! Adam and AdamW with a state that can be saved (tch's own cannot).

use std::collections::BTreeMap;
use std::fmt;

use tch::{Kind, Tensor, nn};

use crate::error::{Error, Result};

/// How gradients become steps.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub enum Optimiser {
    /// Adam as Keras computes it: beta 0.9 / 0.999, epsilon 1e-7 outside the root's bias
    /// correction, no decay. The study's.
    #[default]
    Adam,
    /// The same, and each step takes `rate * decay` of every kernel away (biases are left alone).
    AdamW {
        /// Weight decay.
        decay: f64,
    },
}

impl fmt::Display for Optimiser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Adam => f.write_str("adam"),
            Self::AdamW { decay } => write!(f, "adamw:{decay}"),
        }
    }
}

/// The moments of every weight.
pub(super) struct Adam {
    decay: f64,
    step: i64,
    moments: BTreeMap<String, (Tensor, Tensor)>,
}

const BETA1: f64 = 0.9;
const BETA2: f64 = 0.999;
const EPSILON: f64 = 1e-7;

impl Adam {
    pub(super) fn new(vars: &nn::VarStore, optimiser: Optimiser) -> Self {
        let moments = vars
            .variables()
            .into_iter()
            .map(|(name, v)| (name, (v.zeros_like(), v.zeros_like())))
            .collect();
        let decay = match optimiser {
            Optimiser::Adam => 0.0,
            Optimiser::AdamW { decay } => decay,
        };
        Self { decay, step: 0, moments }
    }

    /// One step at `rate` from `scale` times the gradients that `backward` left; then clears them.
    pub(super) fn step(&mut self, vars: &nn::VarStore, rate: f64, scale: f64) -> Result<()> {
        self.step += 1;
        // As floats: a count of steps beyond i32 must not wrap.
        let t = self.step as f64;
        let corrected = rate * (1.0 - BETA2.powf(t)).sqrt() / (1.0 - BETA1.powf(t));
        tch::no_grad(|| -> std::result::Result<(), tch::TchError> {
            for (name, mut v) in vars.variables() {
                let Some((m, s)) = self.moments.get_mut(&name) else { continue };
                let mut g = v.f_grad()?;
                if !g.defined() {
                    continue;
                }
                let _ = g.f_mul_scalar_(scale)?;
                let _ = m.f_lerp_(&g, 1.0 - BETA1)?;
                // The gradient is cleared in the end: until then its memory is room to compute in.
                let _ = g.f_square_()?;
                let _ = s.f_lerp_(&g, 1.0 - BETA2)?;
                if self.decay > 0.0 && v.dim() > 1 {
                    let _ = v.f_mul_scalar_(1.0 - rate * self.decay)?;
                }
                let _ = s.f_sqrt_out(&g)?;
                let _ = g.f_add_scalar_(EPSILON)?.f_mul_scalar_(-1.0 / corrected)?;
                let _ = v.f_addcdiv_(m, &g)?;
                let _ = g.f_zero_()?;
            }
            Ok(())
        })
        .map_err(|e| Error::internal("cannot take an optimiser step").with_source(e))
    }

    /// Everything that a resume needs, by name.
    pub(super) fn state(&self) -> Vec<(String, Tensor)> {
        let mut all = vec![("step".to_owned(), Tensor::from_slice(&[self.step]))];
        for (name, (m, s)) in &self.moments {
            all.push((format!("m.{name}"), m.shallow_clone()));
            all.push((format!("v.{name}"), s.shallow_clone()));
        }
        all
    }

    /// Takes the state of [`Adam::state`] back. Refuses missing or misshapen tensors.
    pub(super) fn restore(&mut self, state: &BTreeMap<String, Tensor>) -> Result<()> {
        let find = |name: &str, like: &Tensor| -> Result<Tensor> {
            state
                .get(name)
                .filter(|t| t.size() == like.size() && t.kind() == Kind::Float)
                .map(|t| t.to_device(like.device()))
                .ok_or_else(|| {
                    Error::corrupt(format!("the checkpoint has no tensor '{name}' that fits"))
                })
        };
        for (name, (m, s)) in &mut self.moments {
            let (new_m, new_s) = (find(&format!("m.{name}"), m)?, find(&format!("v.{name}"), s)?);
            (*m, *s) = (new_m, new_s);
        }
        let step = state.get("step").ok_or_else(|| Error::corrupt("the checkpoint has no step"))?;
        self.step = match (step.size().as_slice(), step.kind()) {
            ([1], Kind::Int64) => step.f_int64_value(&[0])?.max(0),
            _ => return Err(Error::corrupt("the checkpoint's step is no count")),
        };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tch::Device;

    use super::*;

    /// Weight of a kernel and of a bias after three steps down known slopes, one number each.
    fn run(optimiser: Optimiser, scale: f64) -> [f64; 2] {
        let vars = nn::VarStore::new(Device::Cpu);
        let kernel = vars.root().f_ones("kernel", &[1, 1]).unwrap();
        let bias = vars.root().f_ones("bias", &[1]).unwrap();
        let mut adam = Adam::new(&vars, optimiser);
        for slope in [0.5, -0.25, 2.0] {
            ((&kernel + &bias) * (slope / scale)).sum(Kind::Float).backward();
            adam.step(&vars, 0.1, scale).unwrap();
        }
        [kernel.double_value(&[0, 0]), bias.double_value(&[0])]
    }

    #[test]
    fn three_steps_are_those_of_the_formula() {
        // In float64, by Keras's formula.
        let by_hand = |decay: f64| {
            let (mut w, mut m, mut v) = (1.0, 0.0, 0.0);
            for (i, g) in [0.5, -0.25, 2.0_f64].into_iter().enumerate() {
                let t = (i + 1) as i32;
                m = 0.9 * m + 0.1 * g;
                v = 0.999 * v + 0.001 * g * g;
                let rate = 0.1 * (1.0 - 0.999_f64.powi(t)).sqrt() / (1.0 - 0.9_f64.powi(t));
                w *= 1.0 - 0.1 * decay;
                w -= rate * m / (v.sqrt() + 1e-7);
            }
            w
        };
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-5, "{a}, not {b}");
        let [kernel, bias] = run(Optimiser::Adam, 1.0);
        close(kernel, by_hand(0.0));
        close(bias, by_hand(0.0));
        let [kernel, bias] = run(Optimiser::AdamW { decay: 0.2 }, 1.0);
        close(kernel, by_hand(0.2));
        close(bias, by_hand(0.0));
        let [scaled, _] = run(Optimiser::Adam, 0.25);
        close(scaled, by_hand(0.0));
    }
}
