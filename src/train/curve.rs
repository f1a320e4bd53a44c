//! Losses through time.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::SchemaRef;

use crate::catalog::{read_table, schema, write_table};
use crate::error::{Error, Result};
use crate::limits;

/// One loss.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Optimiser steps taken.
    pub step: u64,
    /// Epoch, from 0.
    pub epoch: u64,
    /// `train` (one step) or `valid` (mean of the split).
    pub split: &'static str,
    /// Mean penalty over valid pixels and bands, reflectance (with MSE: squared).
    pub loss: f64,
    /// Learning rate of the step.
    pub rate: Option<f64>,
    /// Length of the gradient of all weights, before clipping.
    pub gradient: Option<f64>,
}

/// The losses of a run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Curve {
    /// In the order of training.
    pub points: Vec<Point>,
}

fn columns() -> Result<SchemaRef> {
    Ok(Arc::new(schema(include_str!("../../schemas/curve.json"))?))
}

pub(super) fn failed(path: &Path) -> Error {
    Error::internal(format!("writing {}", path.display()))
}

/// A column of a table whose schema was checked.
pub(super) fn column<'a, A: Array + 'static>(
    batch: &'a RecordBatch,
    name: &str,
    path: &Path,
) -> Result<&'a A> {
    let found = batch.column_by_name(name).and_then(|c| c.as_any().downcast_ref());
    found.ok_or_else(|| Error::corrupt(format!("{} has no column {name}", path.display())))
}

impl Curve {
    pub(super) fn push(&mut self, point: Point) {
        self.points.push(point);
    }

    /// Publishes `curve.parquet` (`schemas/curve.json`).
    pub(super) fn write(&self, path: &Path) -> Result<()> {
        let p = &self.points;
        let columns = columns()?;
        let batch = RecordBatch::try_new(
            columns.clone(),
            vec![
                Arc::new(p.iter().map(|p| p.step as i64).collect::<Int64Array>()),
                Arc::new(p.iter().map(|p| p.epoch as i64).collect::<Int64Array>()),
                Arc::new(p.iter().map(|p| Some(p.split)).collect::<StringArray>()),
                Arc::new(p.iter().map(|p| p.loss).collect::<Float64Array>()),
                Arc::new(p.iter().map(|p| p.rate).collect::<Float64Array>()),
                Arc::new(p.iter().map(|p| p.gradient).collect::<Float64Array>()),
            ],
        )
        .map_err(|e| failed(path).with_source(e))?;
        write_table(path, columns, std::iter::once(Ok(batch)))
    }

    /// Reads what [`Curve::write`] wrote.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let mut points = Vec::new();
        for batch in read_table(path, &columns()?, limits::CURVE_ROWS_MAX)? {
            let whole = |name: &str| column::<Int64Array>(&batch, name, path);
            let number = |name: &str| column::<Float64Array>(&batch, name, path);
            let (step, epoch, loss) = (whole("step")?, whole("epoch")?, number("loss")?);
            let (rate, gradient) = (number("rate")?, number("gradient")?);
            let split = column::<StringArray>(&batch, "split", path)?;
            let maybe = |a: &Float64Array, i: usize| a.is_valid(i).then(|| a.value(i));
            points.extend((0..batch.num_rows()).map(|i| Point {
                step: step.value(i) as u64,
                epoch: epoch.value(i) as u64,
                split: if split.value(i) == "valid" { "valid" } else { "train" },
                loss: loss.value(i),
                rate: maybe(rate, i),
                gradient: maybe(gradient, i),
            }));
        }
        Ok(Self { points })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_comes_back_bit_for_bit() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("curve.parquet");
        let point = |split, loss, rate| Point {
            step: 3,
            epoch: 1,
            split,
            loss,
            rate,
            gradient: rate.map(|r: f64| 3.0 * r),
        };
        let points = vec![point("train", 0.1 + 0.2, Some(1e-3 / 3.0)), point("valid", 0.5, None)];
        let curve = Curve { points };
        curve.write(&path).unwrap();
        assert_eq!(Curve::read(&path).unwrap(), curve);
    }
}
