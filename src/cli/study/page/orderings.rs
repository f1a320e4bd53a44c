//! What others found, and whether it holds here.

use std::collections::BTreeMap;

use super::super::plan::Ordering;
use super::Seed;
use super::numbers::{head, spread, widest};
use crate::evaluate::{Difference, holm};

/// Metrics that an ordering is judged by. MSE says what PSNR says.
const JUDGED: [&str; 4] = ["psnr", "mae", "ssim", "sam_deg"];
/// A comparison is decided up to this p.
const LEVEL: f64 = 0.05;

/// Two neighbours of an ordering by one metric, in every seed.
struct Claim<'a> {
    worse: &'a str,
    better: &'a str,
    metric: &'a str,
    found: Vec<Difference>,
}

/// How an ordering is judged, for the page.
pub(super) const MEANING: &str = "Over all pixels. An ordering holds, or is reversed, where the interval of every seed \
    says so and still does as one of all rows of this table: p is that of the least certain seed, by Holm's correction, 0.05 at most.";

/// A row for each metric of each neighbouring pair of an ordering.
pub(super) fn orderings(all: &[Ordering], seeds: &[Seed]) -> String {
    let claims = claims(all, seeds);
    // Said the other way round it is the same comparison, and counts once.
    let alone: BTreeMap<_, f64> = claims.iter().map(|c| (c.key(), c.p())).collect();
    let corrected = holm(&alone.values().copied().collect::<Vec<_>>());
    let among: BTreeMap<_, f64> = alone.into_keys().zip(corrected).collect();
    let mut text = head(&["ordering", "metric", "second minus first", "95 %", "p", "here"]);
    for claim in &claims {
        let p = among[&claim.key()];
        let Claim { worse, better, metric, found } = claim;
        let values: Vec<f64> = found.iter().map(|d| d.value).collect();
        text += &format!(
            "| {worse} < {better} | {metric}, {} | {} | {} | {p:.3} | {} |\n",
            found[0].unit,
            spread(&values, places(metric)),
            widest(found, places(metric)),
            claim.here(p)
        );
    }
    text
}

/// Places behind the point.
fn places(metric: &str) -> usize {
    if metric == "ssim" { 4 } else { 2 }
}

/// The claims that some seed has numbers for, each pair once.
fn claims<'a>(all: &'a [Ordering], seeds: &[Seed]) -> Vec<Claim<'a>> {
    let mut claims: Vec<Claim<'a>> = Vec::new();
    let pairs = all.iter().flat_map(|Ordering(names)| names.windows(2));
    for (pair, metric) in pairs.flat_map(|pair| JUDGED.map(|metric| (pair, metric))) {
        let (worse, better) = (pair[0].as_str(), pair[1].as_str());
        let found: Vec<Difference> =
            seeds.iter().filter_map(|s| between(&s.differences, better, worse, metric)).collect();
        // Said twice, it would count twice among all.
        let said = claims.iter().any(|c| (c.worse, c.better, c.metric) == (worse, better, metric));
        if !found.is_empty() && !said {
            claims.push(Claim { worse, better, metric, found });
        }
    }
    claims
}

impl Claim<'_> {
    fn key(&self) -> (&str, &str, &str) {
        (self.worse.min(self.better), self.worse.max(self.better), self.metric)
    }

    /// What all seeds say, if they agree.
    fn verdict(&self) -> &'static str {
        let first = self.found[0].verdict();
        if self.found.iter().all(|d| d.verdict() == first) { first } else { "undecided" }
    }

    /// The p of all seeds together: that of the least certain, and 1 where they point in both directions.
    fn p(&self) -> f64 {
        let one_way = |sign: f64| self.found.iter().all(|d| d.value * sign > 0.0);
        match one_way(1.0) || one_way(-1.0) {
            true => self.found.iter().map(|d| d.p.unwrap_or(1.0)).fold(0.0, f64::max),
            false => 1.0,
        }
    }

    /// What is said of it, given its p among all.
    fn here(&self, p: f64) -> &'static str {
        match (self.verdict(), p <= LEVEL) {
            ("better", true) => "holds",
            ("worse", true) => "reversed",
            ("better", false) => "undecided (alone, it holds)",
            ("worse", false) => "undecided (alone, it is reversed)",
            _ => "undecided",
        }
    }
}

/// A score of one method minus that of another over all pixels, whichever way it was written.
fn between(all: &[Difference], one: &str, other: &str, metric: &str) -> Option<Difference> {
    let scores = || all.iter().filter(|d| d.stratum == "all" && d.metric == metric);
    if let Some(found) = scores().find(|d| d.method == one && d.other == other) {
        return Some(found.clone());
    }
    let d = scores().find(|d| d.method == other && d.other == one)?;
    let (low, high) = (d.high.map(|v| -v), d.low.map(|v| -v));
    Some(Difference { value: -d.value, low, high, ..d.clone() })
}
