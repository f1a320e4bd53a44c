//! Scores and differences as text.

use crate::evaluate::{Difference, Row};

/// Strata that a terminal shows unless all are asked for.
const SHOWN: [&str; 3] = ["all", "cloudy at t", "clear at t"];

/// Metrics of the printed differences.
const COMPARED: [&str; 2] = ["psnr", "mae"];

/// One line a method, one column a metric over all bands, then the errors per band, then paired
/// differences, then the definitions.
pub(super) fn table(rows: &[Row], differences: &[Difference], every: bool) -> String {
    let mut text = String::new();
    let mut strata: Vec<&Row> = Vec::new();
    for row in rows {
        let shown = every || SHOWN.contains(&row.stratum.as_str());
        if shown && !strata.iter().any(|r| r.stratum == row.stratum) {
            strata.push(row);
        }
    }
    for first in strata {
        let here: Vec<&Row> = rows.iter().filter(|r| r.stratum == first.stratum).collect();
        let (samples, blocks) = (first.samples, first.blocks);
        text += &format!("\n{}: {samples} samples, {blocks} blocks\n", first.stratum);
        text += &block(&here, |r| (r.band == "all").then(|| format!("{} [{}]", r.metric, r.unit)));
        text += &block(&here, |r| {
            (r.band != "all" && r.metric == "mae").then(|| format!("mae {} [{}]", r.band, r.unit))
        });
    }
    text += &paired(differences);
    let mut said: Vec<&str> = Vec::new();
    for r in rows {
        if !said.contains(&r.metric.as_str()) {
            said.push(&r.metric);
            text += &format!("\n{}: {}", r.metric, r.definition);
        }
    }
    text
}

/// Methods down, the columns that `head` names across.
fn block(rows: &[&Row], head: impl Fn(&Row) -> Option<String>) -> String {
    let (mut heads, mut methods) = (Vec::new(), Vec::new());
    for r in rows {
        if let Some(h) = head(r) {
            if !heads.contains(&h) {
                heads.push(h);
            }
            if !methods.contains(&r.method) {
                methods.push(r.method.clone());
            }
        }
    }
    if heads.is_empty() {
        return String::new();
    }
    let width = methods.iter().map(|m| m.chars().count()).max().unwrap_or(0).max(8);
    let mut text = format!("{:width$}", "method");
    heads.iter().for_each(|h| text += &format!(" {h:>16}"));
    text.push('\n');
    for m in &methods {
        text += &format!("{m:width$}");
        for h in &heads {
            let cell = rows.iter().find(|r| &r.method == m && head(r).as_ref() == Some(h));
            text += &cell.map_or(format!(" {:>16}", "-"), |r| format!(" {:>16.4}", r.value));
        }
        text.push('\n');
    }
    text
}

/// Each pair over all pixels, a control beside its own network alone: the difference, its interval, and what that says.
fn paired(differences: &[Difference]) -> String {
    let shown: Vec<&Difference> = differences
        .iter()
        .filter(|d| d.stratum == "all" && COMPARED.contains(&d.metric.as_str()) && d.is_plain())
        .collect();
    let Some(first) = shown.first() else { return String::new() };
    let mut text = format!(
        "\npaired differences over all pixels, 95 % and p (alone) by bootstrap over {} blocks of ground and day\n",
        first.blocks
    );
    let pair = |d: &Difference| format!("{} minus {}", d.method, d.other);
    let width = shown.iter().map(|d| pair(d).chars().count()).max().unwrap_or(0);
    for d in shown {
        let ends = match (d.low, d.high) {
            (Some(low), Some(high)) => format!("{low:+.3} to {high:+.3}"),
            _ => "too few blocks".to_owned(),
        };
        let p = d.p.map_or_else(String::new, |p| format!("{p:.3}"));
        text += &format!(
            "{:width$} {:>5} {:>+10.3} {:3} {ends:>22} {p:>6}  {}\n",
            pair(d),
            d.metric,
            d.value,
            d.unit,
            d.verdict()
        );
    }
    text
}
