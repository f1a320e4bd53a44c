//! Paired differences as a table.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, AsArray, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{Float64Type, Int64Type, SchemaRef};

use crate::catalog::{read_table, schema, write_table};
use crate::error::{Error, Result};
use crate::limits;

/// How much one method differs from another on the same samples.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Difference {
    /// The one.
    pub method: String,
    /// The other.
    pub other: String,
    /// Which pixels or samples.
    pub stratum: String,
    /// Metric, as `psnr`.
    pub metric: String,
    /// Score of the one minus score of the other.
    pub value: f64,
    /// Lower end of the 95 % interval (bootstrap over blocks of ground and day, both methods drawn
    /// together), if computed.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// Two-sided p of no difference, from the same draws, if computed; alone, not corrected for other comparisons.
    pub p: Option<f64>,
    /// Unit.
    pub unit: String,
    /// Samples behind it.
    pub samples: u64,
    /// Blocks that were drawn from.
    pub blocks: u64,
}

impl Difference {
    /// `better` or `worse` where the interval leaves zero out, else `undecided`.
    pub fn verdict(&self) -> &'static str {
        let more_is_better = ["psnr", "ssim"].contains(&self.metric.as_str());
        match (self.low, self.high) {
            (Some(low), _) if low > 0.0 => {
                if more_is_better {
                    "better"
                } else {
                    "worse"
                }
            }
            (_, Some(high)) if high < 0.0 => {
                if more_is_better {
                    "worse"
                } else {
                    "better"
                }
            }
            _ => "undecided",
        }
    }
}

impl Difference {
    /// Whether the one is a network under a control, which its name ends with in brackets.
    pub fn is_control(&self) -> bool {
        self.method.ends_with(']')
    }

    /// Whether it is of two methods without a control, or of a control and its own network.
    pub fn is_plain(&self) -> bool {
        let own = self.method.strip_suffix(']').and_then(|m| m.rsplit_once(" ["));
        match own {
            Some((network, _)) => network == self.other,
            None => !self.other.ends_with(']'),
        }
    }
}

/// `schemas/differences.json`.
fn columns() -> Result<SchemaRef> {
    Ok(Arc::new(schema(include_str!("../../schemas/differences.json"))?))
}

/// Publishes differences as Parquet (`schemas/differences.json`).
pub fn write_differences(path: &Path, rows: &[Difference]) -> Result<()> {
    let text = |f: fn(&Difference) -> &str| -> Arc<dyn Array> {
        Arc::new(rows.iter().map(|r| Some(f(r))).collect::<StringArray>())
    };
    let number = |f: fn(&Difference) -> Option<f64>| -> Arc<dyn Array> {
        Arc::new(rows.iter().map(f).collect::<Float64Array>())
    };
    let whole = |f: fn(&Difference) -> u64| -> Arc<dyn Array> {
        Arc::new(rows.iter().map(|r| f(r) as i64).collect::<Int64Array>())
    };
    let columns = columns()?;
    let values = vec![
        text(|r| &r.method),
        text(|r| &r.other),
        text(|r| &r.stratum),
        text(|r| &r.metric),
        number(|r| Some(r.value)),
        number(|r| r.low),
        number(|r| r.high),
        number(|r| r.p),
        text(|r| &r.unit),
        text(|r| r.verdict()),
        whole(|r| r.samples),
        whole(|r| r.blocks),
    ];
    let batch = RecordBatch::try_new(columns.clone(), values)
        .map_err(|e| Error::internal(format!("writing {}", path.display())).with_source(e))?;
    write_table(path, columns, std::iter::once(Ok(batch)))
}

/// Reads what [`write_differences`] wrote.
pub fn read_differences(path: &Path) -> Result<Vec<Difference>> {
    let mut all = Vec::new();
    let batches = read_table(path, &columns()?, limits::CURVE_ROWS_MAX)
        .map_err(|e| e.hint("run `eclaircie evaluate --to FOLDER` again"))?;
    for batch in batches {
        let text = |i: usize| batch.column(i).as_string::<i32>();
        let number = |i: usize| batch.column(i).as_primitive::<Float64Type>();
        let whole = |i: usize| batch.column(i).as_primitive::<Int64Type>();
        let maybe = |a: &Float64Array, i: usize| a.is_valid(i).then(|| a.value(i));
        all.extend((0..batch.num_rows()).map(|i| Difference {
            method: text(0).value(i).into(),
            other: text(1).value(i).into(),
            stratum: text(2).value(i).into(),
            metric: text(3).value(i).into(),
            value: number(4).value(i),
            low: maybe(number(5), i),
            high: maybe(number(6), i),
            p: maybe(number(7), i),
            unit: text(8).value(i).into(),
            samples: whole(10).value(i) as u64,
            blocks: whole(11).value(i) as u64,
        }));
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn difference(metric: &str, low: f64, high: f64) -> Difference {
        Difference {
            method: "a".into(),
            other: "b".into(),
            stratum: "all".into(),
            metric: metric.into(),
            value: 0.5 * (low + high),
            low: Some(low),
            high: Some(high),
            p: Some(0.25),
            unit: "dB".into(),
            samples: 9,
            blocks: 8,
        }
    }

    #[test]
    fn a_control_is_compared_with_its_own_network() {
        let of = |method: &str, other: &str| {
            let (method, other) = (method.into(), other.into());
            Difference { method, other, ..difference("mae", 0.0, 1.0) }.is_plain()
        };
        assert!(of("net", "gapfill") && of("net [dem]", "net"));
        assert!(!of("net [dem]", "gapfill") && !of("gapfill", "net [dem]"));
        assert!(!of("net [dem]", "net [sar-time]"));
        let named =
            |method: &str| Difference { method: method.into(), ..difference("mae", 0.0, 1.0) };
        assert!(named("net [dem]").is_control() && !named("net").is_control());
    }

    #[test]
    fn differences_come_back() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("differences.parquet");
        let none = Difference { low: None, high: None, p: None, ..difference("mae", 0.0, 1.0) };
        let all = vec![difference("psnr", 0.1, 0.3), none];
        write_differences(&path, &all).unwrap();
        assert_eq!(read_differences(&path).unwrap(), all);
    }

    #[test]
    fn a_verdict_needs_an_interval_on_one_side_of_zero() {
        let of = |metric: &str, low, high| difference(metric, low, high).verdict();
        assert_eq!(of("psnr", 0.1, 0.4), "better");
        assert_eq!(of("psnr", -0.4, -0.1), "worse");
        assert_eq!(of("mae", -9.0, -1.0), "better");
        assert_eq!(of("sam_deg", 0.1, 0.4), "worse");
        assert_eq!(of("ssim", -0.1, 0.4), "undecided");
    }
}
