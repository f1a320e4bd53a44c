//! Epochs of learning and validation.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tch::Device;

use super::adam::Adam;
use super::checkpoint::{self, State};
use super::curve::{Curve, Point};
use super::learn::Learn;
use super::validate::Validate;
use crate::archive::Archive;
use crate::error::{Error, Result};
use crate::geo::Split;
use crate::layout::{Sample, Samples};
use crate::models::{Card, Model};
use crate::ops::{Augment, MakeBatch, Normalise, Read, Want, ordered, thin, wants};
use crate::stream::{Cancel, Graph, Items, Pipe, Report};
use crate::tensors::Batch;

/// What to train, on what.
#[derive(Debug, Clone, Copy)]
pub struct TrainJob<'a> {
    /// Where the pixels are.
    pub archive: &'a Archive,
    /// The samples of a layout over that archive.
    pub samples: &'a Samples,
    /// The state of the catalog that gave them; a checkpoint of another one is not resumed.
    pub snapshot: &'a str,
    /// The network.
    pub card: &'a Card,
    /// Folder for weights, checkpoint and curve.
    pub out: &'a Path,
}

/// How to train.
#[derive(Debug, Clone)]
pub struct TrainOptions {
    /// Samples a step.
    pub batch: usize,
    /// Optimiser steps in all.
    pub steps: u64,
    /// Stop after so many steps, with a checkpoint from which `resume` goes on.
    pub stop_after: Option<u64>,
    /// Steps between two validations; an epoch is at most so long.
    pub steps_per_epoch: u64,
    /// Learning rate at the start; it falls to a tenth along a cosine.
    pub rate: f64,
    /// Chance: initial weights, order, augmentation.
    pub seed: u64,
    /// Validation samples at most, spread evenly over the split.
    pub valid_max: usize,
    /// Flip and turn batches.
    pub augment: bool,
    /// Bytes on the edges of the graph.
    pub edge_bytes: usize,
    /// Reading threads.
    pub workers: usize,
    /// Where.
    pub device: Device,
    /// Go on from the checkpoint in the folder, if there is one.
    pub resume: bool,
}

impl Default for TrainOptions {
    fn default() -> Self {
        Self {
            batch: 4,
            steps: 300,
            stop_after: None,
            steps_per_epoch: 50,
            rate: 1e-3,
            seed: 1,
            valid_max: 32,
            augment: true,
            edge_bytes: 512 << 20,
            workers: 2,
            device: Device::Cpu,
            resume: false,
        }
    }
}

/// What a training made.
#[derive(Debug)]
pub struct TrainSummary {
    /// The best weights by validation loss.
    pub weights: PathBuf,
    /// Their validation loss.
    pub best: f64,
    /// All losses.
    pub curve: Curve,
    /// Statistics of the last training epoch.
    pub report: Report,
}

struct Run<'a> {
    archive: &'a Archive,
    card: Card,
    wants: Vec<Want>,
    train: Vec<Sample>,
    valid: Vec<Sample>,
    options: &'a TrainOptions,
    cancel: &'a Cancel,
}

impl Run<'_> {
    /// Samples in, normalised batches out.
    fn batches(&self, name: &str, samples: Vec<Sample>) -> Pipe<Batch> {
        let o = self.options;
        Graph::new(name, o.edge_bytes)
            .source(Items::new("samples", samples))
            .spread(o.workers, |_| Read::new(self.archive, None, &self.wants))
            .then(MakeBatch::new(o.batch, self.archive.settings().patch))
            .then(Normalise::new(o.device))
    }

    fn validate(&self, model: &Model) -> Result<f64> {
        let mut sink = Validate { model, sum: 0.0, count: 0.0 };
        self.batches("validate", self.valid.clone()).sink(&mut sink).run(self.cancel)?;
        Ok(sink.mean())
    }
}

/// Refuses an empty split with what to change.
fn check(train: &[Sample], valid: &[Sample], layout: &str) -> Result<()> {
    for (name, set) in [("train", train), ("valid", valid)] {
        if set.is_empty() {
            return Err(Error::usage(format!("layout '{layout}' gives no sample to {name}")).hint(
                "widen the layout's windows with --set, or change --split-seed, the shares, or the days of the split",
            ));
        }
    }
    Ok(())
}

