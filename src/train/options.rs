//! How to train.

use std::collections::HashSet;
use std::path::PathBuf;

use tch::Device;

use super::adam::Optimiser;
use super::loss::Loss;
use super::monitor::Monitor;
use super::schedule::Schedule;
use crate::error::{Error, Kind, Result};
use crate::layout::Control;
use crate::limits;
use crate::stream::{Trace, cores};

/// How to train.
#[derive(Debug, Clone)]
pub struct TrainOptions {
    /// Samples a batch.
    pub batch: usize,
    /// Batches a step: their samples count as one large batch, of which one at a time is in memory.
    pub accumulate: usize,
    /// Optimiser steps in all.
    pub steps: u64,
    /// Stop after so many steps, also inside an epoch, with a checkpoint from which `resume` goes on.
    pub stop_after: Option<u64>,
    /// Steps between two validations; an epoch is at most so long.
    pub steps_per_epoch: u64,
    /// Steps between two checkpoints inside an epoch; each epoch ends with one.
    pub checkpoint_every: u64,
    /// What is made small.
    pub loss: Loss,
    /// How gradients become steps.
    pub optimiser: Optimiser,
    /// Learning rate, before the schedule.
    pub rate: f64,
    /// How it changes.
    pub schedule: Schedule,
    /// Steps at the start in which it rises to its full height.
    pub warmup: u64,
    /// Longest gradient of all weights together; a longer one is shortened.
    pub clip: Option<f64>,
    /// Which weights are the best, and when to stop early.
    pub monitor: Monitor,
    /// Weights to start from, with the card's names and shapes; without them chance.
    pub from: Option<PathBuf>,
    /// Chance: initial weights, order, augmentation.
    pub seed: u64,
    /// Validation samples at most, spread evenly over the split.
    pub valid_max: usize,
    /// Flip and turn batches.
    pub augment: bool,
    /// Learn from windows of so many px, drawn inside patches; validation sees whole patches.
    pub crop: Option<usize>,
    /// A negative control: learn with an input that is another's.
    pub control: Option<Control>,
    /// Convolutions in bfloat16 while learning, on a GPU; weights and losses stay float32.
    pub bf16: bool,
    /// Tensors lie in memory with channels last.
    pub channels_last: bool,
    /// Bytes on the edges of the graph.
    pub edge_bytes: usize,
    /// Reading threads.
    pub workers: usize,
    /// Where.
    pub device: Device,
    /// Further devices, each of which learns from a share of every batch.
    pub beside: Vec<Device>,
    /// Where runs are recorded, if anywhere.
    pub trace: Option<Trace>,
    /// Go on from the checkpoint in the folder, if there is one.
    pub resume: bool,
    /// Begin again where the folder holds a training; with `resume` only if it is another one.
    pub replace: bool,
}

impl Default for TrainOptions {
    fn default() -> Self {
        Self {
            batch: 4,
            accumulate: 1,
            steps: 300,
            stop_after: None,
            steps_per_epoch: 50,
            checkpoint_every: 500,
            loss: Loss::default(),
            optimiser: Optimiser::default(),
            rate: 1e-3,
            schedule: Schedule::default(),
            warmup: 0,
            clip: None,
            monitor: Monitor::default(),
            from: None,
            seed: 1,
            valid_max: 32,
            augment: true,
            crop: None,
            control: None,
            bf16: false,
            channels_last: false,
            edge_bytes: 512 << 20,
            workers: cores(),
            device: Device::Cpu,
            beside: Vec::new(),
            trace: None,
            resume: false,
            replace: false,
        }
    }
}

impl TrainOptions {
    /// Samples a step.
    pub(super) fn per_step(&self) -> usize {
        self.batch.max(1) * self.accumulate.max(1)
    }

