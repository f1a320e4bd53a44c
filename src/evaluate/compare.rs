//! Every method on every sample.

use tch::Device;

use super::answer::stand_in;
use super::blocks::blocks;
use super::clear::ClearDates;
use super::difference::Difference;
use super::facts::Facts;
use super::fetch::{Asked, Fetch};
use super::judge::Judge;
use super::look::{self, Look, Show};
use super::method::{Method, Way, methods};
use super::patch::{PatchScore, patch_scores};
use super::summary::summarise;
use super::table::Row;
use crate::archive::{Archive, Layer};
use crate::error::{Error, Result};
use crate::geo::Split;
use crate::layout::{Control, Exchange, Sample, Samples};
use crate::ops::{Fill, Filling, MakeBatch, Normalise, Read, Want, check_coarse, thin, wants};
use crate::stream::{Cancel, Graph, Items, Pipe, Report, Trace};
use crate::tensors::Batch;

/// What to compare and how.
#[derive(Debug, Clone)]
pub struct EvaluateOptions {
    /// `input` (the image at t itself), a [`Filling`] by name, `gapfill-pair`, weights files, or cards of
    /// TorchScript networks, either with a name before it or not (`NAME=FILE`).
    pub methods: Vec<String>,
    /// Each network that takes the input is also run with another's.
    pub controls: Vec<Control>,
    /// Split to score.
    pub split: Split,
    /// The catalog's snapshot, to see whether a network was trained on this archive.
    pub snapshot: String,
    /// The study's way: no mask of the target, and its four metrics only.
    pub study: bool,
    /// Pixels that are clear at t stay as they were observed, in every method's answer.
    pub keep_clear: bool,
    /// Samples at most, spread evenly.
    pub samples_max: usize,
    /// Patches to show of each kind: worst, median, best.
    pub looks: usize,
    /// Samples a batch.
    pub batch: usize,
    /// Gap-filling and the nearest date use dates up to so many days away.
    pub days: f64,
    /// Bytes on the edges of the graph.
    pub edge_bytes: usize,
    /// Reading threads.
    pub workers: usize,
    /// Where networks run.
    pub device: Device,
    /// Whether a network that is a program (TorchScript) may run.
    pub allow_code: bool,
    /// Where runs are recorded, if anywhere.
    pub trace: Option<Trace>,
    /// Chance of the bootstrap and of the controls.
    pub seed: u64,
}

/// What came out.
#[derive(Debug)]
pub struct Evaluation {
    /// One number a method, stratum, metric and band.
    pub rows: Vec<Row>,
    /// One a pair of methods, stratum and metric.
    pub differences: Vec<Difference>,
    /// One a sample, method and part of the pixels.
    pub patches: Vec<PatchScore>,
    /// Some patches to look at.
    pub looks: Vec<Look>,
    /// Samples scored.
    pub samples: usize,
    /// Samples of the split, of which `samples_max` were drawn evenly.
    pub available: usize,
    /// Samples that would have been scored if a control had found something to exchange.
    pub left_out: usize,
    /// Where time went.
    pub report: Report,
}

