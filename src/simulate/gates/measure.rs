//! What a gate says: numbers that were measured, each beside the range that is allowed.

use std::fmt::Write as _;
use std::ops::RangeInclusive;

use serde::Serialize;

/// One number that was measured.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Measure {
    /// What was measured, with its unit.
    pub what: String,
    /// The number; not a number where there was nothing to measure.
    pub value: f64,
    /// Least and largest that is allowed; none for a number that only explains.
    pub allowed: Option<(f64, f64)>,
}

impl Measure {
    /// A number that has to lie in a range.
    pub(super) fn within(what: impl Into<String>, value: f64, range: RangeInclusive<f64>) -> Self {
        Self { what: what.into(), value, allowed: Some((*range.start(), *range.end())) }
    }

    /// A number that only explains.
    pub(super) fn aside(what: impl Into<String>, value: f64) -> Self {
        Self { what: what.into(), value, allowed: None }
    }

    /// Whether the number is allowed. What could not be measured is not.
    pub fn holds(&self) -> bool {
        self.allowed.is_none_or(|(low, high)| self.value >= low && self.value <= high)
    }

    fn range(&self) -> String {
        match self.allowed {
            None => String::new(),
            Some((low, high)) if high == f64::INFINITY => format!("from {}", short(low)),
            Some((low, high)) if low == f64::NEG_INFINITY => format!("up to {}", short(high)),
            Some((low, high)) => format!("{} to {}", short(low), short(high)),
        }
    }
}

/// One gate of the simulator.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Gate {
    /// Its number in the list.
    pub number: u8,
    /// What has to be believable.
    pub name: &'static str,
    /// What was measured for it.
    pub measures: Vec<Measure>,
    /// What to look at when it fails.
    pub advice: &'static str,
}

impl Gate {
    /// Whether every number is allowed.
    pub fn holds(&self) -> bool {
        self.measures.iter().all(Measure::holds)
    }
}

fn short(v: f64) -> String {
    let text = if v.abs() < 10.0 { format!("{v:.2}") } else { format!("{v:.1}") };
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// The gates as a table, a line a number.
pub fn table(gates: &[Gate]) -> String {
    let measures = gates.iter().flat_map(|g| &g.measures);
    let wide = measures.map(|m| m.what.chars().count()).max().unwrap_or(0).max(8);
    let mut text = format!("gate  {:wide$}  {:>8}  {:12}  holds\n", "measured", "value", "allowed");
    for gate in gates {
        let _ = writeln!(text, "{:>4}  {}", gate.number, gate.name);
        for m in &gate.measures {
            let verdict = match (m.allowed, m.holds()) {
                (None, _) => "",
                (_, true) => "yes",
                (_, false) => "NO",
            };
            let value = if m.value.is_finite() { short(m.value) } else { "none".to_owned() };
            let line = format!("      {:wide$}  {value:>8}  {:12}  {verdict}", m.what, m.range());
            text += line.trim_end();
            text.push('\n');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_not_be_measured_does_not_hold() {
        assert!(!Measure::within("x", f64::NAN, 0.0..=1.0).holds());
        assert!(Measure::within("x", 1.0, 0.0..=1.0).holds());
        assert!(Measure::aside("x", f64::NAN).holds());
    }

    #[test]
    fn the_table_tells_each_number_its_range_and_the_verdict() {
        let measures = vec![
            Measure::within("looks", 4.4, 4.0..=5.0),
            Measure::within("ratio", 1.0, 2.0..=f64::INFINITY),
            Measure::aside("fields", 12.0),
        ];
        let gate = Gate { number: 5, name: "speckle", measures, advice: "" };
        let text = table(std::slice::from_ref(&gate));
        let line = |word: &str| text.lines().find(|l| l.contains(word)).unwrap().to_owned();
        assert!(line("looks").contains("4.4") && line("looks").contains("4 to 5"));
        assert!(line("looks").ends_with("yes") && line("ratio").ends_with("NO"));
        assert!(line("ratio").contains("from 2") && line("fields").ends_with("12"));
        assert!(!gate.holds());
    }
}
