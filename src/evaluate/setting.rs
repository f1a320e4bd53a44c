//! What an evaluation reads: which samples, with which stand-ins, as which batches.

use super::answer::stand_in;
use super::blocks::blocks;
use super::clear::ClearDates;
use super::compare::EvaluateOptions;
use super::facts::Facts;
use super::fetch::{Asked, Fetch};
use super::ground::same_ground;
use super::method::{Method, Way, methods};
use crate::archive::{Archive, Layer};
use crate::error::{Error, Result};
use crate::layout::{Control, Exchange, Sample, Samples, coarse_name};
use crate::ops::{Fill, Filling, MakeBatch, Normalise, Read, Want, has_coarse, thin, wants};
use crate::stream::{Graph, Items, Pipe};
use crate::tensors::Batch;

/// The samples to score.
pub(super) struct Chosen<'a> {
    pub(super) rows: Vec<Sample>,
    /// Samples of the split.
    pub(super) available: usize,
    pub(super) exchange: Exchange<'a>,
    /// Samples that the controls had nothing for.
    pub(super) left_out: usize,
}

/// What stays the same from batch to batch.
pub(super) struct Setting<'a> {
    archive: &'a Archive,
    truth: Option<&'a Archive>,
    samples: &'a Samples,
    options: &'a EvaluateOptions,
    pub(super) methods: Vec<Method>,
    /// Name of the answer's tensor, and the role that names its scene.
    pub(super) target: String,
    pub(super) answer: usize,
    /// Name of the answer's tensor of 20 m bands, where a network answers them and they are known.
    pub(super) coarse: Option<String>,
}

impl<'a> Setting<'a> {
    pub(super) fn new(
        archive: &'a Archive,
        truth: Option<&'a Archive>,
        samples: &'a Samples,
        options: &'a EvaluateOptions,
    ) -> Result<Self> {
        truth.map_or(Ok(()), |truth| same_ground(archive, truth))?;
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
        Ok(Self { archive, truth, samples, options, methods, target, answer, coarse: None })
    }

    pub(super) fn chosen(&self) -> Result<Chosen<'a>> {
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

    /// Scores 20 m bands too, if a network answers them and they are known for all of `rows`. What is kept of t is told for
    /// 10 m only.
    pub(super) fn with_coarse(mut self, rows: &[Sample]) -> Result<Self> {
        let answers = |m: &Method| match &m.way {
            Way::Network(model) => model.card.coarse_target().is_some(),
            _ => false,
        };
        let scored = !self.options.keep_clear && !self.options.study;
        if scored && self.methods.iter().any(answers) {
            let name = coarse_name(&self.target);
            let want = self.answer_at_20m(&name);
            let known = has_coarse(self.archive, self.truth, &want, rows)?;
            self.coarse = known.then_some(name);
        }
        Ok(self)
    }

    fn answer_at_20m(&self, name: &str) -> Want {
        let truth = self.truth.is_some();
        Want { name: name.to_owned(), role: self.answer, layer: Layer::S2Coarse, truth }
    }

    pub(super) fn facts(&self, rows: &[Sample]) -> Result<Vec<Facts>> {
        let clear = ClearDates::of(self.archive, rows)?;
        let hidden = (self.answer, self.truth.is_none());
        let t = self.samples.reference().unwrap_or(self.answer);
        let blocks = blocks(self.archive, rows, [t, self.answer])?;
        let one = |(sample, block)| Facts::of(self.samples, sample, &clear, hidden, block);
        Ok(rows.iter().zip(blocks).map(one).collect())
    }

    /// The samples with their stand-ins, one a control.
    pub(super) fn asked(&self, rows: &[Sample], exchange: &Exchange<'_>) -> Result<Vec<Asked>> {
        let new = |sample: &Sample| Asked { sample: sample.clone(), instead: Vec::new() };
        let mut asked: Vec<Asked> = rows.iter().map(new).collect();
        for control in &self.options.controls {
            let others = exchange.of(*control, rows, self.options.seed)?;
            asked.iter_mut().zip(others).for_each(|(one, other)| one.instead.push(other));
        }
        Ok(asked)
    }

    /// Samples in, normalised batches of `size` out.
    pub(super) fn batches(
        &self,
        name: &str,
        asked: Vec<Asked>,
        size: usize,
    ) -> Result<Pipe<Batch>> {
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
    pub(super) fn wants(&self) -> Result<Vec<Want>> {
        let (samples, truth) = (self.samples, self.truth.is_some());
        let mut names: Vec<String> = self.methods.iter().flat_map(Method::roles).collect();
        names.extend(samples.role("s2_t").map(|_| "s2_t".to_owned()));
        names.sort();
        names.dedup();
        let mut all = wants(&samples.roles, &names)?;
        all.retain(|w| w.name != self.target);
        let (name, role) = (self.target.clone(), self.answer);
        all.push(Want { name, role, layer: Layer::S2Fine, truth });
        all.extend(self.coarse.as_ref().map(|name| self.answer_at_20m(name)));
        let mut add = |name: &str, role, layer, truth| {
            all.push(Want { name: name.to_owned(), role, layer, truth });
        };
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
