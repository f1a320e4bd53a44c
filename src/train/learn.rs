//! Steps of learning from batches.

use super::adam::Adam;
use super::curve::{Curve, Point};
use super::gradient;
use super::lesson::Lesson;
use super::options::TrainOptions;
use super::pace::Pace;
use super::replicas::Replicas;
use crate::error::{Error, Result};
use crate::models::Model;
use crate::stream::Sink;
use crate::tensors::Batch;

/// The batches of a step so far.
#[derive(Default)]
pub(super) struct Held {
    lesson: Lesson,
    batches: usize,
    names: Vec<String>,
}

/// The end of the training graph: forward, backward, and a step after every so many batches.
pub(super) struct Learn<'a> {
    pub(super) model: &'a Model,
    pub(super) replicas: &'a mut Replicas,
    pub(super) options: &'a TrainOptions,
    pub(super) adam: &'a mut Adam,
    pub(super) curve: &'a mut Curve,
    pub(super) epoch: u64,
    pub(super) step: &'a mut u64,
    pub(super) held: Held,
    /// The samples of the last step.
    pub(super) last: Vec<String>,
    pub(super) pace: &'a mut Pace,
    pub(super) progress: &'a mut dyn FnMut(&Point, &Pace),
}

impl Learn<'_> {
    /// A number that went wrong, with the samples that it came from.
    fn diverged(&self, what: &str, value: f64, names: &[String]) -> Error {
        Error::invalid(format!(
            "the {what} is {value} at step {} for samples {}",
            self.step,
            names.join(", ")
        ))
        .hint("look at these samples, lower --rate, or bound the gradient with --clip 1")
    }

    /// Refuses weights that are no numbers, as an overflow in the last step leaves them, before anything is made of them.
    pub(super) fn check_weights(&self) -> Result<()> {
        match gradient::not_finite(&self.model.vars)? {
            Some(name) => Err(self.diverged(&format!("weight {name}"), f64::NAN, &self.last)),
            None => Ok(()),
        }
    }

    fn hold(&mut self, batch: Batch) -> Result<()> {
        let lesson = self.replicas.learn(self.model, &batch, self.options)?;
        if !lesson.sum.is_finite() {
            return Err(self.diverged("loss", lesson.sum, &batch.names));
        }
        self.held.lesson = std::mem::take(&mut self.held.lesson).and(lesson)?;
        self.held.batches += 1;
        self.held.names.extend(batch.names);
        Ok(())
    }

    /// One step from the gradients of the held batches, which are of sums: the mean is theirs over
    /// the count of all.
    fn take_step(&mut self) -> Result<()> {
        let o = self.options;
        let held = std::mem::take(&mut self.held);
        let Lesson { sum, count, gradient } = held.lesson;
        let Some(gradient) = gradient.filter(|_| count > 0.0) else {
            // No pixel of these samples can be learned from: weights, moments and the curve stay.
            *self.step += 1;
            self.pace.learned(held.names.len());
            return Ok(());
        };
        let length = gradient::length(&gradient)? / count;
        // Weights are still those of the step before.
        if !length.is_finite() {
            return Err(self.diverged("gradient", length, &held.names));
        }
        let rate = o.rate * o.schedule.share(*self.step, o.steps, o.warmup);
        let scale = gradient::shrink(length, o.clip) / count;
        self.adam.step(&self.model.vars, gradient, rate, scale)?;
        self.replicas.follow(self.model)?;
        *self.step += 1;
        self.pace.learned(held.names.len());
        let point = Point {
            step: *self.step,
            epoch: self.epoch,
            split: "train",
            loss: sum / count,
            rate: Some(rate),
            gradient: Some(length),
        };
        self.last = held.names;
        self.curve.push(point);
        (self.progress)(&point, self.pace);
        Ok(())
    }
}

impl Sink for Learn<'_> {
    type In = Batch;

    fn name(&self) -> String {
        format!("learn {}", self.model.card.name)
    }

    fn accept(&mut self, batch: Batch) -> Result<()> {
        if *self.step >= self.options.steps {
            return Ok(());
        }
        self.pace.came();
        self.hold(batch)?;
        match self.held.batches >= self.options.accumulate.max(1) {
            true => self.take_step(),
            false => {
                self.pace.learned(0);
                Ok(())
            }
        }
    }
}
