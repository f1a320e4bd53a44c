//! What to train, on what, how.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::checkpoint;
use super::curve::{Curve, Point};
use super::fit::{Run, fit};
use super::identity::identity;
use super::measure::Measure;
use super::options::TrainOptions;
use super::pace::Pace;
use crate::archive::Archive;
use crate::error::{Error, Result};
use crate::geo::{Split, SplitBy};
use crate::layout::{Exchange, Sample, Samples, taught};
use crate::models::{Card, Model};
use crate::ops::{Crop, check_coarse, thin, wants};
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
fn check(train: &[Sample], valid: &[Sample], samples: &Samples) -> Result<()> {
    for (name, set) in [("train", train), ("valid", valid)] {
        if set.is_empty() {
            let text = format!("layout '{}' gives no sample to {name}", samples.layout);
            return Err(Error::usage(text).hint(advice(samples)));
        }
    }
    Ok(())
}

/// Blocks below which a use is easily left without one: of twenty, three validate.
const FEW_BLOCKS: usize = 20;

/// How a split without samples comes to some. Windows bring dates, not ground: where the blocks are
/// few, they have to be smaller.
fn advice(samples: &Samples) -> String {
    let (by, side) = (samples.splitter.by, samples.splitter.block.max(1));
    let block = |s: &Sample| (Arc::clone(&s.tile), s.row / side, s.col / side);
    let blocks = samples.rows.iter().map(block).collect::<BTreeSet<_>>().len();
    if blocks == 0 {
        return "widen the layout's windows with --set; `eclaircie layout funnel` tells where the samples are lost".into();
    }
    if blocks >= FEW_BLOCKS || by == SplitBy::Regions || samples.told.is_some() {
        return "widen the layout's windows with --set, or change --split-seed, the shares, or the days of the split".into();
    }
    let smaller = match (by, side) {
        (_, 1) => "",
        (SplitBy::Tile, _) => "--split-block 1, or ",
        _ => "a smaller --split-block and --split-buffer, or ",
    };
    format!(
        "the samples lie in few blocks of {side} x {side} patches: take {smaller}an archive that was ingested with a smaller --patch, or change --split-seed or the shares"
    )
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

/// Whether a file lies in a folder, which may not be there yet.
fn is_inside(file: &Path, folder: &Path) -> bool {
    let real = |path: &Path| std::fs::canonicalize(path).ok();
    real(file).zip(real(folder)).is_some_and(|(file, folder)| file.starts_with(folder))
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
    if let (Some(name), false) = (checkpoint::left(job.out), options.resume || options.replace) {
        return Err(Error::usage(format!("{} holds a training already: {name}", job.out.display()))
            .hint("add --resume to go on with it or --replace to begin again, or train into another folder"));
    }
    if let Some(side) = options.crop {
        Crop::new(side, job.archive.settings().patch, options.seed, 0)?;
    }
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
    check(&run.train, &run.valid, samples)?;
    for rows in [&run.train, &run.valid] {
        check_coarse(archive, &run.wants, rows)?;
    }
    probe(&job.out.join("weights.safetensors"))?;
    let mut identity = identity(job, options);
    if let Some(weights) = &options.from {
        if is_inside(weights, job.out) {
            return Err(Error::usage(format!(
                "{} is in the folder of the training",
                weights.display()
            ))
            .hint("train into another folder: a training replaces the weights that are there"));
        }
        let about = Model::about(weights)?.1;
        samples.check_ground(weights, &about, job.snapshot)?;
        identity.insert("from".to_owned(), digest(weights)?);
        identity.insert("taught".to_owned(), serde_json::json!(taught(&about)).to_string());
    }
    fit(&run, job.out, identity, progress)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geo::Splitter;

    /// A sample of each patch of a tile of `side` x `side`, in blocks of `block` x `block`.
    fn samples(side: u32, block: u32) -> Samples {
        let (split, patches) = (Split::Train, Vec::new());
        let row = |i: u32| Sample {
            tile: "31TCJ".into(),
            row: i / side,
            col: i % side,
            split,
            patches: patches.clone(),
        };
        Samples {
            roles: Vec::new(),
            rows: (0..side * side).map(row).collect(),
            layout: "os2".into(),
            query_hash: String::new(),
            splitter: Splitter::new(block, 0.15, 0.2, 1),
            told: None,
        }
    }

    #[test]
    fn a_split_without_samples_is_told_to_take_smaller_blocks_where_there_are_few() {
        let hint = |samples: &Samples| {
            let error = check(&samples.rows, &[], samples).unwrap_err();
            error.advice().to_owned()
        };
        let one = hint(&samples(2, 2));
        assert!(one.contains("--split-block 1") && one.contains("--patch"), "{one}");
        let smallest = hint(&samples(2, 1));
        assert!(!smallest.contains("--split-block") && smallest.contains("--patch"), "{smallest}");
        let many = hint(&samples(20, 2));
        assert!(many.contains("--set") && !many.contains("--split-block"), "{many}");
        let told = Samples { told: Some("a rule".into()), ..samples(2, 2) };
        assert!(!hint(&told).contains("--split-block"));
        assert!(hint(&samples(0, 2)).contains("layout funnel"));
        let all = samples(2, 2);
        check(&all.rows, &all.rows, &all).unwrap();
    }
}
