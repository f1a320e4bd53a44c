//! Which weights are the best, and when to stop looking for better ones.

use super::measure::Measure;
use crate::error::{Error, Result};

/// Metrics of the validation that can be watched, and whether more is better.
const METRICS: [(&str, bool); 11] = [
    ("loss", false),
    ("psnr", true),
    ("psnr_median", true),
    ("mse", false),
    ("rmse", false),
    ("ssim", true),
    ("sam", false),
    ("sam_deg", false),
    ("mae", false),
    ("edge_mae", false),
    ("ndvi_mae", false),
];

/// What is watched at each validation.
#[derive(Debug, Clone, PartialEq)]
pub struct Monitor {
    /// `loss`, or a metric over all bands as `psnr`: the weights that are best by it are kept.
    pub metric: String,
    /// Stop after so many validations in a row that were not better by more than `min_delta`.
    pub patience: Option<u64>,
    /// What counts as better for the patience, in the metric's unit.
    pub min_delta: f64,
}

impl Default for Monitor {
    fn default() -> Self {
        Self { metric: "loss".to_owned(), patience: None, min_delta: 0.0 }
    }
}

impl Monitor {
    /// Refuses a metric that is not known and a difference that is no number of at least 0.
    pub(super) fn check(&self) -> Result<()> {
        if !METRICS.iter().any(|(name, _)| *name == self.metric) {
            let names: Vec<&str> = METRICS.iter().map(|(name, _)| *name).collect();
            return Err(Error::usage(format!(
                "'{}' is no metric of a validation",
                self.metric.escape_debug()
            ))
            .hint(format!("watch one of {}", names.join(", "))));
        }
        match self.min_delta >= 0.0 && self.min_delta.is_finite() {
            true => Ok(()),
            false => Err(Error::usage(format!("{} is no least difference", self.min_delta))
                .hint("give a number of at least 0")),
        }
    }

    /// How much better `new` is than `old`.
    fn gain(&self, new: f64, old: f64) -> f64 {
        let more = METRICS.iter().any(|(name, more)| *name == self.metric && *more);
        if more { new - old } else { old - new }
    }
}

/// What was heard of the validations so far.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Record {
    /// The best value.
    pub(super) best: Option<f64>,
    /// The value from which patience counts.
    mark: Option<f64>,
    stale: u64,
}

impl Record {
    /// Adds the value of a validation; true if it is the best so far. What is not a number is never.
    pub(super) fn hear(&mut self, monitor: &Monitor, value: f64) -> bool {
        let better = |old: Option<f64>, by: f64| {
            !value.is_nan() && old.is_none_or(|old| monitor.gain(value, old) > by)
        };
        match better(self.mark, monitor.min_delta) {
            true => (self.mark, self.stale) = (Some(value), 0),
            false => self.stale += 1,
        }
        let best = better(self.best, 0.0);
        if best {
            self.best = Some(value);
        }
        best
    }

    /// What the measures of a checkpoint tell: nothing else need be kept for a resume.
    pub(super) fn of(monitor: &Monitor, measures: &[Measure]) -> Self {
        let mut record = Self::default();
        let watched =
            |m: &&Measure| m.split == "valid" && m.metric == monitor.metric && m.band == "all";
        for measure in measures.iter().filter(watched) {
            record.hear(monitor, measure.value);
        }
        record
    }

    /// Whether patience is at its end.
    pub(super) fn is_over(&self, monitor: &Monitor) -> bool {
        monitor.patience.is_some_and(|most| self.stale >= most.max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(metric: &str, patience: u64, min_delta: f64, values: &[f64]) -> (Vec<bool>, bool) {
        let monitor = Monitor { metric: metric.into(), patience: Some(patience), min_delta };
        monitor.check().unwrap();
        let mut record = Record::default();
        let best = values.iter().map(|v| record.hear(&monitor, *v)).collect();
        (best, record.is_over(&monitor))
    }

    #[test]
    fn the_best_is_the_lowest_loss_or_the_highest_psnr() {
        let values = [3.0, 2.0, f64::NAN, 2.5, 1.0];
        assert_eq!(heard("loss", 9, 0.0, &values).0, [true, true, false, false, true]);
        assert_eq!(heard("psnr", 9, 0.0, &values).0, [true, false, false, false, false]);
    }

    #[test]
    fn a_resume_hears_again_what_its_checkpoint_was_told() {
        let monitor = Monitor { metric: "psnr".into(), patience: Some(1), min_delta: 0.0 };
        let told = |split: &str, metric: &str, band: &str, value| Measure {
            step: 1,
            epoch: 0,
            split: split.into(),
            metric: metric.into(),
            band: band.into(),
            value,
            unit: "dB".into(),
        };
        let measures = [
            told("train", "psnr", "all", 99.0),
            told("valid", "psnr", "B02", 98.0),
            told("valid", "psnr", "all", 20.0),
            told("valid", "mae", "all", 97.0),
            told("valid", "psnr", "all", 18.0),
        ];
        let record = Record::of(&monitor, &measures);
        assert_eq!(record.best, Some(20.0));
        assert!(
            record.is_over(&monitor) && !Record::of(&monitor, &measures[..4]).is_over(&monitor)
        );
    }

    #[test]
    fn patience_counts_validations_without_a_gain_of_the_least_difference() {
        let crawl = [1.0, 0.999, 0.998, 0.997];
        let (best, over) = heard("loss", 3, 0.01, &crawl);
        assert!(over && best == [true; 4], "small gains are kept, but do not renew patience");
        assert!(!heard("loss", 3, 0.0, &crawl).1);
        assert!(!heard("loss", 4, 0.01, &crawl).1);
        assert!(heard("mae", 2, 0.0, &[1.0, 2.0, 2.0]).1);
    }

    #[test]
    fn an_unknown_metric_is_refused_with_those_that_are_known() {
        let monitor = Monitor { metric: "lpips".into(), ..Monitor::default() };
        assert!(monitor.check().unwrap_err().advice().contains("psnr"));
        let monitor = Monitor { min_delta: f64::NAN, ..Monitor::default() };
        assert!(monitor.check().is_err());
    }
}
