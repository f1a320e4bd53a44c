//! Scores: a table for each stratum, bands below, definitions last.

use super::escape::escape;
use super::table::{Better, Column, table};

/// Strata that are shown at once; those after them are folded.
const OPEN: usize = 4;
/// The name of a score over all bands together.
const ALL: &str = "all";

/// One number of an evaluation.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ScoreRow {
    /// The method, as `msop-unet`.
    pub method: String,
    /// The part of the samples, as `all` or `cloud 75 to 100 %`.
    pub stratum: String,
    /// The metric, as `psnr`.
    pub metric: String,
    /// The band, or `all`.
    pub band: String,
    /// The value.
    pub value: f64,
    /// Its unit, as `dB`; may be empty.
    pub unit: String,
    /// How it is computed, one sentence.
    pub definition: String,
    /// Lower end of the 95 % interval.
    pub low: Option<f64>,
    /// Upper end of the 95 % interval.
    pub high: Option<f64>,
}

/// The section's content; empty without rows.
pub(super) fn scores(rows: &[ScoreRow], notes: &[String]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let part = |stratum: &str| {
        let own: Vec<&ScoreRow> = rows.iter().filter(|r| r.stratum == stratum).collect();
        overall(stratum, &own) + &by_band(&own)
    };
    let strata = distinct(rows.iter().map(|r| r.stratum.as_str()));
    let (open, folded) = strata.split_at(strata.len().min(OPEN));
    let mut html: String = open.iter().map(|stratum| part(stratum)).collect();
    if !folded.is_empty() {
        let more: String = folded.iter().map(|stratum| part(stratum)).collect();
        let n = folded.len();
        html += &format!("<details><summary>{n} more tables</summary>\n{more}</details>\n");
    }
    html + &legend(rows, notes)
}

/// Values in the order of their first appearance.
fn distinct<'a, T: PartialEq>(values: impl Iterator<Item = T> + 'a) -> Vec<T> {
    let mut out = Vec::new();
    for value in values {
        if !out.contains(&value) {
            out.push(value);
        }
    }
    out
}

fn overall(stratum: &str, rows: &[&ScoreRow]) -> String {
    let rows: Vec<_> = rows.iter().copied().filter(|r| r.band == ALL).collect();
    let columns: Vec<_> = distinct(rows.iter().map(|r| (r.metric.as_str(), r.unit.as_str())))
        .into_iter()
        .map(|(metric, unit)| Column {
            heading: metric,
            unit,
            better: Better::of(metric),
            rows: rows.iter().copied().filter(|r| r.metric == metric && r.unit == unit).collect(),
        })
        .collect();
    if columns.is_empty() {
        return String::new();
    }
    table(stratum, &methods(&rows), &columns)
}

fn by_band(rows: &[&ScoreRow]) -> String {
    let rows: Vec<_> = rows.iter().copied().filter(|r| r.band != ALL).collect();
    if rows.is_empty() {
        return String::new();
    }
    let mut html = String::from("<details><summary>Band by band</summary>\n");
    for (metric, unit) in distinct(rows.iter().map(|r| (r.metric.as_str(), r.unit.as_str()))) {
        let own: Vec<_> =
            rows.iter().copied().filter(|r| r.metric == metric && r.unit == unit).collect();
        let columns: Vec<_> = distinct(own.iter().map(|r| r.band.as_str()))
            .into_iter()
            .map(|band| Column {
                heading: band,
                unit,
                better: Better::of(metric),
                rows: own.iter().copied().filter(|r| r.band == band).collect(),
            })
            .collect();
        html += &table(metric, &methods(&own), &columns);
    }
    html + "</details>\n"
}

fn methods<'a>(rows: &[&'a ScoreRow]) -> Vec<&'a str> {
    distinct(rows.iter().map(|r| r.method.as_str()))
}

fn legend(rows: &[ScoreRow], notes: &[String]) -> String {
    let mut html = String::new();
    let defined = rows.iter().filter(|r| !r.definition.is_empty());
    let defined = distinct(defined.map(|r| (r.metric.as_str(), r.definition.as_str())));
    if !defined.is_empty() {
        html += "<h3>What the metrics mean</h3>\n<dl class=\"definitions\">";
        for (metric, definition) in defined {
            html += &format!("<dt>{}</dt><dd>{}</dd>\n", escape(metric), escape(definition));
        }
        html += "</dl>\n";
    }
    if rows.iter().any(|r| r.low.is_some() && r.high.is_some()) {
        html += "<p class=\"quiet\">Small numbers below a value are its 95 % interval.</p>\n";
    }
    if !notes.is_empty() {
        let items: String = notes.iter().map(|n| format!("<li>{}</li>", escape(n))).collect();
        html += &format!("<ul class=\"notes\">{items}</ul>\n");
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(method: &str, stratum: &str, metric: &str, band: &str, value: f64) -> ScoreRow {
        ScoreRow {
            method: method.into(),
            stratum: stratum.into(),
            metric: metric.into(),
            band: band.into(),
            value,
            unit: "u".into(),
            definition: format!("how {metric} is computed"),
            ..ScoreRow::default()
        }
    }

    #[test]
    fn a_stratum_is_a_table_and_a_method_is_a_row() {
        let html = scores(
            &[
                row("gapfill", "all", "psnr", "all", 20.0),
                row("gapfill", "all", "ssim", "all", 0.7),
                row("msop", "all", "psnr", "all", 22.0),
                row("msop", "cloudy", "psnr", "all", 21.0),
            ],
            &[],
        );
        assert_eq!(html.matches("<table").count(), 2);
        assert_eq!(html.matches("<th scope=\"row\">msop</th>").count(), 2);
        assert_eq!(html.matches("<dt>").count(), 2, "each metric is defined once");
        assert!(html.contains("<td>–</td>"), "a missing number is a dash");
        assert!(!html.contains("<details"));
    }

    #[test]
    fn many_strata_are_folded_after_the_first() {
        let strata = ["all", "cloudy", "clear", "thin", "changed", "winter"];
        let rows: Vec<_> = strata.iter().map(|s| row("gapfill", s, "psnr", "all", 20.0)).collect();
        let html = scores(&rows, &[]);
        let (open, folded) = html.split_once("<details><summary>2 more tables").unwrap();
        assert_eq!((open.matches("<table").count(), folded.matches("<table").count()), (4, 2));
    }

    #[test]
    fn bands_are_below_and_folded() {
        let html = scores(
            &[row("a", "all", "mae", "B02", 100.0), row("a", "all", "mae", "B08", 200.0)],
            &["one <note>".into()],
        );
        assert!(html.starts_with("<details>"));
        assert!(html.contains(">B02 ↓<small>u</small></th>"), "{html}");
        assert!(html.contains("one &lt;note&gt;"));
    }

    #[test]
    fn an_interval_stands_below_its_value() {
        let mut one = row("a", "all", "psnr", "all", 20.0);
        (one.low, one.high) = (Some(19.5), Some(20.5));
        let html = scores(&[one], &[]);
        assert!(html.contains("20.00<small>19.50 to 20.50</small>"), "{html}");
        assert!(html.contains("95 % interval"));
    }
}