/// Scores the methods on a split of a layout.
///
/// Without `truth` the answer is the layout's `s2_target` and gap-filling does not see that scene; with it the answer
/// is the scene at t in the archive of truth.
pub fn evaluate(
    archive: &Archive,
    truth: Option<&Archive>,
    samples: &Samples,
    options: &EvaluateOptions,
    cancel: &Cancel,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Evaluation> {
    let setting = Setting::new(archive, truth, samples, options)?;
    let Chosen { rows, available, exchange, left_out } = setting.chosen()?;
    check_coarse(archive, &setting.wants()?, &rows)?;
    let facts = setting.facts(&rows)?;
    let asked = setting.asked(&rows, &exchange)?;
    let total = rows.len() as u64;
    let mut heard = |n: u64| progress(n, total);
    let mut judge = Judge {
        methods: &setting.methods,
        rows: &rows,
        facts: &facts,
        target: &setting.target,
        keep_clear: options.keep_clear,
        judged: Vec::with_capacity(rows.len()),
        progress: &mut heard,
    };
    let plan = setting.batches("evaluate", asked, options.batch)?.sink(&mut judge);
    let report = plan.with_trace(options.trace.as_ref()).run(cancel).map_err(stopped)?;
    let judged = judge.judged;
    let (scores, differences) = summarise(&judged, &setting.methods, options.seed, options.study);
    let choices = look::choose(&judged, &setting.methods, options.looks);
    let shown: Vec<Sample> = choices.iter().map(|c| rows[c.at].clone()).collect();
    let mut show = Show {
        methods: &setting.methods,
        rows: &shown,
        choices: &choices,
        target: &setting.target,
        keep_clear: options.keep_clear,
        looks: Vec::new(),
    };
    if !shown.is_empty() {
        let mut asked = setting.asked(&rows, &exchange)?.into_iter().map(Some).collect::<Vec<_>>();
        let asked = choices.iter().filter_map(|c| asked[c.at].take()).collect();
        setting.batches("show", asked, 1)?.sink(&mut show).run(cancel)?;
    }
    Ok(Evaluation {
        rows: scores,
        differences,
        patches: patch_scores(&judged, &setting.methods),
        looks: show.looks,
        samples: judged.len(),
        available,
        left_out,
        report,
    })
}

/// Scores are of all samples or not at all.
fn stopped(e: Error) -> Error {
    if e.is_cancelled() {
        e.hint("nothing is kept of scores: the same command begins again")
    } else {
        e
    }
}

/// The samples to score.
struct Chosen<'a> {
    rows: Vec<Sample>,
    /// Samples of the split.
    available: usize,
    exchange: Exchange<'a>,
    /// Samples that the controls had nothing for.
    left_out: usize,
}

/// What stays the same from batch to batch.
struct Setting<'a> {
    archive: &'a Archive,
    truth: Option<&'a Archive>,
    samples: &'a Samples,
    options: &'a EvaluateOptions,
    methods: Vec<Method>,
    /// Name of the answer's tensor, and the role that names its scene.
    target: String,
    answer: usize,
}

impl<'a> Setting<'a> {
    fn new(
        archive: &'a Archive,
        truth: Option<&'a Archive>,
        samples: &'a Samples,
        options: &'a EvaluateOptions,
    ) -> Result<Self> {
        let name = if truth.is_some() { "s2_t" } else { "s2_target" };
        let answer = samples.role(name).ok_or_else(|| {
            Error::usage(format!("layout '{}' has no role '{name}'", samples.layout)).hint(
                "scores need a target: use a layout with s2_target, or --truth with one that has s2_t",
            )
        })?;
        if options.keep_clear && samples.role("s2_t").is_none() {
            let text = format!("layout '{}' has no role 's2_t' to keep pixels of", samples.layout);
            return Err(Error::usage(text).hint("leave out --keep-clear"));
        }
        let target = if truth.is_some() { "s2_truth" } else { "s2_target" }.to_owned();
        let methods = methods(samples, options, answer)?;
        Ok(Self { archive, truth, samples, options, methods, target, answer })
    }

