//! The two worlds: south-west France, and Burkina Faso, on which nothing was ever tuned.
//!
//! The second one has radar every 12 days, a dry and a wet season, and crops of its own. Its numbers
//! are first guesses and stay so: it shows what a method makes of a place that nobody prepared for.

use serde::{Deserialize, Serialize};

use super::chance::hash01;
use super::phenology::Crop;
use crate::error::{Error, Result};

/// Where a world lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Region {
    /// South-west France.
    #[default]
    France,
    /// Burkina Faso.
    Burkina,
}

/// What the sky and the soil of a day are inclined to.
pub(super) struct Climate {
    /// Latent weather over which it rains, and the mean rain (mm) of a usual wet day.
    pub rain_over: f32,
    pub rain: f32,
    /// Days in which soil loses most of its water, and how dry it gets.
    pub drying: f32,
    pub driest: f32,
    /// How much of the cloud is convective, 0..1.
    pub convection: f32,
    /// Haze against that of clean air.
    pub dust: f32,
}

/// Mean cloud fraction of a month, January first.
const CLOUDINESS: [[f32; 12]; 2] = [
    [0.68, 0.66, 0.62, 0.58, 0.54, 0.46, 0.38, 0.40, 0.46, 0.54, 0.64, 0.68],
    [0.14, 0.16, 0.26, 0.36, 0.44, 0.54, 0.66, 0.72, 0.58, 0.34, 0.16, 0.14],
];

/// Green-up and senescence (days of the year) with their spreads, and days from there to harvest.
pub(super) struct Timing {
    pub up: (f32, f32),
    pub down: (f32, f32),
    pub wait: f32,
}

impl Region {
    /// Reads `france` or `burkina`.
    pub fn parse(text: &str) -> Result<Self> {
        match text {
            "france" => Ok(Self::France),
            "burkina" => Ok(Self::Burkina),
            _ => Err(Error::usage(format!("there is no world '{text}'"))
                .hint("choose france or burkina")),
        }
    }

    /// The tiles that are simulated unless others are named.
    pub fn tiles(self) -> [&'static str; 2] {
        match self {
            Self::France => ["31TCJ", "31TDJ"],
            Self::Burkina => ["30PVA", "30PWA"],
        }
    }

    /// Days between two passes of Sentinel-1.
    pub fn radar_days(self) -> u32 {
        match self {
            Self::France => 6,
            Self::Burkina => 12,
        }
    }

    /// Months in which things grow and are harvested.
    pub(super) fn season(self) -> (u32, u32) {
        match self {
            Self::France => (4, 10),
            Self::Burkina => (6, 12),
        }
    }

    pub(super) fn cloudiness(self) -> [f32; 12] {
        CLOUDINESS[self as usize]
    }

    /// The inclination of a day of the year.
    pub(super) fn climate(self, doy: f32) -> Climate {
        let wave = |top: f32| 0.5 + 0.5 * ((doy - top) / 365.0 * std::f32::consts::TAU).cos();
        match self {
            Self::France => {
                // 0 in January, 1 in July. It rains on a third of the days, heavier and rarer in
                // summer.
                let summer = wave(202.5);
                Climate {
                    rain_over: 0.35 + 0.35 * summer,
                    rain: 4.0 + 4.0 * summer,
                    drying: 22.0 - 15.0 * summer,
                    driest: 0.25 - 0.2 * summer,
                    convection: summer,
                    dust: 1.0,
                }
            }
            Self::Burkina => {
                // 0 in February, 1 in August. The harmattan brings dust to the dry half of the year.
                let wet = wave(225.0);
                Climate {
                    rain_over: 2.6 - 2.2 * wet,
                    rain: 12.0,
                    drying: 8.0 + 4.0 * wet,
                    driest: 0.04,
                    convection: 0.3 + 0.7 * wet,
                    dust: 1.8 - 0.8 * wet,
                }
            }
        }
    }

    /// What grows on arable land, by a draw of 0..1.
    pub(super) fn crop(self, u: f32) -> Crop {
        match (self, u) {
            (Self::France, u) if u < 0.40 => Crop::Cereal,
            (Self::France, u) if u < 0.51 => Crop::Rape,
            (Self::France, _) => Crop::Summer,
            (Self::Burkina, u) if u < 0.55 => Crop::Millet,
            (Self::Burkina, u) if u < 0.80 => Crop::Cotton,
            (Self::Burkina, _) => Crop::Maize,
        }
    }

    /// Shares of meadow (savanna) and of vines (orchards) among fields on slopes of 0..1.5.
    pub(super) fn shares(self, tilt: f32) -> (f32, f32) {
        match self {
            Self::France => (0.14 + 0.22 * tilt, 0.04 + 0.10 * tilt),
            Self::Burkina => (0.30 + 0.20 * tilt, 0.08 + 0.05 * tilt),
        }
    }

    /// Day of the year of a large fire, by a draw of 0..1.
    pub(super) fn fire(self, u: f32) -> f32 {
        match self {
            Self::France => 195.0 + 60.0 * u,
            Self::Burkina => 320.0 + 40.0 * u,
        }
    }

    /// Day of the year on which a field is ploughed before it is sown; none where that follows the
    /// harvest.
    pub(super) fn ploughed(self, id: u32, key: u32) -> Option<f32> {
        (self == Self::Burkina).then(|| 150.0 + 35.0 * hash01(id, key))
    }
}

impl Crop {
    pub(super) fn timing(self) -> Timing {
        let (up, down, wait) = match self {
            Self::Cereal => ((70.0, 10.0), (165.0, 8.0), 18.0),
            Self::Rape => ((55.0, 10.0), (160.0, 8.0), 20.0),
            Self::Summer => ((165.0, 13.0), (250.0, 14.0), 14.0),
            Self::Millet => ((205.0, 10.0), (275.0, 8.0), 20.0),
            Self::Cotton => ((200.0, 10.0), (305.0, 10.0), 25.0),
            Self::Maize => ((190.0, 9.0), (262.0, 9.0), 14.0),
        };
        Timing { up, down, wait }
    }

    /// Sown in autumn, green through the winter.
    pub(super) fn winters(self) -> bool {
        matches!(self, Self::Cereal | Self::Rape)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_world_is_dry_in_winter_and_wet_in_august() {
        let (dry, wet) = (Region::Burkina.climate(15.0), Region::Burkina.climate(225.0));
        assert!(dry.rain_over > 2.0 && wet.rain_over < 0.5 && dry.dust > wet.dust);
        let cloud = Region::Burkina.cloudiness();
        assert!(cloud[7] > 3.0 * cloud[0]);
        assert!(Region::parse("mars").is_err());
    }
}
