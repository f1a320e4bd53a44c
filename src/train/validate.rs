//! Loss and metrics on samples that are not learned from.

use super::lesson::numbers;
use super::options::TrainOptions;
use crate::archive::Layer;
use crate::error::{Error, Result, While};
use crate::metrics::{Score, Scores};
use crate::models::{Manner, Model};
use crate::stream::Sink;
use crate::tensors::Batch;

/// The end of the validation graph.
pub(super) struct Validate<'a> {
    model: &'a Model,
    options: &'a TrainOptions,
    scores: Scores,
    sum: f64,
    count: f64,
}

impl<'a> Validate<'a> {
    pub(super) fn new(model: &'a Model, options: &'a TrainOptions) -> Self {
        let scores = Scores::new(Layer::S2Fine.bands());
        Self { model, options, scores, sum: 0.0, count: 0.0 }
    }

    /// Whether no pixel was valid.
    pub(super) fn is_empty(&self) -> bool {
        self.count == 0.0
    }

    /// The loss over all valid pixels and every metric of the 10 m bands.
    pub(super) fn finish(self) -> (f64, Vec<Score>) {
        (self.sum / self.count, self.scores.finish())
    }

    fn add(&mut self, batch: &Batch) -> Result<()> {
        let target = &self.model.card.target;
        let manner = Manner { bf16: false, channels_last: self.options.channels_last };
        let estimate = manner.run(|| self.model.forward(&batch.tensors))?;
        let (sum, count) = self.options.loss.of(&estimate, batch, &self.model.card)?;
        let (sum, count) = numbers(&sum, &count)?;
        self.sum += sum;
        self.count += count;
        let missing = || Error::internal(format!("the batch has no target '{target}'"));
        let truth = batch.tensors.get(target).ok_or_else(missing)?;
        let valid = batch.tensors.get(&format!("valid_{target}")).ok_or_else(missing)?;
        self.scores.update(&estimate.fine, truth, valid)
    }
}

impl Sink for Validate<'_> {
    type In = Batch;

    fn name(&self) -> String {
        format!("validate {}", self.model.card.name)
    }

    fn accept(&mut self, batch: Batch) -> Result<()> {
        tch::no_grad(|| self.add(&batch))
            .during(|| format!("validating samples {}", batch.names.join(", ")))
    }
}
