//! Epochs of learning and validation.

use std::collections::BTreeMap;
use std::path::Path;

use super::adam::Adam;
use super::board::Board;
use super::checkpoint::{self, State};
use super::curve::{Curve, Point};
use super::identity::label;
use super::job::TrainSummary;
use super::learn::{Held, Learn};
use super::measure::{self, Measure};
use super::monitor::Record;
use super::options::TrainOptions;
use super::pace::Pace;
use super::replicas::Replicas;
use super::validate::Validate;
use crate::archive::Archive;
use crate::error::{Error, Kind, Result};
use crate::layout::Sample;
use crate::metrics::Score;
use crate::models::{Card, Model};
use crate::ops::{Augment, Crop, Gather, Normalise, Want, ordered};
use crate::stream::{Cancel, Graph, Items, Pipe, Report};
use crate::tensors::{Batch, search_kernels};

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

    fn validate(&self, model: &Model) -> Result<(f64, Vec<Score>)> {
        let mut sink = Validate::new(model, self.options);
        let plan = self.batches("validate", self.valid.clone(), None).sink(&mut sink);
        plan.with_trace(self.options.trace.as_ref()).run(self.cancel)?;
        if sink.is_empty() {
            return Err(Error::usage("no pixel of the samples that validate has a target")
                .hint("give more with --valid-max, or another --split-seed"));
        }
        Ok(sink.finish())
    }
}

/// A training under way.
struct Fit<'r, 'a> {
    run: &'r Run<'a>,
    out: &'r Path,
    model: Model,
    replicas: Replicas,
    adam: Adam,
    curve: Curve,
    measures: Vec<Measure>,
    record: Record,
    board: Board,
    pace: Pace,
    state: State,
    report: Report,
}

/// Trains, and writes weights, curve, metrics and checkpoints into `out`.
pub(super) fn fit(
    run: &Run<'_>,
    out: &Path,
    identity: BTreeMap<String, String>,
    progress: &mut dyn FnMut(&Point, &Pace),
) -> Result<TrainSummary> {
    let mut fit = Fit::start(run, out, identity)?;
    fit.go(progress)?;
    let (step, best) = (fit.state.step, fit.record.best);
    let stopped_early = step < run.options.steps && fit.record.is_over(&run.options.monitor);
    if best.is_none() && step >= run.options.steps {
        let text = format!("no validation {} was a number", run.options.monitor.metric);
        return Err(Error::invalid(text).hint("lower --rate and train again"));
    }
    Ok(TrainSummary {
        weights: best.map(|_| out.join("weights.safetensors")),
        best,
        step,
        stopped_early,
        curve: fit.curve,
        measures: fit.measures,
        report: fit.report,
    })
}

impl<'r, 'a> Fit<'r, 'a> {
    /// From the first step, or from the checkpoint if that is asked for.
    fn start(run: &'r Run<'a>, out: &'r Path, identity: BTreeMap<String, String>) -> Result<Self> {
        let o = run.options;
        let begin = || -> Result<(Model, Adam)> {
            let model = match &o.from {
                Some(weights) => Model::fit(&run.card, weights, o.device)?,
                None => Model::new(run.card.clone(), o.seed as i64, o.device)?,
            };
            let adam = Adam::new(&model.vars, o.optimiser)?;
            Ok((model, adam))
        };
        let (mut model, mut adam) = begin()?;
        let (mut curve, mut measures) = (Curve::default(), Vec::new());
        let mut state = State::new(identity);
        let found = match o.resume {
            true => checkpoint::load(out, &state.identity, &mut model, &mut adam),
            false => Ok(None),
        };
        let found = found.and_then(|found| {
            let stands =
                found.as_ref().map(|(state, ..)| state.check(o.steps, o.steps_per_epoch.max(1)));
            stands.unwrap_or(Ok(())).map(|()| found)
        });
        let goes_on = match found {
            Ok(Some(found)) => {
                (state, curve, measures) = found;
                true
            }
            Ok(None) => false,
            Err(e) if o.replace && is_of_the_checkpoint(&e) => {
                eprintln!("train: begins again, since {e}");
                (model, adam) = begin()?;
                false
            }
            Err(e) => return Err(e),
        };
        let replicas = Replicas::new(&model, &o.beside)?;
        // Last, when nothing else can stand in the way.
        if !goes_on {
            if !o.replace {
                checkpoint::check_own(out, &state.identity)?;
            }
            checkpoint::clear(out)?;
        }
        let record = Record::of(&o.monitor, &measures);
        let board = Board::open(out, state.step)?;
        let (pace, report) = (Pace::new(), Report::default());
        Ok(Self {
            run,
            out,
            model,
            replicas,
            adam,
            curve,
            measures,
            record,
            board,
            pace,
            state,
            report,
        })
    }

