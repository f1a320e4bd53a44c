//! Scores as a table.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::SchemaRef;

use crate::catalog::{read_table, schema, write_table};
use crate::error::{Error, Result};
use crate::limits;

/// One number of one method.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Row {
    /// `input`, `gapfill`, … or a network's name, with a control's in brackets.
    pub method: String,
    /// Negative control.
    pub control: Option<String>,
    /// Which pixels or samples: `all`, `cloudy at t`, `season: winter`, …
    pub stratum: String,
    /// What the stratum holds.
    pub meaning: String,
    /// Metric, as `psnr`.
    pub metric: String,
    /// Band, or `all`.
    pub band: String,
    /// Value.
    pub value: f64,
    /// Lower end of the 95 % interval (bootstrap over blocks of ground and day), if computed.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// Unit.
    pub unit: String,
    /// How it is computed.
    pub definition: String,
    /// Samples behind it.
    pub samples: u64,
    /// Blocks that the bootstrap drew from.
    pub blocks: u64,
}

/// `schemas/scores.json`.
fn columns() -> Result<SchemaRef> {
    Ok(Arc::new(schema(include_str!("../../schemas/scores.json"))?))
}

/// Publishes the rows as Parquet.
pub fn write_rows(path: &Path, rows: &[Row]) -> Result<()> {
    let text = |f: fn(&Row) -> Option<&str>| -> Arc<dyn Array> {
        Arc::new(rows.iter().map(f).collect::<StringArray>())
    };
    let number = |f: fn(&Row) -> Option<f64>| -> Arc<dyn Array> {
        Arc::new(rows.iter().map(f).collect::<Float64Array>())
    };
    let whole = |f: fn(&Row) -> u64| -> Arc<dyn Array> {
        Arc::new(rows.iter().map(|r| f(r) as i64).collect::<Int64Array>())
    };
    let columns = columns()?;
    let values = vec![
        text(|r| Some(&r.method)),
        text(|r| r.control.as_deref()),
        text(|r| Some(&r.stratum)),
        text(|r| Some(&r.meaning)),
        text(|r| Some(&r.metric)),
        text(|r| Some(&r.band)),
        number(|r| Some(r.value)),
        number(|r| r.low),
        number(|r| r.high),
        text(|r| Some(&r.unit)),
        text(|r| Some(&r.definition)),
        whole(|r| r.samples),
        whole(|r| r.blocks),
    ];
    let batch = RecordBatch::try_new(columns.clone(), values)
        .map_err(|e| Error::internal(format!("writing {}", path.display())).with_source(e))?;
    write_table(path, columns, std::iter::once(Ok(batch)))
}

/// Reads what [`write_rows`] wrote.
pub fn read_rows(path: &Path) -> Result<Vec<Row>> {
    let bad = || {
        Error::invalid(format!("{} is not a table of scores", path.display()))
            .hint("give a file that `eclaircie evaluate --to` of this release wrote")
    };
    let mut rows = Vec::new();
    for batch in read_table(path, &columns()?, limits::CURVE_ROWS_MAX)
        .map_err(|e| if e.is_not_found() { e } else { bad().with_source(e) })?
    {
        let text = |name: &str| {
            let column = batch.column_by_name(name)?;
            column.as_any().downcast_ref::<StringArray>().cloned()
        };
        let number = |name: &str| {
            let column = batch.column_by_name(name)?;
            column.as_any().downcast_ref::<Float64Array>().cloned()
        };
        let whole = |name: &str| {
            let column = batch.column_by_name(name)?;
            column.as_any().downcast_ref::<Int64Array>().cloned()
        };
        let read = || -> Option<Vec<Row>> {
            let (method, control) = (text("method")?, text("control")?);
            let (stratum, meaning) = (text("stratum")?, text("meaning")?);
            let (metric, band, unit) = (text("metric")?, text("band")?, text("unit")?);
            let (definition, value) = (text("definition")?, number("value")?);
            let (low, high) = (number("low")?, number("high")?);
            let (samples, blocks) = (whole("samples")?, whole("blocks")?);
            let maybe = |a: &Float64Array, i: usize| a.is_valid(i).then(|| a.value(i));
            let one = |i: usize| Row {
                method: method.value(i).into(),
                control: control.is_valid(i).then(|| control.value(i).into()),
                stratum: stratum.value(i).into(),
                meaning: meaning.value(i).into(),
                metric: metric.value(i).into(),
                band: band.value(i).into(),
                value: value.value(i),
                low: maybe(&low, i),
                high: maybe(&high, i),
                unit: unit.value(i).into(),
                definition: definition.value(i).into(),
                samples: samples.value(i) as u64,
                blocks: blocks.value(i) as u64,
            };
            Some((0..batch.num_rows()).map(one).collect())
        };
        rows.extend(read().ok_or_else(bad)?);
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_come_back_with_their_control_and_blocks() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("scores.parquet");
        let row = |control: Option<&str>, low| Row {
            method: "a".into(),
            control: control.map(str::to_owned),
            stratum: "all".into(),
            meaning: "every pixel".into(),
            metric: "psnr".into(),
            band: "all".into(),
            value: 0.1 + 0.2,
            low,
            high: None,
            unit: "dB".into(),
            definition: "how".into(),
            samples: 3,
            blocks: 2,
        };
        let rows = vec![row(None, Some(1.0)), row(Some("sar-time"), None)];
        write_rows(&path, &rows).unwrap();
        assert_eq!(read_rows(&path).unwrap(), rows);
        std::fs::write(&path, "no table").unwrap();
        assert!(read_rows(&path).unwrap_err().to_string().contains("not a table of scores"));
    }
}
