//! What a training makes small.

use std::fmt;

use tch::{Kind, Tensor};

use crate::error::{Error, Result, While};
use crate::models::{Card, Estimate};
use crate::tensors::Batch;

/// Error below which [`Loss::Charbonnier`] is nearly a square, reflectance.
const SOFT: f64 = 1e-3;

/// The penalty of an error; its mean over valid pixels and bands is the loss.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Loss {
    /// Absolute error: the study's.
    #[default]
    L1,
    /// `sqrt(error^2 + 0.001^2)`: absolute error without its corner.
    Charbonnier,
    /// Squared error.
    Mse,
}

impl Loss {
    /// `l1`, `charbonnier` or `mse`.
    pub fn parse(text: &str) -> std::result::Result<Self, String> {
        let found = [Self::L1, Self::Charbonnier, Self::Mse];
        let found = found.into_iter().find(|loss| loss.to_string() == text);
        found.ok_or_else(|| "write l1, charbonnier or mse".to_owned())
    }

    fn penalty(self, error: &Tensor) -> std::result::Result<Tensor, tch::TchError> {
        match self {
            Self::L1 => error.f_abs(),
            Self::Charbonnier => error.f_square()?.f_add_scalar(SOFT * SOFT)?.f_sqrt(),
            Self::Mse => error.f_square(),
        }
    }

    /// Sum of penalties of an answer, and the values that it is of, as [`Self::sum`]. With 20 m bands
    /// their penalties count as much as those of the 10 m bands, whose values are more: where all
    /// pixels are valid the quotient is the sum of both means, the study's loss.
    pub(super) fn of(
        self,
        estimate: &Estimate,
        batch: &Batch,
        card: &Card,
    ) -> Result<(Tensor, Tensor)> {
        let (sum, count) = self.sum(&estimate.fine, batch, &card.target)?;
        let Some((target, coarse)) = card.coarse_target().zip(estimate.coarse.as_ref()) else {
            return Ok((sum, count));
        };
        let share = estimate.fine.numel() as f64 / coarse.numel().max(1) as f64;
        let (more, _) = self.sum(coarse, batch, &target)?;
        Ok((sum.f_add(&more.f_mul_scalar(share)?)?, count))
    }

    /// Sum of penalties over the valid pixels and bands of the batch's tensor `target`, and how many
    /// values that are: parts of a step add up to what one large batch gives.
    ///
    /// `output` is `[b, c, h, w]` reflectance of any float kind.
    fn sum(self, output: &Tensor, batch: &Batch, target: &str) -> Result<(Tensor, Tensor)> {
        let missing = || Error::internal(format!("the batch has no target '{target}'"));
        let truth = batch.tensors.get(target).ok_or_else(missing)?;
        let valid = batch.tensors.get(&format!("valid_{target}")).ok_or_else(missing)?;
        let compute = || -> std::result::Result<(Tensor, Tensor), tch::TchError> {
            // [b, 1, h, w] over [b, c, h, w]
            let weight = valid.f_to_kind(Kind::Float)?;
            let error = output.f_to_kind(Kind::Float)?.f_sub(truth)?;
            let sum = self.penalty(&error)?.f_mul(&weight)?.f_sum(Kind::Float)?;
            let channels = output.size().get(1).copied().unwrap_or(1);
            let count = weight.f_sum(Kind::Double)?.f_mul_scalar(channels)?;
            Ok((sum, count))
        };
        compute().map_err(Error::from).during(|| "computing the loss")
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::L1 => "l1",
            Self::Charbonnier => "charbonnier",
            Self::Mse => "mse",
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use tch::Device;

    use super::*;

    #[test]
    fn each_loss_is_its_formula_over_valid_pixels_only() {
        let row = |v: [f32; 3]| Tensor::from_slice(&v).view([1, 1, 1, 3]);
        let mut tensors = BTreeMap::new();
        tensors.insert("s2_target".to_owned(), row([0.1, 0.2, -1.0]));
        let valid = Tensor::from_slice(&[true, true, false]).view([1, 1, 1, 3]);
        tensors.insert("valid_s2_target".to_owned(), valid.to_device(Device::Cpu));
        let batch = Batch { tensors, names: vec!["a".into()] };
        let output = row([0.4, 0.2, 9.0]);
        for (loss, want) in [
            (Loss::L1, 0.3),
            (Loss::Mse, 0.09),
            (Loss::Charbonnier, (0.09_f64 + 1e-6).sqrt() + 1e-3),
        ] {
            let (sum, count) = loss.sum(&output, &batch, "s2_target").unwrap();
            assert_eq!(count.double_value(&[]), 2.0);
            assert!((sum.double_value(&[]) - want).abs() < 1e-6, "{loss}");
            assert_eq!(Loss::parse(&loss.to_string()), Ok(loss));
        }
        assert!(Loss::parse("l2").is_err());
    }

    #[test]
    fn the_means_of_both_pixel_sizes_are_added() {
        let options = (Kind::Float, Device::Cpu);
        let fine = Tensor::full([1, 4, 8, 8], 0.1, options);
        let coarse = Some(Tensor::full([1, 6, 4, 4], 0.3, options));
        let mut tensors = BTreeMap::new();
        for (name, bands, side) in [("s2_target", 4, 8), ("s2_20m_target", 6, 4)] {
            tensors.insert(name.to_owned(), Tensor::zeros([1, bands, side, side], options));
            let valid = Tensor::ones([1, 1, side, side], (Kind::Bool, Device::Cpu));
            tensors.insert(format!("valid_{name}"), valid);
        }
        let batch = Batch { tensors, names: vec!["a".into()] };
        let card = Card::open("david-20m").unwrap();
        let (sum, count) = Loss::L1.of(&Estimate { fine, coarse }, &batch, &card).unwrap();
        assert!((sum.double_value(&[]) / count.double_value(&[]) - 0.4).abs() < 1e-6);
    }
}
