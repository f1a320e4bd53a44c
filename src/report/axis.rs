//! An axis: a range of values, its ticks, and where a value lies on it.

use super::number::number;

/// A range of values. `place` maps it to 0..=1.
#[derive(Debug, Clone)]
pub(super) struct Axis {
    low: f64,
    high: f64,
    log: bool,
    /// Where ticks stand, with their text.
    pub(super) ticks: Vec<(f64, String)>,
}

/// Whether a value can be drawn: numbers near the end of the range overflow when they are
/// subtracted.
pub(super) fn drawable(value: f64) -> bool {
    value.is_finite() && value.abs() < 1e300
}

impl Axis {
    /// An axis with its own ticks.
    pub(super) fn given(low: f64, high: f64, ticks: Vec<(f64, String)>) -> Self {
        Self { low, high, log: false, ticks }
    }

    /// An axis that holds all of `values`, `tight` or widened to its outer ticks; `None` if there
    /// is none.
    pub(super) fn linear(values: impl Iterator<Item = f64>, tight: bool) -> Option<Self> {
        let (mut low, mut high) = range(values)?;
        let step = step((high - low) / if tight { 8.0 } else { 5.0 });
        if !tight {
            (low, high) = ((low / step).floor() * step, (high / step).ceil() * step);
        }
        let first = (low / step - 1e-9).ceil();
        let decimals = (-step.log10().floor()).clamp(0.0, 12.0) as usize;
        let ticks = (0..12)
            .map(|i| (first + f64::from(i)) * step)
            .take_while(|v| *v <= high + step * 1e-9)
            .map(|v| (v, label(v, high.abs().max(low.abs()), decimals)))
            .collect();
        Some(Self { low, high, log: false, ticks })
    }

    /// Powers of ten, when all values are positive and span more than `ratio`; else `None`.
    pub(super) fn log(values: impl Iterator<Item = f64>, ratio: f64) -> Option<Self> {
        let (low, high) = range(values)?;
        if low <= 0.0 || high / low < ratio {
            return None;
        }
        let (low, high) = (low.log10().floor(), high.log10().ceil());
        let stride = ((high - low) / 6.0).ceil().max(1.0);
        let ticks = (0..8)
            .map(|i| low + f64::from(i) * stride)
            .take_while(|e| *e <= high)
            .map(|e| (10_f64.powf(e), power(e)))
            .collect();
        Some(Self { low: 10_f64.powf(low), high: 10_f64.powf(high), log: true, ticks })
    }

    /// Where a value lies: 0 at the low end, 1 at the high end.
    pub(super) fn place(&self, value: f64) -> f64 {
        if self.log {
            return (value / self.low).log10() / (self.high / self.low).log10();
        }
        (value - self.low) / (self.high - self.low)
    }
}

/// Lowest and highest value, a little apart even if they are equal.
fn range(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    let (low, high) = values
        .filter(|v| drawable(*v))
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)));
    if low > high {
        return None;
    }
    // Closer than this, ticks would fall on one another for want of digits.
    let largest = low.abs().max(high.abs());
    if high - low <= largest * 1e-9 || largest < 1e-290 {
        let margin = if largest < 1e-290 { 1.0 } else { largest * 0.1 };
        return Some((low - margin, high + margin));
    }
    Some((low, high))
}

/// The next 1, 2 or 5 times a power of ten.
fn step(rough: f64) -> f64 {
    let power = 10_f64.powf(rough.log10().floor());
    let lead = rough / power;
    let nice = [1.0, 2.0, 5.0].into_iter().find(|n| lead <= n + 1e-9).unwrap_or(10.0);
    nice * power
}

fn label(value: f64, largest: f64, decimals: usize) -> String {
    if !(1e-4..1e9).contains(&largest) {
        return if value == 0.0 { "0".into() } else { format!("{value:.1e}") };
    }
    let (scale, suffix) = match largest {
        l if l >= 2e6 => (1e6, "M"),
        l if l >= 2e4 => (1e3, "k"),
        _ => return number(value, decimals),
    };
    let text = number(value / scale, 2);
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "0" { text.into() } else { format!("{text}{suffix}") }
}

fn power(exponent: f64) -> String {
    if (-4.0..=4.0).contains(&exponent) {
        return number(10_f64.powf(exponent), (-exponent).max(0.0) as usize);
    }
    format!("1e{exponent:.0}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|(_, t)| t.as_str()).collect()
    }

    #[test]
    fn ticks_are_round_numbers_around_the_values() {
        let axis = Axis::linear([0.013, 0.047].into_iter(), false).unwrap();
        assert_eq!(texts(&axis), ["0.01", "0.02", "0.03", "0.04", "0.05"]);
        let axis = Axis::linear([0.0, 60_500.0].into_iter(), true).unwrap();
        assert_eq!(texts(&axis), ["0", "10k", "20k", "30k", "40k", "50k", "60k"]);
    }

    #[test]
    fn one_value_still_has_an_axis_and_none_has_none() {
        let axis = Axis::linear([7.0].into_iter(), true).unwrap();
        assert!((axis.place(7.0) - 0.5).abs() < 1e-9);
        assert!(Axis::linear([0.0].into_iter(), true).is_some());
        assert!(Axis::linear([f64::NAN, f64::INFINITY].into_iter(), true).is_none());
    }

    #[test]
    fn a_wide_positive_range_is_shown_by_powers_of_ten() {
        let axis = Axis::log([0.002, 3.0].into_iter(), 50.0).unwrap();
        assert_eq!(texts(&axis), ["0.001", "0.01", "0.1", "1", "10"]);
        assert!((axis.place(0.1) - 0.5).abs() < 1e-9);
        assert!(Axis::log([0.0, 3.0].into_iter(), 50.0).is_none());
        assert!(Axis::log([1.0, 3.0].into_iter(), 50.0).is_none());
    }

    #[test]
    fn extreme_values_do_not_make_endless_ticks() {
        for values in [[1e-299, 1e299], [-1e299, 1e299], [1.0, 1.0 + 1e-15], [5e-324, 1e-323]] {
            let axis = Axis::linear(values.into_iter(), false).unwrap();
            assert!(axis.ticks.len() < 13);
            assert!(values.iter().all(|v| axis.place(*v).is_finite()), "{values:?}");
        }
    }
}
