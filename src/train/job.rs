//! What to train, on what, how.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tch::Device;

use super::curve::{Curve, Point};
use super::fit::{Run, fit};
use crate::archive::Archive;
use crate::error::{Error, Result};
use crate::geo::Split;
use crate::layout::{Sample, Samples};
use crate::models::Card;
use crate::ops::{thin, wants};
use crate::stream::{Cancel, Report, Trace, cores};

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
    /// Stop after so many steps, also inside an epoch, with a checkpoint from which `resume` goes on.
    pub stop_after: Option<u64>,
    /// Steps between two validations; an epoch is at most so long.
    pub steps_per_epoch: u64,
    /// Steps between two checkpoints inside an epoch; each epoch ends with one.
    pub checkpoint_every: u64,
    /// Learning rate at the start; it falls to a tenth along a cosine.
    pub rate: f64,
    /// Chance: initial weights, order, augmentation.
    pub seed: u64,
    /// Validation samples at most, spread evenly over the split.
    pub valid_max: usize,
    /// Flip and turn batches.
    pub augment: bool,
    /// Learn from windows of so many px, drawn inside patches; validation sees whole patches.
    pub crop: Option<usize>,
    /// Bytes on the edges of the graph.
    pub edge_bytes: usize,
    /// Reading threads.
    pub workers: usize,
    /// Where.
    pub device: Device,
    /// Where runs are recorded, if anywhere.
    pub trace: Option<Trace>,
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
            checkpoint_every: 500,
            rate: 1e-3,
            seed: 1,
            valid_max: 32,
            augment: true,
            crop: None,
            edge_bytes: 512 << 20,
            workers: cores(),
            device: Device::Cpu,
            trace: None,
            resume: false,
        }
    }
}

/// What a training made.
#[derive(Debug)]
pub struct TrainSummary {
    /// The best weights by validation loss; none if no epoch was ended yet.
    pub weights: Option<PathBuf>,
    /// Their validation loss.
    pub best: Option<f64>,
    /// Steps taken, those before a resume included.
    pub step: u64,
    /// All losses.
    pub curve: Curve,
    /// Statistics of the last training epoch.
    pub report: Report,
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
        ("crop", o.crop.map_or_else(|| "none".to_owned(), |side| side.to_string())),
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
