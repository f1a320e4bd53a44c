//! From the sums of all samples to scores and differences by stratum.

use std::collections::{BTreeMap, BTreeSet};

use super::bootstrap::{Draws, METRICS, Sums};
use super::difference::Difference;
use super::judge::Judged;
use super::method::Method;
use super::table::Row;
use crate::archive::Layer;
use crate::metrics::{Score, Scores};

/// Some of the samples, and a part of their pixels.
struct Stratum<'a> {
    name: String,
    meaning: String,
    part: usize,
    members: Vec<&'a Judged>,
}

/// Parts of the pixels over all samples, then groups of samples over all pixels; without empty ones.
fn strata<'a>(judged: &'a [Judged], parts: &[(String, String)]) -> Vec<Stratum<'a>> {
    let mut all: Vec<Stratum<'_>> = parts
        .iter()
        .enumerate()
        .map(|(part, (name, meaning))| Stratum {
            name: name.clone(),
            meaning: meaning.clone(),
            part,
            members: judged.iter().filter(|j| j.counts(part)).collect(),
        })
        .collect();
    let mut groups: BTreeMap<String, Vec<&Judged>> = BTreeMap::new();
    for one in judged.iter().filter(|j| j.counts(0)) {
        for group in one.facts.groups() {
            groups.entry(group).or_default().push(one);
        }
    }
    all.extend(groups.into_iter().map(|(name, members)| Stratum {
        name,
        meaning: "samples, all of their pixels that count".to_owned(),
        part: 0,
        members,
    }));
    all.retain(|stratum| !stratum.members.is_empty());
    all
}

impl Stratum<'_> {
    /// The sums of each block, one a method.
    fn units(&self, methods: usize) -> BTreeMap<&str, Vec<Sums>> {
        let mut units: BTreeMap<&str, Vec<Sums>> = BTreeMap::new();
        for one in &self.members {
            let unit =
                units.entry(&one.facts.block).or_insert_with(|| vec![Sums::default(); methods]);
            for (sums, totals) in unit.iter_mut().zip(&one.totals) {
                sums.add(&Sums::of(&totals[self.part]));
            }
        }
        units
    }

    fn scores(&self, method: usize) -> Vec<Score> {
        let mut scores = Scores::new(Layer::S2Fine.bands());
        self.members
            .iter()
            .for_each(|one| scores.add(std::slice::from_ref(&one.totals[method][self.part])));
        scores.finish()
    }
}

/// One row a number, and one a pair of methods and metric. `study` leaves the study's four metrics.
pub(super) fn summarise(
    judged: &[Judged],
    methods: &[Method],
    parts: &[(String, String)],
    seed: u64,
    study: bool,
) -> (Vec<Row>, Vec<Difference>) {
    let (mut rows, mut differences) = (Vec::new(), Vec::new());
    for stratum in strata(judged, parts) {
        let draws = Draws::of(&stratum.units(methods.len()), methods.len(), seed);
        for (m, method) in methods.iter().enumerate() {
            for score in stratum.scores(m).into_iter().filter(|s| !study || is_of_study(s)) {
                rows.push(row(&stratum, method, score, |metric| draws.interval(m, metric), &draws));
            }
        }
        let shown = |d: &Difference| !study || STUDY.contains(&d.metric.as_str());
        differences.extend(pairs(&stratum, methods, &draws).into_iter().filter(shown));
    }
    if !study {
        rows.extend(methods.iter().enumerate().flat_map(|(m, method)| coarse(judged, m, method)));
    }
    (rows, differences)
}

/// Scores of a method's 20 m bands over all pixels; none if it answers none.
fn coarse(judged: &[Judged], m: usize, method: &Method) -> Vec<Row> {
    let members: Vec<&Judged> = judged.iter().filter(|j| j.coarse_of(m).is_some()).collect();
    if members.is_empty() {
        return Vec::new();
    }
    let mut scores = Scores::new(Layer::S2Coarse.bands());
    let totals = members.iter().filter_map(|j| j.coarse_of(m));
    totals.for_each(|totals| scores.add(std::slice::from_ref(totals)));
    let blocks: BTreeSet<&str> = members.iter().map(|j| j.facts.block.as_str()).collect();
    let row = |score: Score| Row {
        method: method.name.clone(),
        control: method.control.map(|c| c.name().to_owned()),
        stratum: "all".to_owned(),
        meaning: "every pixel that counts".to_owned(),
        metric: score.metric,
        band: if score.band == "all" { "all 20 m".to_owned() } else { score.band },
        value: score.value,
        low: None,
        high: None,
        unit: score.unit,
        definition: score.definition,
        samples: members.len() as u64,
        blocks: blocks.len() as u64,
    };
    scores.finish().into_iter().map(row).collect()
}

/// The study's metrics.
const STUDY: [&str; 4] = ["psnr", "mse", "ssim", "sam"];

fn is_of_study(score: &Score) -> bool {
    score.band == "all" && STUDY.contains(&score.metric.as_str())
}

fn row(
    stratum: &Stratum<'_>,
    method: &Method,
    score: Score,
    interval: impl Fn(usize) -> Option<[f64; 2]>,
    draws: &Draws,
) -> Row {
    let metric = METRICS.iter().position(|(name, _)| *name == score.metric);
    let ends = metric.filter(|_| score.band == "all").and_then(interval);
    Row {
        method: method.name.clone(),
        control: method.control.map(|c| c.name().to_owned()),
        stratum: stratum.name.clone(),
        meaning: stratum.meaning.clone(),
        metric: score.metric,
        band: score.band,
        value: score.value,
        low: ends.map(|e| e[0]),
        high: ends.map(|e| e[1]),
        unit: score.unit,
        definition: score.definition,
        samples: stratum.members.len() as u64,
        blocks: draws.blocks as u64,
    }
}

fn pairs(stratum: &Stratum<'_>, methods: &[Method], draws: &Draws) -> Vec<Difference> {
    let mut all = Vec::new();
    for (b, other) in methods.iter().enumerate() {
        for (a, one) in methods.iter().enumerate().skip(b + 1) {
            for (m, (metric, unit)) in METRICS.iter().enumerate() {
                let found = draws.difference(a, b, m);
                all.push(Difference {
                    method: one.name.clone(),
                    other: other.name.clone(),
                    stratum: stratum.name.clone(),
                    metric: (*metric).to_owned(),
                    value: found.value,
                    low: found.ends.map(|e| e[0]),
                    high: found.ends.map(|e| e[1]),
                    p: found.p,
                    unit: (*unit).to_owned(),
                    samples: stratum.members.len() as u64,
                    blocks: draws.blocks as u64,
                });
            }
        }
    }
    all
}
