//! One table: a row a method, a column a metric or a band, the best of each column in bold.

use super::escape::escape;
use super::number::{decimals, number};
use super::score::ScoreRow;

/// Which way a column is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Better {
    Higher,
    Lower,
    NearZero,
    Unknown,
}

impl Better {
    /// What is known of a metric by its name.
    pub(super) fn of(metric: &str) -> Self {
        let metric = metric.to_ascii_lowercase();
        let ends = |names: &[&str]| {
            names.iter().any(|n| metric == *n || metric.ends_with(&format!("_{n}")))
        };
        if ends(&["psnr", "psnr_median", "ssim", "r2"]) {
            Self::Higher
        } else if ends(&["mse", "rmse", "mae", "sam", "sam_deg", "loss"]) {
            Self::Lower
        } else if ends(&["bias"]) {
            Self::NearZero
        } else {
            Self::Unknown
        }
    }

    /// Larger is better, whatever the metric; nothing for what cannot win.
    fn merit(self, value: f64) -> Option<f64> {
        if value.is_nan() {
            return None;
        }
        match self {
            Self::Higher => Some(value),
            Self::Lower => Some(-value),
            Self::NearZero => Some(-value.abs()),
            Self::Unknown => None,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Higher => "higher is better",
            Self::Lower => "lower is better",
            Self::NearZero => "nearer to zero is better",
            Self::Unknown => "",
        }
    }

    fn arrow(self) -> &'static str {
        match self {
            Self::Higher => " ↑",
            Self::Lower => " ↓",
            Self::NearZero => " →0",
            Self::Unknown => "",
        }
    }
}

/// A column: its heading, its unit, which way is better, and the numbers that stand in it.
pub(super) struct Column<'a> {
    pub(super) heading: &'a str,
    pub(super) unit: &'a str,
    pub(super) better: Better,
    pub(super) rows: Vec<&'a ScoreRow>,
}

/// The table; methods in the order given.
pub(super) fn table(caption: &str, methods: &[&str], columns: &[Column]) -> String {
    let mut head = String::new();
    let mut cells = vec![String::new(); methods.len()];
    for column in columns {
        head += &heading(column);
        let places = decimals(column.rows.iter().map(|r| r.value));
        let best = best(column, places);
        for (cell, method) in cells.iter_mut().zip(methods) {
            // Two numbers for one place are both shown: choosing one would hide a fault of the
            // caller.
            let found: Vec<String> = column
                .rows
                .iter()
                .filter(|r| r.method == *method)
                .map(|r| value(r, places, best.as_deref()))
                .collect();
            let text = if found.is_empty() { "–".into() } else { found.join("<br>") };
            *cell += &format!("<td>{text}</td>");
        }
    }
    let caption = match caption {
        "" => String::new(),
        text => format!("<caption>{}</caption>", escape(text)),
    };
    let body: String = methods
        .iter()
        .zip(cells)
        .map(|(m, cells)| format!("<tr><th scope=\"row\">{}</th>{cells}</tr>\n", escape(m)))
        .collect();
    format!(
        "<div class=\"scroll\"><table class=\"scores\">{caption}<thead><tr><th>method</th>{head}\
         </tr></thead>\n<tbody>{body}</tbody></table></div>\n"
    )
}

fn heading(column: &Column) -> String {
    let unit = match column.unit {
        "" => String::new(),
        unit => format!("<small>{}</small>", escape(unit)),
    };
    format!(
        "<th scope=\"col\" title=\"{}\">{}{}{unit}</th>",
        column.better.words(),
        escape(column.heading),
        column.better.arrow()
    )
}

/// The text of the best number: what reads the same is as good. One number alone is not best of
/// anything.
fn best(column: &Column, places: usize) -> Option<String> {
    let merit = |r: &&&ScoreRow| column.better.merit(r.value);
    let candidates: Vec<_> = column.rows.iter().filter(|r| merit(r).is_some()).collect();
    if candidates.len() < 2 {
        return None;
    }
    let by = |r: &&&&ScoreRow| merit(r).unwrap_or(f64::NEG_INFINITY);
    let best = candidates.iter().max_by(|a, b| by(a).total_cmp(&by(b)))?;
    Some(number(best.value, places))
}

fn value(row: &ScoreRow, places: usize, best: Option<&str>) -> String {
    let text = number(row.value, places);
    let text = if best == Some(text.as_str()) { format!("<b>{text}</b>") } else { text };
    match (row.low, row.high) {
        (Some(low), Some(high)) => {
            format!("{text}<small>{} to {}</small>", number(low, places), number(high, places))
        }
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(method: &str, value: f64) -> ScoreRow {
        ScoreRow { method: method.into(), value, ..ScoreRow::default() }
    }

    fn cells(better: Better, values: &[f64]) -> String {
        let rows: Vec<_> =
            values.iter().enumerate().map(|(i, v)| row(&format!("m{i}"), *v)).collect();
        let methods: Vec<_> = rows.iter().map(|r| r.method.as_str()).collect();
        let column = Column { heading: "x", unit: "", better, rows: rows.iter().collect() };
        table("", &methods, &[column])
    }

    #[test]
    fn the_best_value_is_bold() {
        let html = cells(Better::Higher, &[31.5, 33.25, f64::NAN]);
        assert!(html.contains("<b>33.25</b>") && html.matches("<b>").count() == 1);
        let html = cells(Better::Lower, &[31.5, 33.25, f64::NAN]);
        assert!(html.contains("<b>31.50</b>") && html.matches("<b>").count() == 1);
        let html = cells(Better::NearZero, &[-2.5, 1.25, -0.5]);
        assert!(html.contains("<b>-0.500</b>") && html.matches("<b>").count() == 1);
    }

    #[test]
    fn equals_share_the_bold_and_one_alone_or_unknown_has_none() {
        assert_eq!(cells(Better::Higher, &[0.91, 0.91, 0.2]).matches("<b>").count(), 2);
        assert_eq!(cells(Better::Higher, &[0.91]).matches("<b>").count(), 0);
        assert_eq!(cells(Better::Unknown, &[1.0, 2.0]).matches("<b>").count(), 0);
    }

    #[test]
    fn a_metric_is_judged_by_its_name() {
        assert_eq!(Better::of("PSNR"), Better::Higher);
        assert_eq!(Better::of("ndvi_mae"), Better::Lower);
        assert_eq!(Better::of("bias"), Better::NearZero);
        assert_eq!(Better::of("sample"), Better::Unknown);
    }
}
