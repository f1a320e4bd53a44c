//! Scores as a table.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::Schema;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::catalog::schema;
use crate::error::{Error, Result, While};

/// One number of one method.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Row {
    /// `input`, `gapfill`, or a network's name.
    pub method: String,
    /// Which pixels: `all`, `cloudy at t`, `clear at t`.
    pub stratum: String,
    /// Metric, as `psnr`.
    pub metric: String,
    /// Band, or `all`.
    pub band: String,
    /// Value.
    pub value: f64,
    /// Lower end of the 95 % interval (bootstrap over samples), if computed.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// Unit.
    pub unit: String,
    /// How it is computed.
    pub definition: String,
    /// Samples behind it.
    pub samples: u64,
}

/// `schemas/scores.json`.
fn columns() -> Result<Arc<Schema>> {
    Ok(Arc::new(schema(include_str!("../../schemas/scores.json"))?))
}

/// Publishes the rows as Parquet.
pub fn write_rows(path: &Path, rows: &[Row]) -> Result<()> {
    let text = |f: fn(&Row) -> &String| -> Arc<dyn Array> {
        Arc::new(rows.iter().map(|r| Some(f(r).as_str())).collect::<StringArray>())
    };
    let number = |f: fn(&Row) -> Option<f64>| -> Arc<dyn Array> {
        Arc::new(rows.iter().map(f).collect::<Float64Array>())
    };
    let columns_of = columns()?;
    let values: Vec<Arc<dyn Array>> = vec![
        text(|r| &r.method),
        text(|r| &r.stratum),
        text(|r| &r.metric),
        text(|r| &r.band),
        number(|r| Some(r.value)),
        number(|r| r.low),
        number(|r| r.high),
        text(|r| &r.unit),
        text(|r| &r.definition),
        Arc::new(rows.iter().map(|r| r.samples as i64).collect::<Int64Array>()),
    ];
    let failed = || Error::internal(format!("writing {}", path.display()));
    let batch =
        RecordBatch::try_new(columns_of.clone(), values).map_err(|e| failed().with_source(e))?;
    let mut bytes = Vec::new();
    let mut writer =
        ArrowWriter::try_new(&mut bytes, columns_of, None).map_err(|e| failed().with_source(e))?;
    writer.write(&batch).map_err(|e| failed().with_source(e))?;
    writer.close().map_err(|e| failed().with_source(e))?;
    crate::store::publish(path, &bytes)
}

/// Reads what [`write_rows`] wrote.
pub fn read_rows(path: &Path) -> Result<Vec<Row>> {
    let doing = || format!("reading {}", path.display());
    let file = std::fs::File::open(path).during(doing)?;
    let bad = || Error::invalid(format!("{} is not a table of scores", path.display()));
    let reader = ParquetRecordBatchReaderBuilder::try_new(file)
        .and_then(|b| b.build())
        .map_err(|e| bad().with_source(e))?;
    let mut rows = Vec::new();
    for batch in reader {
        let batch = batch.map_err(|e| bad().with_source(e))?;
        let text = |name: &str| {
            let column = batch.column_by_name(name)?;
            column.as_any().downcast_ref::<StringArray>().cloned()
        };
        let number = |name: &str| {
            let column = batch.column_by_name(name)?;
            column.as_any().downcast_ref::<Float64Array>().cloned()
        };
        let (method, stratum) = (text("method").ok_or_else(bad)?, text("stratum").ok_or_else(bad)?);
        let (metric, band) = (text("metric").ok_or_else(bad)?, text("band").ok_or_else(bad)?);
        let (unit, what) = (text("unit").ok_or_else(bad)?, text("definition").ok_or_else(bad)?);
        let value = number("value").ok_or_else(bad)?;
        let (low, high) = (number("low").ok_or_else(bad)?, number("high").ok_or_else(bad)?);
        let samples = batch
            .column_by_name("samples")
            .and_then(|c| c.as_any().downcast_ref::<Int64Array>())
            .ok_or_else(bad)?;
        let maybe = |a: &Float64Array, i: usize| a.is_valid(i).then(|| a.value(i));
        for i in 0..batch.num_rows() {
            rows.push(Row {
                method: method.value(i).into(),
                stratum: stratum.value(i).into(),
                metric: metric.value(i).into(),
                band: band.value(i).into(),
                value: value.value(i),
                low: maybe(&low, i),
                high: maybe(&high, i),
                unit: unit.value(i).into(),
                definition: what.value(i).into(),
                samples: samples.value(i) as u64,
            });
        }
    }
    Ok(rows)
}
