//! Mean squared error, and its root.

use super::Score;
use super::metric::{Mean, Metric, over_bands};
use super::pixels::Pixels;
use crate::error::Result;

/// Squared errors per band.
#[derive(Debug, Default)]
pub(super) struct Mse(Vec<Mean>);

impl Metric for Mse {
    fn update(&mut self, pixels: &Pixels) -> Result<()> {
        let sums = Pixels::band_sums(&pixels.error.f_square()?)?;
        self.0.resize(sums.len(), Mean::default());
        for (mean, sum) in self.0.iter_mut().zip(sums) {
            mean.add(sum, pixels.count());
        }
        Ok(())
    }

    fn finish(&self, bands: &[String], scores: &mut Vec<Score>) {
        let squared = over_bands(&self.0);
        let text =
            "mean over all valid pixels and bands of the squared error of reflectance x 10000";
        scores.push(Score::new("mse", "all", 1e8 * squared, "DN^2", text));
        let text = "square root of the mean squared error of reflectance x 10000";
        scores.push(Score::new("rmse", "all", 1e4 * squared.sqrt(), "DN", text));
        for (band, mean) in bands.iter().zip(&self.0) {
            scores.push(Score::new("rmse", band, 1e4 * mean.value().sqrt(), "DN", text));
        }
    }
}
