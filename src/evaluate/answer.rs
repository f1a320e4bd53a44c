//! A method's answer to a batch.

use std::collections::BTreeMap;

use tch::{Device, Kind, TchError, Tensor};

use super::method::{Method, Way};
use crate::error::{Error, Result};
use crate::layout::{Control, Sample};
use crate::models::Estimate;
use crate::tensors::Batch;

/// Name of the tensor that stands in for a role under a control; its sensor stays the first word.
pub(super) fn stand_in(role: &str, control: Control) -> String {
    format!("{role}_as_{}", control.name())
}

/// A tensor of the batch.
pub(super) fn get<'b>(batch: &'b Batch, name: &str) -> Result<&'b Tensor> {
    let missing = || Error::internal(format!("the batch has no tensor '{name}'"));
    batch.tensors.get(name).ok_or_else(missing)
}

pub(super) fn torch(e: TchError) -> Error {
    Error::from(e).context("scoring a batch")
}

impl Method {
    /// Reflectance for the samples of a batch, in 20 m bands too if the method is a network that answers them.
    pub(super) fn answer(&self, batch: &Batch, rows: &[Sample]) -> Result<Estimate> {
        let fine = match &self.way {
            Way::Input => get(batch, "s2_t")?.shallow_clone(),
            Way::Filling(filling) => get(batch, filling.name())?.shallow_clone(),
            Way::Pair { before, after, answer } => {
                let (p, n) = (get(batch, "s2_tm1")?, get(batch, "s2_tp1")?);
                line((p, n), rows, (*before, *after, *answer)).map_err(torch)?
            }
            Way::Network(model) => {
                let mut inputs = BTreeMap::new();
                for role in &model.card.inputs {
                    let other = self.control.map(|control| stand_in(role, control));
                    let other = other.and_then(|name| batch.tensors.get(&name));
                    let tensor = other.map_or_else(|| get(batch, role), Ok)?;
                    inputs.insert(role.clone(), tensor.shallow_clone());
                }
                return model.forward(&inputs);
            }
        };
        Ok(Estimate::fine(fine))
    }

    /// Where it has an answer, bool `[b, 1, h, w]`: a method without a network may have none.
    pub(super) fn known(&self, batch: &Batch) -> Result<Option<Tensor>> {
        let valid = |name: &str| get(batch, &format!("valid_{name}"));
        Ok(match &self.way {
            Way::Input => Some(valid("s2_t")?.shallow_clone()),
            Way::Filling(filling) => Some(valid(filling.name())?.shallow_clone()),
            Way::Pair { .. } => {
                Some(valid("s2_tm1")?.f_logical_and(valid("s2_tp1")?).map_err(torch)?)
            }
            Way::Network(_) => None,
        })
    }
}

/// The answer where the mask of t says cloud, thin cloud or shadow, or t has no data; elsewhere t as it was observed. As
/// `reconstruct --keep-clear` writes scenes.
pub(super) fn clear_kept(batch: &Batch, answer: &Tensor) -> Result<Tensor> {
    let (t, valid) = (get(batch, "s2_t")?, get(batch, "valid_s2_t")?);
    let clear = get(batch, "cloudy")?.f_logical_not().and_then(|c| c.f_logical_and(valid));
    clear.and_then(|clear| t.f_where_self(&clear, answer)).map_err(torch)
}

/// `P + (N - P) (T - t_P) / (t_N - t_P)`, the share computed in float64.
fn line(
    (p, n): (&Tensor, &Tensor),
    rows: &[Sample],
    (before, after, answer): (usize, usize, usize),
) -> std::result::Result<Tensor, TchError> {
    let share = |row: &Sample| {
        let [p, n, t] = [before, after, answer].map(|role| row.patches[role].time);
        (t.days_since(p) / n.days_since(p)) as f32
    };
    let shares: Vec<f32> = rows.iter().map(share).collect();
    let shares = Tensor::f_from_slice(&shares)?.f_view([rows.len() as i64, 1, 1, 1])?;
    let shares = shares.f_to(p.device())?;
    p.f_add(&n.f_sub(p)?.f_mul(&shares)?)
}

/// Mean of a bool mask `[b, 1, h, w]` over each image, percent.
pub(super) fn percent(mask: &Tensor) -> Result<Vec<f64>> {
    let compute = || -> std::result::Result<Vec<f64>, TchError> {
        let mean =
            mask.f_to_kind(Kind::Double)?.f_mean_dim([1_i64, 2, 3].as_slice(), false, None)?;
        let mean = mean.f_mul_scalar(100.0)?.f_to_device(Device::Cpu)?;
        let mut values = vec![0.0; mean.numel()];
        mean.f_copy_data(&mut values, mean.numel())?;
        Ok(values)
    };
    compute().map_err(torch)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geo::{Split, Stamp};
    use crate::layout::PatchRef;

    #[test]
    fn the_study_draws_a_line_between_two_dates_to_the_time_of_the_answer() {
        let patch =
            |days: i64| PatchRef { slot: 0, row: 0, col: 0, time: Stamp(days * 86_400_000_000) };
        let row = |t: i64| Sample {
            tile: "31TCJ".into(),
            row: 0,
            col: 0,
            split: Split::Test,
            patches: vec![patch(0), patch(20), patch(t)],
        };
        let image = |value: f64| Tensor::full([2, 4, 2, 2], value, (Kind::Float, Device::Cpu));
        let out = line((&image(0.1), &image(0.3)), &[row(5), row(20)], (0, 1, 2)).unwrap();
        assert!((out.double_value(&[0, 3, 1, 1]) - 0.15).abs() < 1e-6);
        assert!((out.double_value(&[1, 0, 0, 0]) - 0.3).abs() < 1e-6);
        let mask = image(1.0).narrow(1, 0, 1).to_kind(Kind::Bool);
        let _ = mask.narrow(0, 1, 1).narrow(2, 0, 1).fill_(0);
        assert_eq!(percent(&mask).unwrap(), [100.0, 50.0]);
    }
}
