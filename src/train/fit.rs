//! Epochs of learning and validation.

use std::collections::BTreeMap;
use std::path::Path;

use super::adam::Adam;
use super::checkpoint::{self, State};
use super::curve::{Curve, Point};
use super::job::{TrainOptions, TrainSummary};
use super::learn::Learn;
use super::validate::Validate;
use crate::archive::Archive;
use crate::error::{Error, Kind, Result};
use crate::layout::Sample;
use crate::models::{Card, Model};
use crate::ops::{Augment, Crop, Gather, Normalise, Want, ordered};
use crate::stream::{Cancel, Graph, Items, Pipe, Report};
use crate::tensors::Batch;

/// What stays the same through a training.
pub(super) struct Run<'a> {
    pub(super) archive: &'a Archive,
    pub(super) card: Card,
    pub(super) wants: Vec<Want>,
    pub(super) train: Vec<Sample>,
    pub(super) valid: Vec<Sample>,
    pub(super) options: &'a TrainOptions,
    pub(super) cancel: &'a Cancel,
}

impl Run<'_> {
    /// Samples in, normalised batches out.
    fn batches(&self, name: &str, samples: Vec<Sample>, crop: Option<Crop>) -> Pipe<Batch> {
        let o = self.options;
        let batches: Vec<Vec<Sample>> =
            samples.chunks(o.batch.max(1)).map(<[Sample]>::to_vec).collect();
        Graph::new(name, o.edge_bytes)
            .source(Items::new("samples", batches))
            .spread(o.workers, |_| Gather::new(self.archive, None, &self.wants).cropped(crop))
            .then(Normalise::new(o.device))
    }

    fn validate(&self, model: &Model) -> Result<f64> {
        let mut sink = Validate { model, sum: 0.0, count: 0.0 };
        let plan = self.batches("validate", self.valid.clone(), None).sink(&mut sink);
        plan.with_trace(self.options.trace.as_ref()).run(self.cancel)?;
        Ok(sink.mean())
    }
}

/// A training under way.
struct Fit<'r, 'a> {
    run: &'r Run<'a>,
    out: &'r Path,
    model: Model,
    adam: Adam,
    curve: Curve,
    state: State,
    report: Report,
}

/// Trains, and writes weights, curve and checkpoints into `out`.
pub(super) fn fit(
    run: &Run<'_>,
    out: &Path,
    identity: BTreeMap<String, String>,
    progress: &mut dyn FnMut(&Point),
) -> Result<TrainSummary> {
    let mut fit = Fit::start(run, out, identity)?;
    fit.go(progress)?;
    let state = &fit.state;
    if state.best.is_none() && state.step >= run.options.steps {
        let text = "no validation loss was a number";
        return Err(Error::invalid(text).hint("lower --rate and train again"));
    }
    let weights = state.best.map(|_| out.join("weights.safetensors"));
    Ok(TrainSummary {
        weights,
        best: state.best,
        step: state.step,
        curve: fit.curve,
        report: fit.report,
    })
}

impl<'r, 'a> Fit<'r, 'a> {
    /// From the first step, or from the checkpoint if that is asked for.
    fn start(run: &'r Run<'a>, out: &'r Path, identity: BTreeMap<String, String>) -> Result<Self> {
        let o = run.options;
        let mut model = Model::new(run.card.clone(), o.seed as i64, o.device)?;
        let mut adam = Adam::new(&model.vars, o.rate);
        let mut curve = Curve::default();
        let mut state =
            State { version: checkpoint::VERSION, identity, epochs_done: 0, step: 0, best: None };
        if o.resume
            && let Some((s, c)) = checkpoint::load(out, &state.identity, &mut model, &mut adam)?
        {
            (state, curve) = (s, c);
        }
        Ok(Self { run, out, model, adam, curve, state, report: Report::default() })
    }

