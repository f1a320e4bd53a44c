//! What to train, on what, how.

use std::path::{Path, PathBuf};

use super::curve::{Curve, Point};
use super::fit::{Run, fit};
use super::identity::identity;
use super::measure::Measure;
use super::options::TrainOptions;
use super::pace::Pace;
use crate::archive::Archive;
use crate::error::{Error, Result};
use crate::geo::Split;
use crate::layout::{Exchange, Sample, Samples, taught};
use crate::models::{Card, Model};
use crate::ops::{check_coarse, thin, wants};
use crate::store::{digest, probe};
use crate::stream::{Cancel, Report};

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

/// What a training made.
#[derive(Debug)]
pub struct TrainSummary {
    /// The best weights by the metric that was watched; none if no epoch was ended yet.
    pub weights: Option<PathBuf>,
    /// Their value of it.
    pub best: Option<f64>,
    /// Steps taken, those before a resume included.
    pub step: u64,
    /// Whether patience ended before the steps did.
    pub stopped_early: bool,
    /// All losses.
    pub curve: Curve,
    /// All metrics.
    pub measures: Vec<Measure>,
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

/// The samples under the control of the options, if there is one. Refuses a control of an input that
/// the card does not take.
fn exchanged(job: &TrainJob<'_>, o: &TrainOptions, rows: Vec<Sample>) -> Result<Vec<Sample>> {
    let Some(control) = o.control.filter(|_| !rows.is_empty()) else { return Ok(rows) };
    let sensor = |name: &String| job.samples.role(name).map(|i| job.samples.roles[i].sensor);
    if !job.card.inputs.iter().any(|name| sensor(name) == Some(control.sensor())) {
        let (name, what) = (control.name(), control.sensor().name());
        return Err(Error::usage(format!("control {name}: {} takes no {what}", job.card.name))
            .hint("choose a card that does, or leave the control out"));
    }
    let exchange = Exchange::new(job.archive, job.samples, &[control], &rows)?;
    exchange.within_tiles(control, &rows, o.seed)
}

/// Trains a network on the samples of a layout; `progress` hears every step and every validation.
///
/// Writes `weights.safetensors`, `curve.parquet`, `metrics.parquet`, `tensorboard/` and a checkpoint
/// into the job's folder. Refuses a card whose roles the layout does not give, a split without
/// samples, options that cannot train, weights to start from that saw this archive by another split, and to resume from the checkpoint of another job.
pub fn train(
    job: &TrainJob<'_>,
    options: &TrainOptions,
    cancel: &Cancel,
    progress: &mut dyn FnMut(&Point, &Pace),
) -> Result<TrainSummary> {
    options.check()?;
    let (archive, samples, card) = (job.archive, job.samples, job.card.clone());
    let roles: Vec<&str> = samples.roles.iter().map(|r| r.name.as_str()).collect();
    card.check_roles(&roles, true)?;
    let mut names = card.inputs.clone();
    names.push(card.target.clone());
    names.extend(card.coarse_target());
    let run = Run {
        archive,
        wants: wants(&samples.roles, &names)?,
        train: exchanged(job, options, samples.without_answer(Split::Train, &card.target))?,
        valid: thin(
            exchanged(job, options, samples.without_answer(Split::Valid, &card.target))?,
            options.valid_max,
        ),
        card,
        options,
        cancel,
    };
    check(&run.train, &run.valid, &samples.layout)?;
    for rows in [&run.train, &run.valid] {
        check_coarse(archive, &run.wants, rows)?;
    }
    probe(&job.out.join("weights.safetensors"))?;
    let mut identity = identity(job, options);
    if let Some(weights) = &options.from {
        let about = Model::about(weights)?.1;
        samples.check_ground(weights, &about, job.snapshot)?;
        identity.insert("from".to_owned(), digest(weights)?);
        identity.insert("taught".to_owned(), serde_json::json!(taught(&about)).to_string());
    }
    fit(&run, job.out, identity, progress)
}
