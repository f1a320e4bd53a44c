//! Mean absolute error.

use super::Score;
use super::metric::{Mean, Metric, over_bands};
use super::totals::Totals;

/// Absolute errors per band.
#[derive(Debug, Default)]
pub(super) struct Mae(Vec<Mean>);

impl Metric for Mae {
    fn add(&mut self, totals: &Totals) {
        self.0.resize(totals.bands.len(), Mean::default());
        for (mean, band) in self.0.iter_mut().zip(&totals.bands) {
            mean.add(band.absolute, totals.pixels);
        }
    }

    fn finish(&self, bands: &[String], scores: &mut Vec<Score>) {
        let text = "mean over valid pixels of the absolute error of reflectance x 10000";
        scores.push(Score::new("mae", "all", 1e4 * over_bands(&self.0), "DN", text));
        for (band, mean) in bands.iter().zip(&self.0) {
            scores.push(Score::new("mae", band, 1e4 * mean.value(), "DN", text));
        }
    }
}
