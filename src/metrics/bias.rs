//! Bias: which way the errors lean.

use super::Score;
use super::metric::{Mean, Metric};
use super::pixels::Pixels;
use crate::error::Result;

/// Signed errors per band.
#[derive(Debug, Default)]
pub(super) struct Bias(Vec<Mean>);

impl Metric for Bias {
    fn update(&mut self, pixels: &Pixels) -> Result<()> {
        let sums = Pixels::band_sums(&pixels.error)?;
        self.0.resize(sums.len(), Mean::default());
        for (mean, sum) in self.0.iter_mut().zip(sums) {
            mean.add(sum, pixels.count());
        }
        Ok(())
    }

    fn finish(&self, bands: &[String], scores: &mut Vec<Score>) {
        let text = "mean over valid pixels of output minus target, reflectance x 10000";
        for (band, mean) in bands.iter().zip(&self.0) {
            scores.push(Score::new("bias", band, 1e4 * mean.value(), "DN", text));
        }
    }
}
