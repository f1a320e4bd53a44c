//! Losses through time.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{Float64Array, Int64Array, RecordBatch, StringArray};
use serde::{Deserialize, Serialize};

use crate::catalog::schema;
use crate::error::{Error, Result};

/// One loss.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Point {
    /// Optimiser steps taken.
    pub step: u64,
    /// Epoch, from 0.
    pub epoch: u64,
    /// `train` (one batch) or `valid` (mean of the split).
    pub split: &'static str,
    /// Mean absolute error of reflectance.
    pub loss: f64,
}

/// The losses of a run.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Curve {
    /// In the order of training.
    pub points: Vec<Point>,
}

#[derive(Deserialize)]
struct Stored {
    points: Vec<StoredPoint>,
}

#[derive(Deserialize)]
struct StoredPoint {
    step: u64,
    epoch: u64,
    split: String,
    loss: f64,
}

impl Curve {
    pub(super) fn push(&mut self, point: Point) {
        self.points.push(point);
    }

    /// Reads the JSON that a checkpoint holds.
    pub(super) fn from_json(text: &str) -> Result<Self> {
        let stored: Stored = serde_json::from_str(text)
            .map_err(|e| Error::corrupt("the checkpoint's curve cannot be read").with_source(e))?;
        let point = |p: StoredPoint| Point {
            step: p.step,
            epoch: p.epoch,
            split: if p.split == "valid" { "valid" } else { "train" },
            loss: p.loss,
        };
        Ok(Self { points: stored.points.into_iter().map(point).collect() })
    }

    /// Publishes `curve.parquet`: step, epoch, split, loss.
    pub(super) fn write(&self, path: &Path) -> Result<()> {
        let p = &self.points;
        let schema = Arc::new(schema(include_str!("../../schemas/curve.json"))?);
        let failed = |e: Box<dyn std::error::Error + Send + Sync>| {
            Error::internal(format!("writing {}", path.display())).with_source(e)
        };
        let batch = RecordBatch::try_new(
            schema.clone(),
            vec![
                Arc::new(p.iter().map(|p| p.step as i64).collect::<Int64Array>()),
                Arc::new(p.iter().map(|p| p.epoch as i64).collect::<Int64Array>()),
                Arc::new(p.iter().map(|p| Some(p.split)).collect::<StringArray>()),
                Arc::new(p.iter().map(|p| p.loss).collect::<Float64Array>()),
            ],
        )
        .map_err(|e| failed(e.into()))?;
        let mut bytes = Vec::new();
        let mut writer = parquet::arrow::ArrowWriter::try_new(&mut bytes, schema, None)
            .map_err(|e| failed(e.into()))?;
        writer.write(&batch).map_err(|e| failed(e.into()))?;
        writer.close().map_err(|e| failed(e.into()))?;
        crate::store::publish(path, &bytes)
    }
}
