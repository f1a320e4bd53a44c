//! What a network learns from one batch on one device.

use std::collections::BTreeMap;

use super::options::TrainOptions;
use crate::error::{Error, Result};
use crate::models::{Estimate, Model, in_bf16};
use crate::tensors::Batch;

/// A loss, beside gradients that lie with the weights.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Lesson {
    /// Sum of penalties.
    pub(super) sum: f64,
    /// Values that it is of.
    pub(super) count: f64,
}

impl Lesson {
    /// Both.
    pub(super) fn and(self, other: Self) -> Self {
        Self { sum: self.sum + other.sum, count: self.count + other.count }
    }
}

/// The loss of a batch, whose gradients are added to those of the model.
pub(super) fn lesson(model: &Model, batch: &Batch, o: &TrainOptions) -> Result<Lesson> {
    let estimate = in_bf16(o.bf16, || forward(model, batch, o))?;
    let (loss, count) = o.loss.of(&estimate, batch, &model.card)?;
    let sum = loss.double_value(&[]);
    // Not from what is not a number: the weights stay as they are.
    if sum.is_finite() {
        loss.f_backward().map_err(|e| Error::internal("cannot go backward").with_source(e))?;
    }
    Ok(Lesson { sum, count })
}

/// The model's answer for a batch, its inputs in memory as the options say.
pub(super) fn forward(model: &Model, batch: &Batch, o: &TrainOptions) -> Result<Estimate> {
    if !o.channels_last {
        return model.forward(&batch.tensors);
    }
    let mut tensors = BTreeMap::new();
    for role in &model.card.inputs {
        if let Some(tensor) = batch.tensors.get(role) {
            // [b, c, h, w] whose memory is [b, h, w, c]: convolutions take it as it lies.
            let last = tensor.f_permute([0, 2, 3, 1])?.f_contiguous()?;
            tensors.insert(role.clone(), last.f_permute([0, 3, 1, 2])?);
        }
    }
    model.forward(&tensors)
}
