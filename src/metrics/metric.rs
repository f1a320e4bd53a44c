//! What every metric is.

use super::Score;
use super::totals::Totals;

/// One quantity with its running totals.
pub(super) trait Metric: Send {
    /// Adds an image of which some pixel counts.
    fn add(&mut self, totals: &Totals);
    /// Appends its numbers.
    fn finish(&self, bands: &[String], scores: &mut Vec<Score>);
}

/// A running sum and count.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Mean {
    /// Sum of what was added.
    pub sum: f64,
    /// How many were added.
    pub count: f64,
}

impl Mean {
    /// Adds `count` values that sum to `sum`.
    pub fn add(&mut self, sum: f64, count: f64) {
        self.sum += sum;
        self.count += count;
    }

    /// The mean, NaN when nothing was added.
    pub fn value(&self) -> f64 {
        self.sum / self.count
    }
}

/// The mean of per-band means; every band has the same count.
pub(super) fn over_bands(bands: &[Mean]) -> f64 {
    bands.iter().map(Mean::value).sum::<f64>() / bands.len() as f64
}

impl Score {
    /// A number with its unit and definition.
    pub(super) fn new(metric: &str, band: &str, value: f64, unit: &str, definition: &str) -> Self {
        Self {
            metric: metric.to_owned(),
            band: band.to_owned(),
            value,
            unit: unit.to_owned(),
            definition: definition.to_owned(),
        }
    }
}