    fn chosen(&self) -> Result<Chosen<'a>> {
        let (samples, o) = (self.samples, self.options);
        let all = match self.truth {
            Some(_) => samples.of(o.split),
            None => samples.without_answer(o.split, "s2_target"),
        };
        let available = all.len();
        // Thinned first: a control must not choose which other samples are scored.
        let asked = thin(all, o.samples_max);
        let count = asked.len();
        let exchange = Exchange::new(self.archive, samples, &o.controls, &asked)?;
        let rows = o.controls.iter().fold(asked, |rows, control| exchange.possible(*control, rows));
        if rows.is_empty() {
            return Err(Error::usage(format!(
                "layout '{}' gives no sample to {}",
                samples.layout,
                o.split.name()
            ))
            .hint("choose another --split, or widen the layout's windows with --set"));
        }
        let left_out = count - rows.len();
        Ok(Chosen { rows, available, exchange, left_out })
    }

    fn facts(&self, rows: &[Sample]) -> Result<Vec<Facts>> {
        let clear = ClearDates::of(self.archive, rows)?;
        let hidden = (self.answer, self.truth.is_none());
        let t = self.samples.reference().unwrap_or(self.answer);
        let blocks = blocks(self.archive, rows, [t, self.answer])?;
        let one = |(sample, block)| Facts::of(self.samples, sample, &clear, hidden, block);
        Ok(rows.iter().zip(blocks).map(one).collect())
    }

    /// The samples with their stand-ins, one a control.
    fn asked(&self, rows: &[Sample], exchange: &Exchange<'_>) -> Result<Vec<Asked>> {
        let new = |sample: &Sample| Asked { sample: sample.clone(), instead: Vec::new() };
        let mut asked: Vec<Asked> = rows.iter().map(new).collect();
        for control in &self.options.controls {
            let others = exchange.of(*control, rows, self.options.seed)?;
            asked.iter_mut().zip(others).for_each(|(one, other)| one.instead.push(other));
        }
        Ok(asked)
    }

    /// Samples in, normalised batches of `size` out.
    fn batches(&self, name: &str, asked: Vec<Asked>, size: usize) -> Result<Pipe<Batch>> {
        let (archive, truth, o) = (self.archive, self.truth, self.options);
        let own = self.wants()?;
        let others: Vec<Vec<Want>> = o.controls.iter().map(|c| self.stand_ins(*c)).collect();
        let fillings: Vec<Filling> = self
            .methods
            .iter()
            .filter_map(|m| if let Way::Filling(filling) = m.way { Some(filling) } else { None })
            .collect();
        let reader = Graph::new(name, o.edge_bytes).source(Items::new("samples", asked)).spread(
            o.workers,
            |_| Fetch {
                own: Read::new(archive, truth, &own),
                others: others.iter().map(|wants| Read::new(archive, None, wants)).collect(),
            },
        );
        let filled = match fillings.is_empty() {
            true => reader,
            false => reader.spread(o.workers, |_| {
                Fill::new(archive, &fillings, self.answer, truth.is_none(), o.days)
            }),
        };
        Ok(filled
            .then(MakeBatch::new(size, archive.settings().patch))
            .then(Normalise::new(o.device)))
    }

    /// The arrays to read: what the methods take, the answer, and what says which pixels count where.
    fn wants(&self) -> Result<Vec<Want>> {
        let (samples, truth) = (self.samples, self.truth.is_some());
        let mut names: Vec<String> = self.methods.iter().flat_map(Method::roles).collect();
        names.extend(samples.role("s2_t").map(|_| "s2_t".to_owned()));
        names.sort();
        names.dedup();
        let mut all = wants(&samples.roles, &names)?;
        all.retain(|w| w.name != self.target);
        let mut add = |name: &str, role, layer, truth| {
            all.push(Want { name: name.to_owned(), role, layer, truth });
        };
        add(&self.target, self.answer, Layer::S2Fine, truth);
        if let Some(t) = samples.role("s2_t") {
            for name in ["cloudy", "opaque", "thin", "shadow"] {
                add(name, t, Layer::S2Mask, false);
            }
        }
        if !truth && !self.options.study {
            add("hidden", self.answer, Layer::S2Mask, false);
        }
        if let Some((before, after)) = samples.role("s2_tm1").zip(samples.role("s2_tp1")) {
            add("before", before, Layer::S2Fine, truth);
            add("after", after, Layer::S2Fine, truth);
            if !truth {
                add("hidden_before", before, Layer::S2Mask, false);
                add("hidden_after", after, Layer::S2Mask, false);
            }
        }
        Ok(all)
    }

    /// What is read of a stand-in.
    fn stand_ins(&self, control: Control) -> Vec<Want> {
        let layer = match control {
            Control::Dem => Layer::Dem,
            _ => Layer::S1,
        };
        let mut names: Vec<String> = self.methods.iter().flat_map(Method::roles).collect();
        names.sort();
        names.dedup();
        let of = |name: String| {
            let role = self.samples.role(&name)?;
            let fits = self.samples.roles[role].sensor == control.sensor();
            fits.then(|| Want { name: stand_in(&name, control), role, layer, truth: false })
        };
        names.into_iter().filter_map(of).collect()
    }
}