/// Trains a network on the samples of a layout; `progress` hears every step and every validation.
///
/// Writes `weights.safetensors`, `curve.parquet` and a checkpoint into the job's folder. Refuses a
/// card whose roles the layout does not give, a split without samples, and to resume from the
/// checkpoint of another job.
pub fn train(
    job: &TrainJob<'_>,
    options: &TrainOptions,
    cancel: &Cancel,
    progress: &mut dyn FnMut(&Point),
) -> Result<TrainSummary> {
    let (archive, samples, card) = (job.archive, job.samples, job.card.clone());
    let roles: Vec<&str> = samples.roles.iter().map(|r| r.name.as_str()).collect();
    card.check_roles(&roles, true)?;
    let mut names = card.inputs.clone();
    names.push(card.target.clone());
    let run = Run {
        archive,
        wants: wants(&samples.roles, &names)?,
        train: samples.without_answer(Split::Train, &job.card.target),
        valid: thin(samples.without_answer(Split::Valid, &job.card.target), options.valid_max),
        card,
        options,
        cancel,
    };
    check(&run.train, &run.valid, &samples.layout)?;
    crate::store::probe(&job.out.join("weights.safetensors"))?;
    fit(&run, job.out, identity(job, options), progress)
}

/// What makes a run the same run.
fn identity(job: &TrainJob<'_>, o: &TrainOptions) -> BTreeMap<String, String> {
    let card = serde_json::json!(job.card).to_string();
    let pairs = [
        ("card", card),
        ("split", serde_json::json!(job.samples.splitter).to_string()),
        ("steps_per_epoch", o.steps_per_epoch.to_string()),
        ("valid_max", o.valid_max.to_string()),
        ("augment", o.augment.to_string()),
        ("layout", job.samples.layout.clone()),
        ("query_hash", job.samples.query_hash.clone()),
        ("snapshot", job.snapshot.to_owned()),
        ("seed", o.seed.to_string()),
        ("batch", o.batch.to_string()),
        ("rate", o.rate.to_string()),
        ("steps", o.steps.to_string()),
    ];
    pairs.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()
}

fn fit(
    run: &Run<'_>,
    out: &Path,
    identity: BTreeMap<String, String>,
    progress: &mut dyn FnMut(&Point),
) -> Result<TrainSummary> {
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
    let weights = out.join("weights.safetensors");
    let scale = |step: u64| {
        let t = step as f64 / o.steps.max(1) as f64;
        0.1 + 0.45 * (1.0 + (std::f64::consts::PI * t.min(1.0)).cos())
    };
    let mut report = Report::default();
    let last = o.steps.min(o.stop_after.unwrap_or(u64::MAX));
    while state.step < last {
        let epoch = state.epochs_done;
        let left = o.steps.min(state.step + o.steps_per_epoch.max(1)) - state.step;
        let most = left as usize * o.batch;
        let picked = pick(&run.train, o.seed, epoch, most);
        let pipe = run.batches("train", picked);
        let pipe = if o.augment { pipe.then(Augment::new(o.seed, epoch)) } else { pipe };
        let first = curve.points.len();
        let mut sink = Learn {
            model: &model,
            adam: &mut adam,
            curve: &mut curve,
            epoch,
            step: &mut state.step,
            steps_max: o.steps,
            rate_scale: &scale,
            progress,
        };
        report = pipe.sink(&mut sink).run(run.cancel)?;
        if curve.points.len() == first {
            return Err(Error::internal("an epoch took no step"));
        }
        let loss = run.validate(&model)?;
        let point = Point { step: state.step, epoch, split: "valid", loss };
        curve.push(point);
        progress(&point);
        state.epochs_done += 1;
        if loss.is_finite() && state.best.is_none_or(|b| loss < b) {
            state.best = Some(loss);
            let mut about = state.identity.clone();
            about.insert("valid_loss".into(), loss.to_string());
            about.insert("step".into(), state.step.to_string());
            model.save(&weights, &about)?;
        }
        checkpoint::save(out, &state, &model, &adam, &curve)?;
        curve.write(&out.join("curve.parquet"))?;
    }
    let best = state.best.ok_or_else(|| {
        Error::invalid("no validation loss was a number").hint("lower --rate and train again")
    })?;
    Ok(TrainSummary { weights, best, curve, report })
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
