//! `msop-unet`: three dates, with or without radar, 20 m bands and elevation (the original's
//! `crga_os2_unet`, `crga_os2_unet_all_bands`).

use super::Card;
use super::design::{Design, Takes};
use super::encoder::{Coarse, Stem};
use super::initial::Initial;
use super::unet::{self, Plan};
use crate::error::Result;

/// The dates in the order of the skips.
pub(super) const DATES: [&str; 3] = ["tm1", "t", "tp1"];

/// Three optical dates, with or without all radar dates, all 20 m dates and `dem`.
pub(super) fn takes() -> Takes {
    Takes::all(&["s2_tm1", "s2_t", "s2_tp1"])
        .or_not(&["s1_tm1", "s1_t", "s1_tp1"])
        .or_not(&["s2_20m_tm1", "s2_20m_t", "s2_20m_tp1"])
        .or_not(&["dem"])
}

/// Of a card with the inputs of [`takes`].
pub(super) fn design(card: &Card) -> Result<Design> {
    let stem = Stem::of(card, &DATES);
    // Among the original's networks this one alone starts so.
    let initial = if stem.coarse == Coarse::None { Initial::FanIn } else { Initial::Glorot };
    unet::design(card, Plan { stem, initial, fine_skips: true })
}
