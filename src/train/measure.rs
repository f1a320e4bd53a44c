//! Metrics through time.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{Float64Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::SchemaRef;

use super::curve::{column, failed};
use crate::catalog::{read_table, schema, write_table};
use crate::error::Result;
use crate::limits;

/// One number that was measured at the end of an epoch.
#[derive(Debug, Clone, PartialEq)]
pub struct Measure {
    /// Optimiser steps taken.
    pub step: u64,
    /// Epoch, from 0.
    pub epoch: u64,
    /// `train` or `valid`.
    pub split: String,
    /// `loss`, a metric as `psnr`, `samples_s` or `wait_share`.
    pub metric: String,
    /// Band, or `all`.
    pub band: String,
    /// Its value.
    pub value: f64,
    /// Its unit.
    pub unit: String,
}

fn columns() -> Result<SchemaRef> {
    Ok(Arc::new(schema(include_str!("../../schemas/measures.json"))?))
}

/// Publishes the measures as Parquet (`schemas/measures.json`).
pub(super) fn write(path: &Path, measures: &[Measure]) -> Result<()> {
    let text =
        |f: fn(&Measure) -> &str| -> StringArray { measures.iter().map(|m| Some(f(m))).collect() };
    let columns = columns()?;
    let batch = RecordBatch::try_new(
        columns.clone(),
        vec![
            Arc::new(measures.iter().map(|m| m.step as i64).collect::<Int64Array>()),
            Arc::new(measures.iter().map(|m| m.epoch as i64).collect::<Int64Array>()),
            Arc::new(text(|m| &m.split)),
            Arc::new(text(|m| &m.metric)),
            Arc::new(text(|m| &m.band)),
            Arc::new(measures.iter().map(|m| m.value).collect::<Float64Array>()),
            Arc::new(text(|m| &m.unit)),
        ],
    )
    .map_err(|e| failed(path).with_source(e))?;
    write_table(path, columns, std::iter::once(Ok(batch)))
}

/// Reads what [`write`] wrote.
pub(super) fn read(path: &Path) -> Result<Vec<Measure>> {
    let mut all = Vec::new();
    for batch in read_table(path, &columns()?, limits::CURVE_ROWS_MAX)? {
        let whole = |name: &str| column::<Int64Array>(&batch, name, path);
        let text = |name: &str| column::<StringArray>(&batch, name, path);
        let (step, epoch) = (whole("step")?, whole("epoch")?);
        let (split, metric) = (text("split")?, text("metric")?);
        let (band, unit) = (text("band")?, text("unit")?);
        let value = column::<Float64Array>(&batch, "value", path)?;
        all.extend((0..batch.num_rows()).map(|i| Measure {
            step: step.value(i) as u64,
            epoch: epoch.value(i) as u64,
            split: split.value(i).into(),
            metric: metric.value(i).into(),
            band: band.value(i).into(),
            value: value.value(i),
            unit: unit.value(i).into(),
        }));
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_come_back_bit_for_bit() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("metrics.parquet");
        let measures: Vec<Measure> = [0.1 + 0.2, f64::INFINITY, 1e-300]
            .into_iter()
            .map(|value| Measure {
                step: 7,
                epoch: 1,
                split: "valid".into(),
                metric: "psnr".into(),
                band: "all".into(),
                value,
                unit: "dB".into(),
            })
            .collect();
        write(&path, &measures).unwrap();
        assert_eq!(read(&path).unwrap(), measures);
    }
}