    /// Refuses numbers that no training can have, and bf16 away from a GPU.
    pub(crate) fn check(&self) -> Result<()> {
        self.monitor.check()?;
        let positive = |name: &str, value: f64| match value > 0.0 && value.is_finite() {
            true => Ok(()),
            false => Err(Error::usage(format!("{name} is {value}"))
                .hint("give a number that is more than 0")),
        };
        positive("the learning rate", self.rate)?;
        self.clip.map_or(Ok(()), |most| positive("the longest gradient", most))?;
        if let Optimiser::AdamW { decay } = self.optimiser
            && !(0.0..1.0 / self.rate).contains(&decay)
        {
            let most = 1.0 / self.rate;
            return Err(Error::usage(format!("the weight decay is {decay}")).hint(format!(
                "give a number from 0, as 0.01, to less than {most}, one over --rate"
            )));
        }
        if self.warmup >= self.steps.max(1) && self.warmup > 0 {
            return Err(Error::usage(format!(
                "{} steps of warm-up leave none of {}",
                self.warmup, self.steps
            ))
            .hint("lower --warmup, or raise --steps"));
        }
        self.check_size()?;
        let devices = 1 + self.beside.len();
        if devices > self.batch.max(1) {
            return Err(Error::usage(format!(
                "{devices} devices cannot share batches of {}",
                self.batch
            ))
            .hint("raise --batch, or name fewer devices"));
        }
        let gpus = self.beside.iter().chain([&self.device]).filter(|d| d.is_cuda());
        if gpus.clone().collect::<HashSet<_>>().len() < gpus.count() {
            return Err(Error::usage("a GPU is named twice").hint("name each once"));
        }
        if self.bf16 && !self.beside.iter().chain([&self.device]).all(|d| d.is_cuda()) {
            return Err(Error::new(
                Kind::Unsupported,
                "bf16 is for GPUs: a CPU only emulates it, slower than float32",
            )
            .hint("leave out --bf16, or choose a GPU with --device cuda"));
        }
        Ok(())
    }
}

impl TrainOptions {
    /// Refuses runs that cannot be held: an epoch is drawn at once, and a curve has a row a step.
    fn check_size(&self) -> Result<()> {
        let most = limits::SAMPLES_MAX as u64;
        let step = self.batch.max(1).checked_mul(self.accumulate.max(1)).map(|n| n as u64);
        let epoch = step.and_then(|n| n.checked_mul(self.steps_per_epoch.min(self.steps).max(1)));
        if epoch.is_none_or(|samples| samples > most) {
            return Err(Error::usage(format!("an epoch has more than {most} samples"))
                .hint("lower --batch, --accumulate or --steps-per-epoch"));
        }
        if self.steps > limits::CURVE_ROWS_MAX as u64 {
            let (steps, most) = (self.steps, limits::CURVE_ROWS_MAX);
            return Err(Error::usage(format!("{steps} steps are more than {most}"))
                .hint("lower --steps; larger batches learn from as many samples"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_that_cannot_train_are_refused_with_the_reason() {
        TrainOptions::default().check().unwrap();
        let refused = |o: TrainOptions| o.check().unwrap_err();
        let base = TrainOptions::default;
        let gpu = Device::Cuda(0);
        let twice = TrainOptions { device: gpu, beside: vec![gpu], ..base() };
        assert!(refused(twice).to_string().contains("named twice"));
        let bf16 = refused(TrainOptions { bf16: true, ..base() });
        assert_eq!(bf16.kind(), Kind::Unsupported);
        assert!(bf16.advice().contains("--device cuda"));
        let decay = Optimiser::AdamW { decay: -1.0 };
        let whole = Optimiser::AdamW { decay: 1.0 / base().rate };
        for (options, says) in [
            (TrainOptions { rate: f64::NAN, ..base() }, "rate"),
            (TrainOptions { clip: Some(0.0), ..base() }, "gradient"),
            (TrainOptions { optimiser: decay, ..base() }, "decay"),
            (TrainOptions { optimiser: whole, ..base() }, "decay"),
            (TrainOptions { warmup: 300, ..base() }, "warm-up"),
            (TrainOptions { batch: usize::MAX / 2, accumulate: 4, ..base() }, "an epoch"),
            (TrainOptions { steps: u64::MAX, ..base() }, "steps are more than"),
        ] {
            let text = refused(options).to_string();
            assert!(text.contains(says), "{text}");
        }
    }
}
