//! Adam with a state that can be saved (tch's own cannot).

use std::collections::BTreeMap;

use tch::{Kind, Tensor, nn};

use crate::error::{Error, Result};

/// Adam as Keras computes it: beta 0.9 / 0.999, epsilon 1e-7 outside the root's bias correction.
pub(super) struct Adam {
    rate: f64,
    step: i64,
    moments: BTreeMap<String, (Tensor, Tensor)>,
}

const BETA1: f64 = 0.9;
const BETA2: f64 = 0.999;
const EPSILON: f64 = 1e-7;

impl Adam {
    pub(super) fn new(vars: &nn::VarStore, rate: f64) -> Self {
        let moments = vars
            .variables()
            .into_iter()
            .map(|(name, v)| (name, (v.zeros_like(), v.zeros_like())))
            .collect();
        Self { rate, step: 0, moments }
    }

    /// One step from the gradients that `backward` left; then clears them. `scale` follows the
    /// schedule.
    pub(super) fn step(&mut self, vars: &nn::VarStore, scale: f64) -> Result<()> {
        self.step += 1;
        let corrected =
            (1.0 - BETA2.powi(self.step as i32)).sqrt() / (1.0 - BETA1.powi(self.step as i32));
        let rate = self.rate * scale * corrected;
        tch::no_grad(|| -> std::result::Result<(), tch::TchError> {
            for (name, mut v) in vars.variables() {
                let Some((m, s)) = self.moments.get_mut(&name) else { continue };
                let mut g = v.f_grad()?;
                if !g.defined() {
                    continue;
                }
                let _ = m.f_mul_scalar_(BETA1)?.f_add_(&(&g * (1.0 - BETA1)))?;
                let _ = s.f_mul_scalar_(BETA2)?.f_addcmul_(&(&g * (1.0 - BETA2)), &g)?;
                let root = s.f_sqrt()?.f_add_scalar(EPSILON)?;
                let _ = v.f_sub_(&(m.f_div(&root)? * rate))?;
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
                .filter(|t| t.size() == like.size())
                .map(|t| t.to_device(like.device()).to_kind(Kind::Float))
                .ok_or_else(|| {
                    Error::corrupt(format!("the checkpoint has no tensor '{name}' that fits"))
                })
        };
        for (name, (m, s)) in &mut self.moments {
            let (new_m, new_s) = (find(&format!("m.{name}"), m)?, find(&format!("v.{name}"), s)?);
            (*m, *s) = (new_m, new_s);
        }
        let step = state.get("step").ok_or_else(|| Error::corrupt("the checkpoint has no step"))?;
        self.step = step.int64_value(&[0]);
        Ok(())
    }
}
