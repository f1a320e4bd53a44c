//! Mean squared error, and its root.

use super::Score;
use super::metric::{Mean, Metric, over_bands};
use super::totals::Totals;

/// Squared errors per band.
#[derive(Debug, Default)]
pub(super) struct Mse(Vec<Mean>);

impl Metric for Mse {
    fn add(&mut self, totals: &Totals) {
        self.0.resize(totals.bands.len(), Mean::default());
        for (mean, band) in self.0.iter_mut().zip(&totals.bands) {
            mean.add(band.squared, totals.pixels);
        }
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
