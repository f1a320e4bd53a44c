//! Every method on every sample.

use std::collections::BTreeMap;
use std::path::PathBuf;

use tch::{Device, Tensor};

use super::interval::{Sums, intervals};
use super::table::Row;
use crate::archive::{Archive, Layer};
use crate::error::{Error, Result};
use crate::geo::Split;
use crate::layout::{Sample, Samples};
use crate::metrics::{Maps, Scores, Target, Totals};
use crate::models::Model;
use crate::ops::{Fill, MakeBatch, Normalise, Read, wants};
use crate::stream::{Cancel, Graph, Items, Report, Sink};
use crate::tensors::Batch;

/// What to compare and how.
#[derive(Debug, Clone)]
pub struct EvaluateOptions {
    /// `input` (the cloudy image itself), `gapfill`, or weights files.
    pub methods: Vec<String>,
    /// Split to score.
    pub split: Split,
    /// Samples at most, spread evenly.
    pub samples_max: usize,
    /// Samples a batch.
    pub batch: usize,
    /// Gap-filling uses dates up to so many days away.
    pub days: f64,
    /// Bytes on the edges of the graph.
    pub edge_bytes: usize,
    /// Reading threads.
    pub workers: usize,
    /// Where networks run.
    pub device: Device,
    /// Chance of the bootstrap.
    pub seed: u64,
}

/// What came out.
#[derive(Debug)]
pub struct Evaluation {
    /// One number a method, stratum, metric and band.
    pub rows: Vec<Row>,
    /// Samples scored.
    pub samples: usize,
    /// Where time went.
    pub report: Report,
}

const STRATA: [&str; 3] = ["all", "cloudy at t", "clear at t"];

/// Running totals of one method.
struct Tally {
    name: String,
    model: Option<Model>,
    scores: Vec<Scores>,
    /// By stratum and place.
    blocks: Vec<BTreeMap<String, Sums>>,
}

impl Tally {
    fn new(name: String, model: Option<Model>, strata: usize) -> Self {
        let scores = (0..strata).map(|_| Scores::new(Layer::S2Fine.bands())).collect();
        Self { name, model, scores, blocks: vec![BTreeMap::new(); strata] }
    }
}

/// The end of the graph: runs and scores every method on a batch.
struct Judge<'a> {
    tallies: &'a mut [Tally],
    target: String,
    strata: usize,
    samples: &'a mut usize,
    progress: &'a mut dyn FnMut(u64),
}

impl Judge<'_> {
    fn judge(&mut self, batch: &Batch) -> std::result::Result<(), Error> {
        let missing = |n: &str| Error::internal(format!("the batch has no tensor '{n}'"));
        let get = |n: &str| batch.tensors.get(n).ok_or_else(|| missing(n));
        let valid = get(&format!("valid_{}", self.target))?;
        let target = Target::of(Layer::S2Fine.bands(), get(&self.target)?, valid)?;
        let strata = strata(valid, batch.tensors.get("cloudy"), self.strata).map_err(torch)?;
        for tally in self.tallies.iter_mut() {
            let (output, usable) = match &tally.model {
                Some(model) => (model.forward(&batch.tensors)?, valid.shallow_clone()),
                None => {
                    let name = if tally.name == "input" { "s2_t" } else { tally.name.as_str() };
                    let known = get(&format!("valid_{name}"))?;
                    (get(name)?.shallow_clone(), valid.f_logical_and(known).map_err(torch)?)
                }
            };
            let maps = Maps::of(&target, &output, &usable)?;
            for (stratum, mask) in strata.iter().enumerate() {
                let totals = maps.totals(mask)?;
                tally.scores[stratum].add(&totals);
                add_blocks(&mut tally.blocks[stratum], &batch.names, &totals);
            }
        }
        Ok(())
    }
}

/// Masks of the strata.
fn strata(
    valid: &Tensor,
    cloudy: Option<&Tensor>,
    count: usize,
) -> std::result::Result<Vec<Tensor>, tch::TchError> {
    (0..count)
        .map(|stratum| match (stratum, cloudy) {
            (1, Some(cloudy)) => Ok(cloudy.shallow_clone()),
            (2, Some(cloudy)) => cloudy.f_logical_not(),
            _ => Ok(valid.shallow_clone()),
        })
        .collect()
}

/// Adds each sample's totals to its place.
fn add_blocks(blocks: &mut BTreeMap<String, Sums>, names: &[String], totals: &[Totals]) {
    for (name, totals) in names.iter().zip(totals) {
        let place = name.split('@').next().unwrap_or(name).to_owned();
        let sums = blocks.entry(place).or_default();
        sums.squared += totals.squared();
        sums.absolute += totals.absolute();
        sums.count += totals.values();
    }
}

fn torch(e: tch::TchError) -> Error {
    Error::internal("cannot score a batch").with_source(e)
}

