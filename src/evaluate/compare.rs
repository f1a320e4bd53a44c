//! Every method on every sample.

use std::sync::Arc;

use tch::Device;

use super::cover::Cover;
use super::difference::Difference;
use super::judge::Judge;
use super::look::{self, Look, Show};
use super::patch::{PatchScore, patch_scores};
use super::setting::{Chosen, Setting};
use super::strata::parts;
use super::summary::summarise;
use super::table::Row;
use crate::archive::Archive;
use crate::error::{Error, Result};
use crate::geo::Split;
use crate::layout::{Control, Sample, Samples};
use crate::ops::check_coarse;
use crate::stream::{Cancel, Report, Trace};

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
    /// Kinds of ground to score apart.
    pub cover: Option<Arc<Cover>>,
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
    /// Samples scored: those of which a pixel counts.
    pub samples: usize,
    /// Samples of which none does.
    pub empty: usize,
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
    let setting = setting.with_coarse(&rows)?;
    let asked = setting.asked(&rows, &exchange)?;
    let total = rows.len() as u64;
    let mut heard = |n: u64| progress(n, total);
    let mut judge = Judge {
        methods: &setting.methods,
        rows: &rows,
        facts: &facts,
        target: &setting.target,
        coarse: setting.coarse.as_deref(),
        cover: options.cover.as_deref(),
        keep_clear: options.keep_clear,
        judged: Vec::with_capacity(rows.len()),
        progress: &mut heard,
    };
    let plan = setting.batches("evaluate", asked, options.batch)?.sink(&mut judge);
    let report = plan.with_trace(options.trace.as_ref()).run(cancel).map_err(stopped)?;
    let judged = judge.judged;
    let scored = judged.iter().filter(|one| one.counts(0)).count();
    if scored == 0 {
        return Err(nothing(judged.len()));
    }
    let parts = parts(options.cover.as_deref());
    let (scores, differences) =
        summarise(&judged, &setting.methods, &parts, options.seed, options.study);
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
        patches: patch_scores(&judged, &setting.methods, &parts),
        looks: show.looks,
        samples: scored,
        empty: judged.len() - scored,
        available,
        left_out,
        report,
    })
}

/// That no pixel of the samples can be scored.
fn nothing(samples: usize) -> Error {
    Error::usage(format!("no pixel of {samples} samples counts for all methods")).hint(
        "a pixel counts where the answer is known and every method has one: give more --days, or leave \
         out a method that has none here",
    )
}

/// Scores are of all samples or not at all.
fn stopped(e: Error) -> Error {
    if e.is_cancelled() {
        e.hint("nothing is kept of scores: the same command begins again")
    } else {
        e
    }
}
