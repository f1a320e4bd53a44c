//! Causes that can be left out of a world, to see what they do.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// A cause that a world may lack. What is lacking is written into the truth, never into a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// Harvests, ploughing, mowing, felling, fires, irrigation.
    Events,
    /// Mistakes of the cloud mask.
    MaskErrors,
    /// Light through what the mask calls cloud.
    ThinClouds,
    /// The kinship of neighbours in what the air leaves in a date: each pixel has noise of its own.
    NoiseCorrelation,
}

impl Cause {
    /// All of them, with their names.
    pub const ALL: [(Self, &'static str); 4] = [
        (Self::Events, "events"),
        (Self::MaskErrors, "mask-errors"),
        (Self::ThinClouds, "thin-clouds"),
        (Self::NoiseCorrelation, "noise-correlation"),
    ];

    /// Reads a name.
    pub fn parse(text: &str) -> Result<Self> {
        let found = Self::ALL.iter().find(|(_, name)| *name == text);
        found.map(|(cause, _)| *cause).ok_or_else(|| {
            Error::usage(format!("there is no cause '{text}'"))
                .hint("choose events, mask-errors, thin-clouds or noise-correlation")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_written_as_it_is_named() {
        for (cause, name) in Cause::ALL {
            assert_eq!(Cause::parse(name).unwrap(), cause);
            assert_eq!(serde_json::to_value(cause).unwrap(), name);
        }
        assert!(Cause::parse("rain").is_err());
    }
}
