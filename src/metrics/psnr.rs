//! Peak signal-to-noise ratio.

use super::Score;
use super::metric::{Mean, Metric};
use super::totals::Totals;

/// Squared errors, pooled and per image.
#[derive(Debug, Default)]
pub(super) struct Psnr {
    pooled: Mean,
    images: Vec<f64>,
}

fn decibels(squared: f64) -> f64 {
    // No error at all is plus infinity, as in the study.
    -10.0 * squared.log10()
}

impl Metric for Psnr {
    fn add(&mut self, totals: &Totals) {
        self.pooled.add(totals.squared(), totals.values());
        self.images.push(decibels(totals.squared() / totals.values()));
    }

    fn finish(&self, _: &[String], scores: &mut Vec<Score>) {
        let text = "10 log10(1 / MSE) of reflectance, peak 1, with the MSE pooled over all \
                    valid pixels, bands and images (the study's definition)";
        scores.push(Score::new("psnr", "all", decibels(self.pooled.value()), "dB", text));
        let text = "median over images of 10 log10(1 / MSE of the image), peak 1";
        scores.push(Score::new("psnr_median", "all", median(&self.images), "dB", text));
    }
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match (sorted.len(), sorted.len() / 2) {
        (0, _) => f64::NAN,
        (n, half) if n % 2 == 1 => sorted[half],
        // Two infinities have no difference, so no interpolation through it.
        (_, half) => (sorted[half - 1] + sorted[half]) / 2.0,
    }
}
