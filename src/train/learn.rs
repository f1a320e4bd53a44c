//! One step of learning a batch.

use tch::{Kind, Tensor};

use super::adam::Adam;
use super::curve::{Curve, Point};
use crate::error::{Error, Result};
use crate::models::Model;
use crate::stream::Sink;
use crate::tensors::Batch;

/// Mean absolute error over valid target pixels, all bands: the loss of the study, masked.
pub(super) fn loss(output: &Tensor, batch: &Batch, target: &str) -> Result<Tensor> {
    let missing = || Error::internal(format!("the batch has no target '{target}'"));
    let truth = batch.tensors.get(target).ok_or_else(missing)?;
    let valid = batch.tensors.get(&format!("valid_{target}")).ok_or_else(missing)?;
    let compute = || -> std::result::Result<Tensor, tch::TchError> {
        // [b, 1, h, w] over [b, 4, h, w]
        let weight = valid.f_to_kind(Kind::Float)?;
        let sum = output.f_sub(truth)?.f_abs()?.f_mul(&weight)?.f_sum(Kind::Float)?;
        let count = weight.f_sum(Kind::Float)?.f_mul_scalar(output.size()[1] as f64)?;
        sum.f_div(&count.f_clamp_min(1.0)?)
    };
    compute().map_err(|e| Error::internal("cannot compute the loss").with_source(e))
}

/// The end of the training graph: forward, backward, step.
pub(super) struct Learn<'a> {
    pub(super) model: &'a Model,
    pub(super) adam: &'a mut Adam,
    pub(super) curve: &'a mut Curve,
    pub(super) epoch: u64,
    pub(super) step: &'a mut u64,
    pub(super) steps_max: u64,
    pub(super) rate_scale: &'a dyn Fn(u64) -> f64,
    pub(super) progress: &'a mut dyn FnMut(&Point),
}

impl Sink for Learn<'_> {
    type In = Batch;

    fn name(&self) -> String {
        format!("learn {}", self.model.card.name)
    }

    fn accept(&mut self, batch: Batch) -> Result<()> {
        if *self.step >= self.steps_max {
            return Ok(());
        }
        let output = self.model.forward(&batch.tensors)?;
        let loss = loss(&output, &batch, &self.model.card.target)?;
        let value = loss.double_value(&[]);
        if !value.is_finite() {
            return Err(Error::invalid(format!(
                "the loss is {value} at step {} for samples {}",
                self.step,
                batch.names.join(", ")
            ))
            .hint("look at these samples, or lower --rate"));
        }
        loss.f_backward().map_err(|e| Error::internal("cannot go backward").with_source(e))?;
        self.adam.step(&self.model.vars, (self.rate_scale)(*self.step))?;
        *self.step += 1;
        let point = Point { step: *self.step, epoch: self.epoch, split: "train", loss: value };
        self.curve.push(point);
        (self.progress)(&point);
        Ok(())
    }
}
