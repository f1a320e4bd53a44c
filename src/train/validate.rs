//! The loss on samples that are not learned from.

use super::learn::loss;
use crate::error::Result;
use crate::models::Model;
use crate::stream::Sink;
use crate::tensors::Batch;

/// The end of the validation graph: the mean loss over samples.
pub(super) struct Validate<'a> {
    pub(super) model: &'a Model,
    pub(super) sum: f64,
    pub(super) count: f64,
}

impl Validate<'_> {
    pub(super) fn mean(&self) -> f64 {
        self.sum / self.count.max(1.0)
    }
}

impl Sink for Validate<'_> {
    type In = Batch;

    fn name(&self) -> String {
        format!("validate {}", self.model.card.name)
    }

    fn accept(&mut self, batch: Batch) -> Result<()> {
        let value = tch::no_grad(|| -> Result<f64> {
            let output = self.model.forward(&batch.tensors)?;
            Ok(loss(&output, &batch, &self.model.card.target)?.double_value(&[]))
        })?;
        let n = batch.names.len() as f64;
        self.sum += value * n;
        self.count += n;
        Ok(())
    }
}
