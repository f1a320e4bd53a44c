//! What a network learns from one batch on one device.

use tch::{Device, Kind, Tensor};

use super::gradient;
use super::options::TrainOptions;
use crate::error::Result;
use crate::models::{Manner, Model};
use crate::tensors::Batch;

/// A loss and its gradient.
#[derive(Debug, Default)]
pub(super) struct Lesson {
    /// Sum of penalties.
    pub(super) sum: f64,
    /// Values that it is of.
    pub(super) count: f64,
    /// That of the sum, as [`gradient::of`] gives it; none before the first batch.
    pub(super) gradient: Option<Tensor>,
}

impl Lesson {
    /// Both, the gradient where this one's lies.
    pub(super) fn and(self, other: Self) -> Result<Self> {
        let gradient = match (self.gradient, other.gradient) {
            (Some(mut own), Some(more)) => Some(own.f_add_(&more.f_to_device(own.device())?)?),
            (own, more) => own.or(more),
        };
        Ok(Self { sum: self.sum + other.sum, count: self.count + other.count, gradient })
    }
}

/// The loss of a batch and its gradient.
pub(super) fn lesson(model: &Model, batch: &Batch, o: &TrainOptions) -> Result<Lesson> {
    let manner = Manner { bf16: o.bf16, channels_last: o.channels_last };
    let estimate = manner.run(|| model.forward(&batch.tensors))?;
    let (sum, count) = o.loss.of(&estimate, batch, &model.card)?;
    let gradient = gradient::of(&sum, &model.vars)?;
    // Only now: a GPU is still busy, and a look at a number waits for it.
    let (sum, count) = numbers(&sum, &count)?;
    Ok(Lesson { sum, count, gradient: Some(gradient) })
}

/// Two tensors `[]` in one look at their device.
pub(super) fn numbers(a: &Tensor, b: &Tensor) -> Result<(f64, f64)> {
    let both = [a.f_detach()?.f_to_kind(Kind::Double)?, b.f_detach()?.f_to_kind(Kind::Double)?];
    let both = Tensor::f_stack(&both, 0)?.f_to_device(Device::Cpu)?;
    Ok((both.f_double_value(&[0])?, both.f_double_value(&[1])?))
}
