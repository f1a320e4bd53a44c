//! Negative controls: what a network answers when one of its inputs says nothing about the sample.
//!
//! A network that gains from an input must lose when the input is another's (`exchange.rs`).

#[cfg(feature = "torch")]
use super::Samples;
use crate::archive::Sensor;

/// Which input is exchanged, for which other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Control {
    /// Radar of the same place at another date.
    SarTime,
    /// Radar of another place.
    SarPlace,
    /// Elevation of another place.
    Dem,
}

impl Control {
    /// `sar-time`, `sar-place` or `dem`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let all = [Self::SarTime, Self::SarPlace, Self::Dem];
        let found = all.into_iter().find(|control| control.name() == text);
        found.ok_or_else(|| "write sar-time, sar-place or dem".to_owned())
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::SarTime => "sar-time",
            Self::SarPlace => "sar-place",
            Self::Dem => "dem",
        }
    }

    /// What the network sees.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::SarTime => "radar of the same place at another date",
            Self::SarPlace => "radar of another place",
            Self::Dem => "elevation of another place",
        }
    }

    /// The instrument whose images are exchanged.
    pub fn sensor(self) -> Sensor {
        match self {
            Self::Dem => Sensor::Dem,
            _ => Sensor::S1,
        }
    }

    /// Positions of the roles whose images are exchanged.
    #[cfg(feature = "torch")]
    pub(super) fn roles(self, samples: &Samples) -> Vec<usize> {
        let fits = |i: &usize| samples.roles[*i].sensor == self.sensor();
        (0..samples.roles.len()).filter(fits).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_control_is_known_by_its_name() {
        for name in ["sar-time", "sar-place", "dem"] {
            assert_eq!(Control::parse(name).unwrap().name(), name);
        }
        assert!(Control::parse("sar").unwrap_err().contains("sar-time"));
    }
}
