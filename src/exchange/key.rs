//! The study's names of features.

use crate::archive::{Layer, Sensor};

/// Four numbers: longitude and latitude of two corners.
pub(super) const CORNERS: &str = "geoinfo";
/// The order of the 20 m bands in the study's shards, that of their files' names, as positions in
/// [`Layer::S2Coarse`]: B11, B12, B05, B06, B07, B8A.
pub(super) const COARSE_ORDER: [usize; 6] = [4, 5, 0, 1, 2, 3];

/// What a feature is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Key {
    /// Pixels of a role.
    Pixels { role: String, layer: Layer },
    /// Seconds since 1970 of a role's image.
    Time { role: String },
    /// Whether the orbit of a role's radar image ascends.
    Ascending { role: String },
    /// Where the sample lies.
    Corners,
}

impl Key {
    /// Reads the name of a feature, as `s2_timestamp_tm1`.
    pub fn parse(text: &str) -> Option<Self> {
        let after = |head: &str| text.strip_prefix(head).filter(|rest| !rest.is_empty());
        if text == CORNERS {
            return Some(Self::Corners);
        }
        for sensor in ["s2", "s1"] {
            if let Some(rest) = after(&format!("{sensor}_timestamp_")) {
                return Some(Self::Time { role: format!("{sensor}_{rest}") });
            }
        }
        if let Some(rest) = after("s1_ascending_") {
            return Some(Self::Ascending { role: format!("s1_{rest}") });
        }
        for (head, layer) in [("s2_20m_", Layer::S2Coarse), ("s2_cld10m_", Layer::S2Mask)] {
            if let Some(rest) = after(head) {
                return Some(Self::Pixels { role: format!("s2_{rest}"), layer });
            }
        }
        let layer = match text {
            _ if after("s2_").is_some() => Layer::S2Fine,
            _ if after("s1_").is_some() => Layer::S1,
            _ if text == "dem" || after("dem_").is_some() => Layer::Dem,
            _ => return None,
        };
        Some(Self::Pixels { role: text.to_owned(), layer })
    }

    /// The name of the time of a role.
    pub fn time(role: &str, sensor: Sensor) -> String {
        Self::named(role, sensor, "timestamp")
    }

    /// The name of the direction of a radar role.
    pub fn ascending(role: &str) -> String {
        Self::named(role, Sensor::S1, "ascending")
    }

    fn named(role: &str, sensor: Sensor, word: &str) -> String {
        let sensor = sensor.name();
        let rest = role.strip_prefix(sensor).and_then(|r| r.strip_prefix('_')).unwrap_or(role);
        format!("{sensor}_{word}_{rest}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_study() {
        let pixels = |role: &str, layer| Some(Key::Pixels { role: role.into(), layer });
        assert_eq!(Key::parse("s2_tm1"), pixels("s2_tm1", Layer::S2Fine));
        assert_eq!(Key::parse("s2_20m_target"), pixels("s2_target", Layer::S2Coarse));
        assert_eq!(Key::parse("dem"), pixels("dem", Layer::Dem));
        assert_eq!(Key::parse("geoinfo"), Some(Key::Corners));
        for role in ["s1_t", "s1_t-1"] {
            let (role, text) = (role.to_owned(), Key::ascending(role));
            assert_eq!(Key::parse(&text), Some(Key::Ascending { role: role.clone() }));
            let text = Key::time(&role, Sensor::S1);
            assert_eq!(Key::parse(&text), Some(Key::Time { role }));
        }
        for other in ["", "s2_", "s3_t", "demo", "s2"] {
            assert_eq!(Key::parse(other), None, "{other}");
        }
    }
}