    /// Epoch after epoch, a checkpoint after each and every so many steps inside.
    fn go(&mut self, progress: &mut dyn FnMut(&Point, &Pace)) -> Result<()> {
        let o = self.run.options;
        let last = o.steps.min(o.stop_after.unwrap_or(u64::MAX));
        let length = o.steps_per_epoch.max(1);
        while self.state.epochs_done.saturating_mul(length) < o.steps
            && !self.record.is_over(&o.monitor)
        {
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
    fn learn(
        &mut self,
        start: u64,
        stop: u64,
        progress: &mut dyn FnMut(&Point, &Pace),
    ) -> Result<()> {
        let o = self.run.options;
        let epoch = self.state.epochs_done;
        let done = self.state.step - start;
        let (all, before) = ((stop - start) as usize * o.per_step(), done as usize * o.per_step());
        let mut picked = pick(&self.run.train, o.seed, epoch, all);
        picked.drain(..before.min(picked.len()));
        let patch = self.run.archive.settings().patch;
        let crop = o.crop.map(|side| Crop::new(side, patch, o.seed, epoch)).transpose()?;
        let pipe = self.run.batches("train", picked, crop);
        let pipe = match o.augment {
            true => pipe.then(Augment::new(o.seed, epoch).after(done * o.accumulate.max(1) as u64)),
            false => pipe,
        };
        self.pace.resume();
        let (board, heard) = (&mut self.board, progress);
        let mut note = |point: &Point, pace: &Pace| {
            board.point(point);
            heard(point, pace);
        };
        let mut sink = Learn {
            model: &self.model,
            replicas: &mut self.replicas,
            options: o,
            adam: &mut self.adam,
            curve: &mut self.curve,
            epoch,
            step: &mut self.state.step,
            held: Held::default(),
            last: Vec::new(),
            pace: &mut self.pace,
            progress: &mut note,
        };
        let plan = pipe.sink(&mut sink).with_trace(o.trace.as_ref());
        // What was found is known to the thread that searched; copies of the network learn on new ones.
        search_kernels(o.beside.is_empty());
        let ran = plan.run(self.run.cancel);
        search_kernels(false);
        match ran {
            Ok(report) => {
                sink.check_weights()?;
                self.report = report;
            }
            Err(e) => return Err(self.stopped(e)?),
        }
        if self.state.step < stop {
            return Err(Error::internal("an epoch ended before its steps"));
        }
        Ok(())
    }

    /// The error that ends a run; where the user stopped it, after a checkpoint: between two steps everything is whole.
    fn stopped(&mut self, e: Error) -> Result<Error> {
        if !e.is_cancelled() {
            return Ok(e);
        }
        self.save()?;
        Ok(e.hint("go on from here with --resume"))
    }

    /// Validates at the end of an epoch, and keeps the weights if they are the best.
    fn close(&mut self, progress: &mut dyn FnMut(&Point, &Pace)) -> Result<()> {
        let (loss, scores) = match self.run.validate(&self.model) {
            Ok(found) => found,
            Err(e) => return Err(self.stopped(e)?),
        };
        let (step, epoch) = (self.state.step, self.state.epochs_done);
        let point = Point { step, epoch, split: "valid", loss, rate: None, gradient: None };
        self.curve.push(point);
        self.board.point(&point);
        progress(&point, &self.pace);
        let measures = self.measures_of(loss, scores);
        let watched = &self.run.options.monitor;
        let value = measures
            .iter()
            .find(|m| m.split == "valid" && m.metric == watched.metric && m.band == "all")
            .map_or(f64::NAN, |m| m.value);
        measures.iter().for_each(|m| self.board.measure(m));
        self.state.epochs_done += 1;
        self.pace = Pace::new();
        if self.record.hear(watched, value) {
            let about = label(&self.state.identity, &self.run.card, &measures)?;
            self.model.save(&self.out.join("weights.safetensors"), &about)?;
        }
        self.measures.extend(measures);
        Ok(())
    }

    /// What an epoch is remembered by.
    fn measures_of(&self, loss: f64, scores: Vec<Score>) -> Vec<Measure> {
        let one = |split: &str, metric: &str, band: &str, value: f64, unit: &str| Measure {
            step: self.state.step,
            epoch: self.state.epochs_done,
            split: split.to_owned(),
            metric: metric.to_owned(),
            band: band.to_owned(),
            value,
            unit: unit.to_owned(),
        };
        let mut all = vec![one("valid", "loss", "all", loss, "reflectance")];
        all.extend(scores.iter().map(|s| one("valid", &s.metric, &s.band, s.value, &s.unit)));
        all.push(one("train", "samples_s", "all", self.pace.samples_s(), "1/s"));
        all.push(one("train", "wait_share", "all", self.pace.wait_share(), "1"));
        all
    }

    fn save(&mut self) -> Result<()> {
        self.board.publish(self.state.step)?;
        let told = (&self.curve, self.measures.as_slice());
        checkpoint::save(self.out, &self.state, &self.model, &self.adam, told)?;
        self.curve.write(&self.out.join("curve.parquet"))?;
        measure::write(&self.out.join("metrics.parquet"), &self.measures)
    }
}

/// Whether the checkpoint is at fault (another run's, another version's, or damaged) rather than the machine.
fn is_of_the_checkpoint(e: &Error) -> bool {
    matches!(
        e.kind(),
        Kind::Usage | Kind::Unsupported | Kind::Corrupt | Kind::Invalid | Kind::NotFound
    )
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
