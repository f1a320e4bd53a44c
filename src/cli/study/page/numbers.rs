//! How a number of several seeds is written.

use super::Seed;
use crate::evaluate::{Difference, Row};

/// The interval that holds those of all seeds.
pub(super) fn widest<'a>(
    all: impl IntoIterator<Item = &'a Difference, IntoIter: Clone>,
    places: usize,
) -> String {
    let all = all.into_iter();
    let low = all.clone().filter_map(|d| d.low).min_by(f64::total_cmp);
    let high = all.filter_map(|d| d.high).max_by(f64::total_cmp);
    low.zip(high).map_or_else(
        || "too few blocks".to_owned(),
        |(low, high)| format!("{low:+.places$} to {high:+.places$}"),
    )
}

/// Mean, and the range where seeds differ.
pub(super) fn spread(values: &[f64], places: usize) -> String {
    if values.is_empty() {
        return "–".to_owned();
    }
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    match low < high {
        true => format!("{mean:.places$} ({low:.places$} to {high:.places$})"),
        false => format!("{mean:.places$}"),
    }
}

/// Each name once, in the order of its first.
pub(super) fn distinct<'a>(all: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = Vec::new();
    all.for_each(|one| {
        if !seen.contains(&one) {
            seen.push(one);
        }
    });
    seen
}

/// The value of each seed.
pub(super) fn values(seeds: &[Seed], method: &str, stratum: &str, metric: &str) -> Vec<f64> {
    let is = |r: &&Row| is_value(r, method, stratum, metric);
    let found = seeds.iter().filter_map(|s| s.rows.iter().find(is)).map(|r| r.value);
    // Of images without a whole window there is no SSIM.
    found.filter(|value| value.is_finite()).collect()
}

/// Whether a row is this number over all bands.
pub(super) fn is_value(r: &Row, method: &str, stratum: &str, metric: &str) -> bool {
    r.method == method && r.stratum == stratum && r.metric == metric && r.band == "all"
}

/// The methods of all seeds, in their order.
pub(super) fn methods(seeds: &[Seed]) -> Vec<&str> {
    distinct(seeds.iter().flat_map(|s| s.rows.iter().map(|r| r.method.as_str())))
}

/// The first two lines of a table.
pub(super) fn head(names: &[&str]) -> String {
    format!("| {} |\n|{}\n", names.join(" | "), "---|".repeat(names.len()))
}