    /// Epoch after epoch, a checkpoint after each and every so many steps inside.
    fn go(&mut self, progress: &mut dyn FnMut(&Point)) -> Result<()> {
        let o = self.run.options;
        let last = o.steps.min(o.stop_after.unwrap_or(u64::MAX));
        let length = o.steps_per_epoch.max(1);
        while self.state.epochs_done.saturating_mul(length) < o.steps {
            let start = self.state.epochs_done * length;
            let end = start.saturating_add(length).min(o.steps);
            let pause = self.state.step.saturating_add(o.checkpoint_every.max(1));
            let stop = end.min(last).min(pause);
            if self.state.step < stop {
                self.learn(start, stop, progress)?;
            }
            if self.state.step == end {
                self.close(progress)?;
            }
            self.save()?;
            if self.state.step >= last {
                break;
            }
        }
        Ok(())
    }

    /// The steps of an epoch, which began at step `start`, up to step `stop`.
    fn learn(&mut self, start: u64, stop: u64, progress: &mut dyn FnMut(&Point)) -> Result<()> {
        let o = self.run.options;
        let epoch = self.state.epochs_done;
        let done = self.state.step - start;
        let mut picked = pick(&self.run.train, o.seed, epoch, (stop - start) as usize * o.batch);
        picked.drain(..(done as usize * o.batch).min(picked.len()));
        let patch = self.run.archive.settings().patch;
        let crop = o.crop.map(|side| Crop::new(side, patch, o.seed, epoch)).transpose()?;
        let pipe = self.run.batches("train", picked, crop);
        let pipe = match o.augment {
            true => pipe.then(Augment::new(o.seed, epoch).after(done)),
            false => pipe,
        };
        let scale = |step: u64| {
            let t = step as f64 / o.steps.max(1) as f64;
            0.1 + 0.45 * (1.0 + (std::f64::consts::PI * t.min(1.0)).cos())
        };
        let mut sink = Learn {
            model: &self.model,
            adam: &mut self.adam,
            curve: &mut self.curve,
            epoch,
            step: &mut self.state.step,
            steps_max: o.steps,
            rate_scale: &scale,
            progress,
        };
        let plan = pipe.sink(&mut sink).with_trace(o.trace.as_ref());
        match plan.run(self.run.cancel) {
            Ok(report) => self.report = report,
            Err(e) if e.kind() == Kind::Cancelled => {
                // Between two steps everything is whole.
                self.save()?;
                return Err(e.hint("go on from here with --resume"));
            }
            Err(e) => return Err(e),
        }
        if self.state.step < stop {
            return Err(Error::internal("an epoch ended before its steps"));
        }
        Ok(())
    }

    /// Validates at the end of an epoch, and keeps the weights if they are the best.
    fn close(&mut self, progress: &mut dyn FnMut(&Point)) -> Result<()> {
        let loss = self.run.validate(&self.model)?;
        let (step, epoch) = (self.state.step, self.state.epochs_done);
        let point = Point { step, epoch, split: "valid", loss };
        self.curve.push(point);
        progress(&point);
        self.state.epochs_done += 1;
        if loss.is_finite() && self.state.best.is_none_or(|b| loss < b) {
            self.state.best = Some(loss);
            let mut about = self.state.identity.clone();
            about.insert("valid_loss".into(), loss.to_string());
            about.insert("step".into(), step.to_string());
            self.model.save(&self.out.join("weights.safetensors"), &about)?;
        }
        Ok(())
    }

    fn save(&self) -> Result<()> {
        checkpoint::save(self.out, &self.state, &self.model, &self.adam, &self.curve)?;
        self.curve.write(&self.out.join("curve.parquet"))
    }
}

/// Exactly `most` samples: whole epochs' orders one after another when the set is smaller.
fn pick(all: &[Sample], seed: u64, epoch: u64, most: usize) -> Vec<Sample> {
    let mut picked = Vec::with_capacity(most);
    let mut round = 0;
    while picked.len() < most && !all.is_empty() {
        picked.extend(ordered(all, seed ^ (round << 32), epoch, most - picked.len()));
        round += 1;
    }
    picked
}
