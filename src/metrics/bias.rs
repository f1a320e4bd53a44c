//! Bias: which way the errors lean.

use super::Score;
use super::metric::{Mean, Metric};
use super::totals::Totals;

/// Signed errors per band.
#[derive(Debug, Default)]
pub(super) struct Bias(Vec<Mean>);

impl Metric for Bias {
    fn add(&mut self, totals: &Totals) {
        self.0.resize(totals.bands.len(), Mean::default());
        for (mean, band) in self.0.iter_mut().zip(&totals.bands) {
            mean.add(band.signed, totals.pixels);
        }
    }

    fn finish(&self, bands: &[String], scores: &mut Vec<Score>) {
        let text = "mean over valid pixels of output minus target, reflectance x 10000";
        for (band, mean) in bands.iter().zip(&self.0) {
            scores.push(Score::new("bias", band, 1e4 * mean.value(), "DN", text));
        }
    }
}
