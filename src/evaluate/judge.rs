//! Every method on one batch, and the totals.

use std::collections::BTreeMap;

use tch::Tensor;

use super::interval::{Sums, intervals};
use super::table::Row;
use crate::archive::Layer;
use crate::error::{Error, Result};
use crate::metrics::{Maps, Scores, Target, Totals};
use crate::models::Model;
use crate::stream::Sink;
use crate::tensors::Batch;

pub(super) const STRATA: [&str; 3] = ["all", "cloudy at t", "clear at t"];

/// Running totals of one method.
pub(super) struct Tally {
    pub(super) name: String,
    model: Option<Model>,
    scores: Vec<Scores>,
    /// By stratum and place.
    blocks: Vec<BTreeMap<String, Sums>>,
}

impl Tally {
    pub(super) fn new(name: String, model: Option<Model>, strata: usize) -> Self {
        let scores = (0..strata).map(|_| Scores::new(Layer::S2Fine.bands())).collect();
        Self { name, model, scores, blocks: vec![BTreeMap::new(); strata] }
    }

    /// The batch's tensor that is the answer of a method without a network.
    fn tensor(&self) -> &str {
        if self.name == "input" { "s2_t" } else { &self.name }
    }
}

/// The end of the graph: runs and scores every method on a batch.
pub(super) struct Judge<'a> {
    pub(super) tallies: &'a mut [Tally],
    pub(super) target: String,
    pub(super) strata: usize,
    pub(super) samples: &'a mut usize,
    pub(super) progress: &'a mut dyn FnMut(u64),
}

impl Judge<'_> {
    fn judge(&mut self, batch: &Batch) -> std::result::Result<(), Error> {
        let missing = |n: &str| Error::internal(format!("the batch has no tensor '{n}'"));
        let get = |n: &str| batch.tensors.get(n).ok_or_else(|| missing(n));
        let mut valid = get(&format!("valid_{}", self.target))?.shallow_clone();
        // A cloud, its shadow or snow in the target is no ground to be right about.
        if let Some(hidden) = batch.tensors.get("hidden") {
            valid = hidden
                .f_logical_not()
                .and_then(|seen| valid.f_logical_and(&seen))
                .map_err(torch)?;
        }
        // A pixel counts for every method or for none: gap-filling may have nothing to say about it.
        for tally in self.tallies.iter().filter(|t| t.model.is_none()) {
            let known = get(&format!("valid_{}", tally.tensor()))?;
            valid = valid.f_logical_and(known).map_err(torch)?;
        }
        let target = Target::of(Layer::S2Fine.bands(), get(&self.target)?, &valid)?;
        let strata = strata(&valid, batch.tensors.get("cloudy"), self.strata).map_err(torch)?;
        for tally in self.tallies.iter_mut() {
            let output = match &tally.model {
                Some(model) => model.forward(&batch.tensors)?,
                None => get(tally.tensor())?.shallow_clone(),
            };
            let maps = Maps::of(&target, &output, &valid)?;
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

/// One row a number.
pub(super) fn finish(tallies: &[Tally], samples: u64, seed: u64) -> Vec<Row> {
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
