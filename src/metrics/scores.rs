//! All metrics of one method on one set.

use tch::Tensor;

use crate::error::Result;

/// One number.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Score {
    /// Metric, as `psnr`.
    pub metric: String,
    /// Band, as `B02`, or `all`.
    pub band: String,
    /// Value.
    pub value: f64,
    /// Unit, as `dB`.
    pub unit: String,
    /// One sentence: how it is computed.
    pub definition: String,
}

/// Running totals.
#[derive(Debug)]
pub struct Scores {}

impl Scores {
    /// For these bands.
    pub fn new(bands: &[&str]) -> Self {
        let _ = bands;
        todo!()
    }
    /// Adds a batch: `output` and `target` are reflectance `[b, c, h, w]` float32, `valid` is bool `[b, 1, h, w]`.
    pub fn update(&mut self, output: &Tensor, target: &Tensor, valid: &Tensor) -> Result<()> {
        let _ = (output, target, valid);
        todo!()
    }
    /// The numbers: psnr, mse, ssim, sam, mae (all bands), mae and bias per band, ndvi_mae.
    pub fn finish(&self) -> Vec<Score> {
        todo!()
    }
}
