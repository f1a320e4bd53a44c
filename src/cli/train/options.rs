//! How to train, as options.

use std::path::PathBuf;

use super::super::args;
use crate::error::{Error, Result};
use crate::layout::Control;
use crate::tensors::pick_device;
use crate::train::{Loss, Monitor, Optimiser, Schedule, TrainOptions};

/// How to train.
#[derive(Debug, clap::Args)]
pub(super) struct OptionArgs {
    /// Optimiser steps.
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) steps: u64,
    /// Stop after so many steps, also inside an epoch; --resume goes on from there.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    stop_after: Option<u64>,
    /// Steps between two validations.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..))]
    steps_per_epoch: u64,
    /// Steps between two checkpoints inside an epoch, from which --resume goes on after a kill.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u64).range(1..))]
    checkpoint_every: u64,
    /// Samples a batch.
    #[arg(long, default_value_t = 4, value_parser = args::parse_count)]
    batch: usize,
    /// Batches a step: a large batch that memory holds only in parts.
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = args::parse_count)]
    accumulate: usize,
    /// Loss, over valid pixels: l1 (the study), charbonnier or mse.
    #[arg(long, default_value = "l1", value_parser = Loss::parse)]
    loss: Loss,
    /// adam (the study) or adamw.
    #[arg(long, default_value = "adam", value_parser = ["adam", "adamw"])]
    optimiser: String,
    /// Weight decay of adamw [default: 0.01].
    #[arg(long, value_name = "X")]
    decay: Option<f64>,
    /// Learning rate (the study: 2e-4).
    #[arg(long, default_value_t = 1e-3)]
    rate: f64,
    /// How the rate changes: constant (the study), cosine:END, step:EVERY:FACTOR, exponential:END.
    #[arg(long, default_value = "cosine:0.1", value_parser = Schedule::parse)]
    schedule: Schedule,
    /// Steps at the start in which the rate rises to its full height.
    #[arg(long, default_value_t = 0, value_name = "STEPS")]
    warmup: u64,
    /// Clip the gradient of all weights to at most this L2 norm.
    #[arg(long, value_name = "LENGTH")]
    clip: Option<f64>,
    /// Keep the weights that are best by this metric of the validation: loss, psnr, ssim, sam, mae, …
    #[arg(long, default_value = "loss", value_name = "METRIC")]
    best: String,
    /// Stop early after so many validations without a better value (the study: 10).
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    patience: Option<u64>,
    /// Gains up to this do not renew the patience (the study: 1e-4).
    #[arg(long, default_value_t = 0.0, value_name = "X")]
    min_delta: f64,
    /// Start from these weights, which this program wrote: names and shapes are those of --model. A lower --rate keeps
    /// more of what they know.
    #[arg(long, value_name = "WEIGHTS")]
    from: Option<PathBuf>,
    /// Random seed.
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
    /// A negative control: learn with radar or elevation that is another's (sar-time, sar-place or dem).
    #[arg(long, value_name = "CONTROL", value_parser = Control::parse)]
    control: Option<Control>,
    /// Convolutions in bfloat16 while learning; needs a GPU.
    #[arg(long)]
    bf16: bool,
    /// Keep tensors with channels last, which some processors and GPUs prefer.
    #[arg(long)]
    channels_last: bool,
    /// Go on from the folder's checkpoint, if there is one.
    #[arg(long)]
    resume: bool,
    /// Begin again in a folder that holds a training; with --resume only where that is another one.
    #[arg(long)]
    replace: bool,
    /// auto, cpu, cuda or cuda:N; several with commas share every batch that is learned from.
    #[arg(long, default_value = "auto", value_delimiter = ',')]
    device: Vec<String>,
}

impl OptionArgs {
    /// The options of the library. Refuses a decay without adamw, and a device that is not there.
    pub(super) fn options(&self, stream: &args::StreamArgs) -> Result<TrainOptions> {
        let optimiser = match (self.optimiser.as_str(), self.decay) {
            ("adamw", decay) => Optimiser::AdamW { decay: decay.unwrap_or(0.01) },
            (_, None) => Optimiser::Adam,
            (_, Some(_)) => {
                return Err(Error::usage("adam has no weight decay")
                    .hint("add --optimiser adamw, or leave out --decay"));
            }
        };
        let mut devices = self.device.iter().map(|name| pick_device(name));
        let device = devices.next().unwrap_or_else(|| pick_device("auto"))?;
        Ok(TrainOptions {
            batch: self.batch,
            accumulate: self.accumulate,
            steps: self.steps,
            stop_after: self.stop_after,
            steps_per_epoch: self.steps_per_epoch,
            checkpoint_every: self.checkpoint_every,
            loss: self.loss,
            optimiser,
            rate: self.rate,
            schedule: self.schedule,
            warmup: self.warmup,
            clip: self.clip,
            monitor: Monitor {
                metric: self.best.clone(),
                patience: self.patience,
                min_delta: self.min_delta,
            },
            from: self.from.clone(),
            seed: self.seed,
            valid_max: self.valid_max,
            augment: !self.no_augment,
            crop: self.crop,
            control: self.control,
            bf16: self.bf16,
            channels_last: self.channels_last,
            edge_bytes: stream.memory,
            workers: stream.workers,
            device,
            beside: devices.collect::<Result<_>>()?,
            trace: stream.tracer()?,
            resume: self.resume,
            replace: self.replace,
        })
    }
}
