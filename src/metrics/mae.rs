//! Mean absolute error.

use super::Score;
use super::metric::{Mean, Metric, over_bands};
use super::pixels::Pixels;
use crate::error::Result;

/// Absolute errors per band.
#[derive(Debug, Default)]
pub(super) struct Mae(Vec<Mean>);

impl Metric for Mae {
    fn update(&mut self, pixels: &Pixels) -> Result<()> {
        let sums = Pixels::band_sums(&pixels.error.f_abs()?)?;
        self.0.resize(sums.len(), Mean::default());
        for (mean, sum) in self.0.iter_mut().zip(sums) {
            mean.add(sum, pixels.count());
        }
        Ok(())
    }

    fn finish(&self, bands: &[String], scores: &mut Vec<Score>) {
        let text = "mean over valid pixels of the absolute error of reflectance x 10000";
        scores.push(Score::new("mae", "all", 1e4 * over_bands(&self.0), "DN", text));
        for (band, mean) in bands.iter().zip(&self.0) {
            scores.push(Score::new("mae", band, 1e4 * mean.value(), "DN", text));
        }
    }
}
