//! Scores of single patches as a table, for questions in SQL.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    Array, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};

use super::bootstrap::Sums;
use super::judge::Judged;
use super::method::Method;
use crate::catalog::{schema, write_table};
use crate::error::{Error, Result};
use crate::geo::Stamp;

/// One method on one part of one patch.
#[derive(Debug, Clone, PartialEq)]
pub struct PatchScore {
    /// The sample's name.
    pub sample: String,
    /// Tile.
    pub tile: String,
    /// Row of the patch grid.
    pub row: u32,
    /// Column of the patch grid.
    pub col: u32,
    /// Time of t.
    pub time: Stamp,
    /// Block of ground and day.
    pub block: String,
    /// Season of t.
    pub season: &'static str,
    /// Cloud over the patch at t, percent.
    pub cloud_percent: Option<f64>,
    /// Days from t to the nearest clear date of the place.
    pub clear_days: Option<f64>,
    /// Method.
    pub method: String,
    /// Negative control.
    pub control: Option<&'static str>,
    /// Which pixels.
    pub stratum: String,
    /// How many.
    pub pixels: u64,
    /// PSNR (dB), MAE (DN), RMSE (DN), SSIM (not a number without a whole window), SAM (degree).
    pub scores: [f64; 5],
}

/// A row for each sample, method and part that has pixels.
pub(super) fn patch_scores(
    judged: &[Judged],
    methods: &[Method],
    parts: &[(String, String)],
) -> Vec<PatchScore> {
    let mut all = Vec::new();
    for one in judged {
        for (method, totals) in methods.iter().zip(&one.totals) {
            for ((stratum, _), totals) in parts.iter().zip(totals) {
                if totals.pixels() > 0.0 {
                    let facts = &one.facts;
                    all.push(PatchScore {
                        sample: facts.name.clone(),
                        tile: facts.tile.clone(),
                        row: facts.row,
                        col: facts.col,
                        time: facts.time,
                        block: facts.block.clone(),
                        season: facts.season.name(),
                        cloud_percent: facts.cloud,
                        clear_days: facts.clear_days,
                        method: method.name.clone(),
                        control: method.control.map(|c| c.name()),
                        stratum: stratum.clone(),
                        pixels: totals.pixels() as u64,
                        scores: Sums::of(totals).scores(),
                    });
                }
            }
        }
    }
    all
}

/// Publishes them as Parquet (`schemas/patch_scores.json`).
pub fn write_patches(path: &Path, rows: &[PatchScore]) -> Result<()> {
    let text = |f: fn(&PatchScore) -> Option<&str>| -> Arc<dyn Array> {
        Arc::new(rows.iter().map(f).collect::<StringArray>())
    };
    let number = |f: fn(&PatchScore) -> Option<f64>| -> Arc<dyn Array> {
        Arc::new(rows.iter().map(f).collect::<Float64Array>())
    };
    let place = |f: fn(&PatchScore) -> u32| -> Arc<dyn Array> {
        Arc::new(rows.iter().map(|r| f(r) as i32).collect::<Int32Array>())
    };
    let times: TimestampMicrosecondArray = rows.iter().map(|r| Some(r.time.0)).collect();
    let columns = Arc::new(schema(include_str!("../../schemas/patch_scores.json"))?);
    let values: Vec<Arc<dyn Array>> = vec![
        text(|r| Some(&r.sample)),
        text(|r| Some(&r.tile)),
        place(|r| r.row),
        place(|r| r.col),
        Arc::new(times.with_timezone("UTC")),
        text(|r| Some(&r.block)),
        text(|r| Some(r.season)),
        number(|r| r.cloud_percent),
        number(|r| r.clear_days),
        text(|r| Some(&r.method)),
        text(|r| r.control),
        text(|r| Some(&r.stratum)),
        Arc::new(rows.iter().map(|r| r.pixels as i64).collect::<Int64Array>()),
        number(|r| Some(r.scores[0])),
        number(|r| Some(r.scores[1])),
        number(|r| Some(r.scores[2])),
        number(|r| Some(r.scores[3]).filter(|v| !v.is_nan())),
        number(|r| Some(r.scores[4])),
    ];
    let batch = RecordBatch::try_new(columns.clone(), values)
        .map_err(|e| Error::internal(format!("writing {}", path.display())).with_source(e))?;
    write_table(path, columns, std::iter::once(Ok(batch)))
}
