//! The tables of a question.

use super::numbers::{distinct, head, methods, spread, values, widest};
use super::{METRICS, Seed};
use crate::evaluate::{Difference, GROUPS};

/// A method a row, over all pixels.
pub(super) fn scores(seeds: &[Seed]) -> String {
    let titles = METRICS.iter().map(|(_, title, _)| *title);
    let mut text = head(&std::iter::once("method").chain(titles).collect::<Vec<_>>());
    for method in methods(seeds) {
        text += &format!("| {method} |");
        for (metric, _, places) in METRICS {
            text += &format!(" {} |", spread(&values(seeds, method, "all", metric), places));
        }
        text.push('\n');
    }
    text
}

/// Absolute errors by stratum, without the controls.
pub(super) fn strata(seeds: &[Seed]) -> String {
    let rows = || seeds.iter().flat_map(|s| s.rows.iter());
    let mut strata = distinct(rows().map(|r| r.stratum.as_str()));
    // What is not in the list comes first, as it came.
    strata.sort_by_key(|name| GROUPS.iter().position(|known| known == name));
    let methods = distinct(rows().filter(|r| r.control.is_none()).map(|r| r.method.as_str()));
    let mut text = head(&[&["stratum", "samples"][..], &methods].concat());
    for stratum in strata {
        let samples = rows().find(|r| r.stratum == stratum).map_or(0, |r| r.samples);
        text += &format!("| {stratum} | {samples} |");
        for method in &methods {
            text += &format!(" {} |", spread(&values(seeds, method, stratum, "mae"), 1));
        }
        text.push('\n');
    }
    text
}

/// A row a pair and metric of a stratum, of the pairs that fit: methods without a control, and controls against their own
/// network.
pub(super) fn differences(
    seeds: &[Seed],
    stratum: &str,
    fits: impl Fn(&Difference) -> bool,
) -> String {
    let mut text = head(&["one minus other", "metric", "difference", "95 %", "verdict over seeds"]);
    let shown = |d: &&Difference| {
        let metric = d.metric == "psnr" || d.metric == "mae";
        d.stratum == stratum && metric && d.is_plain() && fits(d)
    };
    let Some(first) = seeds.first() else { return text };
    for d in first.differences.iter().filter(shown) {
        let same = |o: &&Difference| {
            (&o.method, &o.other, &o.stratum, &o.metric)
                == (&d.method, &d.other, &d.stratum, &d.metric)
        };
        let all: Vec<&Difference> =
            seeds.iter().filter_map(|s| s.differences.iter().find(same)).collect();
        let values: Vec<f64> = all.iter().map(|d| d.value).collect();
        let ends = widest(all.iter().copied(), 2);
        let count = |word: &str| all.iter().filter(|d| d.verdict() == word).count();
        text += &format!(
            "| {} minus {} | {}, {} | {} | {ends} | better {}, worse {} of {} |\n",
            d.method,
            d.other,
            d.metric,
            d.unit,
            spread(&values, 2),
            count("better"),
            count("worse"),
            all.len()
        );
    }
    text
}
