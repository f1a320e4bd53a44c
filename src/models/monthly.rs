//! `monthly`: six dates of a month into one clear image (`monthly_synthesis_6_s2_images`,
//! `…_s2s1_images`).

use super::Card;
use super::design::{Design, Takes};
use super::encoder::{Coarse, Date, Dem, Stem};
use super::initial::Initial;
use super::unet::{self, Plan};
use crate::error::Result;

const OPTICAL: [&str; 6] = ["s2_t0", "s2_t1", "s2_t2", "s2_t3", "s2_t4", "s2_t5"];
const RADAR: [&str; 6] = ["s1_t0", "s1_t1", "s1_t2", "s1_t3", "s1_t4", "s1_t5"];
const COARSE: [&str; 6] =
    ["s2_20m_t0", "s2_20m_t1", "s2_20m_t2", "s2_20m_t3", "s2_20m_t4", "s2_20m_t5"];

/// What takes in the dates of each sensor: names of the layers at 10 m and of those that lead to
/// 20 m.
pub(super) struct Ways {
    /// Optical dates where there is no radar.
    pub alone: (&'static str, &'static str),
    /// Optical dates beside radar.
    pub optical: (&'static str, &'static str),
    /// Radar.
    pub radar: (&'static str, &'static str),
}

/// Six optical dates, with or without six radar dates, all 20 m dates and `dem`.
pub(super) fn takes() -> Takes {
    Takes::all(&OPTICAL).or_not(&RADAR).or_not(&COARSE).or_not(&["dem"])
}

/// Six optical dates, then, if the card has them, six radar dates: each passes the encoder on its
/// own. Beside radar, which has no 20 m bands, these are mixed in as in `os1-unet`; the original has
/// neither.
pub(super) fn stem(card: &Card, ways: &Ways, relief: Dem) -> Stem {
    let has = |role: &str| card.inputs.iter().any(|r| r == role);
    let (radar, all_bands) = (has(RADAR[0]), has(COARSE[0]));
    let optical = if radar { ways.optical } else { ways.alone };
    let date =
        |way: (&'static str, &'static str)| move |role: &&str| Date::single(role, way.0, way.1);
    let mut dates: Vec<Date> = OPTICAL.iter().map(date(optical)).collect();
    if all_bands {
        let pairs = dates.iter_mut().zip(COARSE);
        pairs.for_each(|(date, role)| date.coarse = Some(role.to_owned()));
    }
    if radar {
        dates.extend(RADAR.iter().map(date(ways.radar)));
    }
    let dem = if has("dem") { relief } else { Dem::None };
    let coarse = match (all_bands, radar) {
        (false, _) => Coarse::None,
        (true, false) => Coarse::Beside,
        (true, true) => Coarse::Mixed,
    };
    Stem { dates, dem, coarse, width: card.width }
}

/// Elevation joins raw. Of a card with the inputs of [`takes`].
pub(super) fn design(card: &Card) -> Result<Design> {
    let ways = Ways {
        alone: ("conv1", "conv2"),
        optical: ("conv1_s2", "conv2_s2"),
        radar: ("conv1_s1", "conv2_s1"),
    };
    let stem = stem(card, &ways, Dem::Raw);
    unet::design(card, Plan { stem, initial: Initial::Glorot, fine_skips: true })
}