impl Sink for Judge<'_> {
    type In = Batch;

    fn name(&self) -> String {
        "score".into()
    }

    fn accept(&mut self, batch: Batch) -> Result<()> {
        tch::no_grad(|| self.judge(&batch))?;
        *self.samples += batch.names.len();
        (self.progress)(*self.samples as u64);
        Ok(())
    }
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
    let rows = thin(samples.of(options.split), options.samples_max);
    if rows.is_empty() {
        return Err(Error::usage(format!(
            "layout '{}' gives no sample to {}",
            samples.layout,
            options.split.name()
        ))
        .hint("choose another --split, or widen the layout's windows with --set"));
    }
    let has_t = samples.role("s2_t").is_some();
    let strata = if has_t { STRATA.len() } else { 1 };
    let (mut tallies, names) = tallies(samples, options, strata)?;
    let mut all = wants(&samples.roles, &names, has_t.then_some("s2_t"))?;
    let (target, answer) = answer(samples, truth.is_some())?;
    all.retain(|w| w.name != target);
    all.push(crate::ops::Want {
        name: target.clone(),
        role: answer,
        layer: Layer::S2Fine,
        truth: truth.is_some(),
    });
    let (mut count, total) = (0, rows.len() as u64);
    let mut heard = |n: u64| progress(n, total);
    let fills = options.methods.iter().any(|m| m == "gapfill");
    let reader = Graph::new("evaluate", options.edge_bytes)
        .source(Items::new("samples", rows))
        .spread(options.workers, |_| Read::new(archive, truth, &all));
    let filled = match fills {
        true => reader
            .spread(options.workers, |_| Fill::new(archive, answer, truth.is_none(), options.days)),
        false => reader,
    };
    let mut judge =
        Judge { tallies: &mut tallies, target, strata, samples: &mut count, progress: &mut heard };
    let report = filled
        .then(MakeBatch::new(options.batch, archive.settings().patch))
        .then(Normalise::new(options.device))
        .sink(&mut judge)
        .run(cancel)?;
    Ok(Evaluation { rows: finish(&tallies, count as u64, options.seed), samples: count, report })
}

/// Name of the answer's tensor, and the role that names its scene.
fn answer(samples: &Samples, truth: bool) -> Result<(String, usize)> {
    let name = if truth { "s2_t" } else { "s2_target" };
    let role = samples.role(name).ok_or_else(|| {
        Error::usage(format!("layout '{}' has no role '{name}'", samples.layout)).hint(
            "scores need a target: use a layout with s2_target, or --truth with one that has s2_t",
        )
    })?;
    Ok((if truth { "s2_truth" } else { "s2_target" }.to_owned(), role))
}

/// One tally a method, and the names of the roles that they read.
fn tallies(s: &Samples, o: &EvaluateOptions, strata: usize) -> Result<(Vec<Tally>, Vec<String>)> {
    let mut names: Vec<String> = Vec::new();
    let mut all = Vec::new();
    let roles: Vec<&str> = s.roles.iter().map(|r| r.name.as_str()).collect();
    for method in &o.methods {
        match method.as_str() {
            "input" => {
                names.push("s2_t".into());
                all.push(Tally::new("input".into(), None, strata));
            }
            "gapfill" => all.push(Tally::new("gapfill".into(), None, strata)),
            path => {
                let model = Model::load(&PathBuf::from(path), o.device)?;
                model.card.check_roles(&roles, false)?;
                names.extend(model.card.inputs.iter().cloned());
                all.push(Tally::new(model.card.name.clone(), Some(model), strata));
            }
        }
    }
    names.sort();
    names.dedup();
    Ok((all, names))
}

fn thin(rows: Vec<Sample>, most: usize) -> Vec<Sample> {
    let step = rows.len().div_ceil(most.max(1)).max(1);
    rows.into_iter().step_by(step).collect()
}

fn finish(tallies: &[Tally], samples: u64, seed: u64) -> Vec<Row> {
    let mut rows = Vec::new();
    for tally in tallies {
        for (stratum, scores) in tally.scores.iter().enumerate() {
            let blocks: Vec<Sums> = tally.blocks[stratum].values().copied().collect();
            let ends = intervals(&blocks, seed);
            for s in scores.finish() {
                let interval = ends.filter(|_| s.band == "all").and_then(|(psnr, mae)| {
                    match s.metric.as_str() {
                        "psnr" => Some(psnr),
                        "mae" => Some(mae),
                        _ => None,
                    }
                });
                rows.push(Row {
                    method: tally.name.clone(),
                    stratum: STRATA[stratum].into(),
                    metric: s.metric,
                    band: s.band,
                    value: s.value,
                    low: interval.map(|i| i[0]),
                    high: interval.map(|i| i[1]),
                    unit: s.unit,
                    definition: s.definition,
                    samples,
                });
            }
        }
    }
    rows
}
