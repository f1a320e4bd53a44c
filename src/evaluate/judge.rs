//! Every method on one batch.

use tch::Tensor;

use super::answer::{clear_kept, get, percent, torch};
use super::coarse::Coarse;
use super::cover::Cover;
use super::facts::Facts;
use super::method::Method;
use super::strata::masks;
use crate::archive::Layer;
use crate::error::{Error, Result};
use crate::layout::Sample;
use crate::metrics::{Maps, Target, Totals};
use crate::models::Estimate;
use crate::stream::Sink;
use crate::tensors::Batch;

/// A sample and the sums of every method over every part of its pixels: `totals[method][part]`.
pub(super) struct Judged {
    pub(super) facts: Facts,
    pub(super) totals: Vec<Vec<Totals>>,
    /// Of the 20 m bands of every method that answers them, over all pixels.
    coarse: Vec<Option<Totals>>,
}

impl Judged {
    /// The sums of a method's 20 m bands, if a pixel of them counts.
    pub(super) fn coarse_of(&self, method: usize) -> Option<&Totals> {
        self.coarse.get(method)?.as_ref().filter(|totals| totals.pixels() > 0.0)
    }

    /// Whether a pixel of this part counts.
    pub(super) fn counts(&self, part: usize) -> bool {
        self.totals.first().and_then(|t| t.get(part)).is_some_and(|t| t.pixels() > 0.0)
    }
}

/// The end of the graph.
pub(super) struct Judge<'a> {
    pub(super) methods: &'a [Method],
    /// The samples in the order in which they come, and what is known of each.
    pub(super) rows: &'a [Sample],
    pub(super) facts: &'a [Facts],
    pub(super) target: &'a str,
    /// That of the 20 m bands, if there is one.
    pub(super) coarse: Option<&'a str>,
    /// What grows where, if somebody knows.
    pub(super) cover: Option<&'a Cover>,
    /// Whether pixels that are clear at t stay as they were observed.
    pub(super) keep_clear: bool,
    pub(super) judged: Vec<Judged>,
    pub(super) progress: &'a mut dyn FnMut(u64),
}

/// Pixels that count for all methods, bool `[b, 1, h, w]`: the answer is known and shown, and each
/// method without a network has something to say.
pub(super) fn counted(batch: &Batch, target: &str, methods: &[Method]) -> Result<Tensor> {
    let mut valid = get(batch, &format!("valid_{target}"))?.shallow_clone();
    // A cloud, its shadow or snow in the target is no ground to be right about.
    if let Some(hidden) = batch.tensors.get("hidden") {
        let seen = hidden.f_logical_not().map_err(torch)?;
        valid = valid.f_logical_and(&seen).map_err(torch)?;
    }
    for method in methods {
        if let Some(known) = method.known(batch)? {
            valid = valid.f_logical_and(&known).map_err(torch)?;
        }
    }
    Ok(valid)
}

impl Judge<'_> {
    fn judge(&mut self, batch: &Batch) -> Result<()> {
        let (from, count) = (self.judged.len(), batch.names.len());
        let lost = || Error::internal("more samples came than were asked for");
        let rows = self.rows.get(from..from + count).ok_or_else(lost)?;
        let facts = self.facts.get(from..from + count).ok_or_else(lost)?;
        let valid = counted(batch, self.target, self.methods)?;
        let truth = get(batch, self.target)?;
        let target = Target::of(Layer::S2Fine.bands(), truth, &valid)?;
        let mut parts = masks(batch, truth, &valid)?;
        if let Some(cover) = self.cover {
            let side = valid.size().last().copied().unwrap_or(0) as usize;
            parts.extend(cover.masks(rows, side, valid.device())?.into_iter().map(Some));
        }
        let coarse = self.coarse.map(|name| Coarse::of(batch, name)).transpose()?;
        let cloud = batch.tensors.get("cloudy").map(percent).transpose()?;
        let mut judged: Vec<Judged> = facts
            .iter()
            .enumerate()
            .map(|(i, facts)| {
                let cloud = cloud.as_ref().and_then(|c| c.get(i)).copied();
                let facts = Facts { cloud, ..facts.clone() };
                Judged { facts, totals: Vec::new(), coarse: Vec::new() }
            })
            .collect();
        for method in self.methods {
            let Estimate { fine, coarse: at_20m } = method.answer(batch, rows)?;
            let answer = if self.keep_clear { clear_kept(batch, &fine)? } else { fine };
            let maps = Maps::of(&target, &answer, &valid)?;
            judged.iter_mut().for_each(|j| j.totals.push(Vec::with_capacity(parts.len())));
            for part in &parts {
                let totals = match part {
                    Some(mask) => maps.totals(mask)?,
                    None => vec![Totals::default(); count],
                };
                for (judged, totals) in judged.iter_mut().zip(totals) {
                    judged.totals.last_mut().into_iter().for_each(|all| all.push(totals.clone()));
                }
            }
            let found = match coarse.as_ref().zip(at_20m) {
                Some((known, at_20m)) => known.totals(&at_20m)?.into_iter().map(Some).collect(),
                None => vec![None; count],
            };
            judged.iter_mut().zip(found).for_each(|(j, totals)| j.coarse.push(totals));
        }
        self.judged.extend(judged);
        Ok(())
    }
}

impl Sink for Judge<'_> {
    type In = Batch;

    fn name(&self) -> String {
        "score".into()
    }

    fn accept(&mut self, batch: Batch) -> Result<()> {
        tch::no_grad(|| self.judge(&batch))?;
        (self.progress)(self.judged.len() as u64);
        Ok(())
    }
}
