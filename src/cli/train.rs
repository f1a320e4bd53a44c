//! `train`: fit a network to the samples of a layout.

use std::path::PathBuf;

use super::{Done, args, progress::Progress};
use crate::error::Result;
use crate::models::Card;
use crate::stream::Cancel;
use crate::tensors::pick_device;
use crate::train::{TrainJob, TrainOptions, train};

/// Train a network from the samples of a layout, straight from the archive.
///
/// Example: eclaircie train archive/ --layout os2 --model msop-unet-small --to runs/msop
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The archive.
    archive: PathBuf,
    #[command(flatten)]
    layout: args::LayoutArgs,
    /// A shipped card (see `eclaircie model list`) or your own file.
    #[arg(long, value_name = "CARD|FILE")]
    model: String,
    /// Folder for weights, checkpoint and curve.
    #[arg(long, value_name = "FOLDER")]
    to: PathBuf,
    /// Optimiser steps.
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..))]
    steps: u64,
    /// Stop after so many steps, also inside an epoch; --resume goes on from there.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    stop_after: Option<u64>,
    /// Steps between two validations.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..))]
    steps_per_epoch: u64,
    /// Steps between two checkpoints inside an epoch, from which --resume goes on after a kill.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u64).range(1..))]
    checkpoint_every: u64,
    /// Samples a step.
    #[arg(long, default_value_t = 4, value_parser = args::parse_count)]
    batch: usize,
    /// Learning rate at the start.
    #[arg(long, default_value_t = 1e-3)]
    rate: f64,
    /// Chance.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Validation samples at most.
    #[arg(long, default_value_t = 32, value_parser = args::parse_count)]
    valid_max: usize,
    /// Do not flip and turn batches.
    #[arg(long)]
    no_augment: bool,
    /// Learn from windows of so many pixels, drawn inside patches; validation sees whole patches.
    #[arg(long, value_name = "PIXELS", value_parser = args::parse_count)]
    crop: Option<usize>,
    /// Go on from the folder's checkpoint, if there is one.
    #[arg(long)]
    resume: bool,
    /// auto, cpu, cuda or cuda:N.
    #[arg(long, default_value = "auto")]
    device: String,
    #[command(flatten)]
    stream: args::StreamArgs,
}

pub(super) fn run(a: Args, cancel: &Cancel) -> Result<Done> {
    let archive = a.stream.open(&a.archive)?;
    let card = Card::open(&a.model)?;
    let (samples, snapshot) = a.layout.samples(&archive)?;
    let options = TrainOptions {
        batch: a.batch.max(1),
        steps: a.steps,
        stop_after: a.stop_after,
        steps_per_epoch: a.steps_per_epoch,
        checkpoint_every: a.checkpoint_every,
        rate: a.rate,
        seed: a.seed,
        valid_max: a.valid_max,
        augment: !a.no_augment,
        crop: a.crop,
        edge_bytes: a.stream.memory,
        workers: a.stream.workers,
        device: pick_device(&a.device)?,
        trace: a.stream.tracer()?,
        resume: a.resume,
    };
    let mut bar = Progress::new(format!("train {}", card.name), "steps");
    let job = TrainJob {
        archive: &archive,
        samples: &samples,
        snapshot: &snapshot,
        card: &card,
        out: &a.to,
    };
    let trained = train(&job, &options, cancel, &mut |p| {
        bar.at(p.step, options.steps);
        if p.split == "valid" {
            bar.note(&format!("valid loss {:.4}", p.loss));
        }
    });
    let summary = a.stream.traced(options.trace.as_ref(), trained)?;
    let best = summary.best.zip(summary.weights.as_ref());
    let mut outcome = match best {
        Some((best, weights)) => format!("best validation loss {best:.4}, {}", weights.display()),
        None => "no validation yet".to_owned(),
    };
    if summary.step < a.steps {
        outcome += &format!("; stopped at step {}, go on with --resume;", summary.step);
    }
    bar.finish(&outcome);
    a.stream.report(&[summary.report])?;
    Ok(Done::Whole)
}
