//! `ssop-unet`: one cloudy date, with or without radar, 20 m bands and elevation (the original's
//! `meraner_unet`, `meraner_unet_all_bands`).

use super::Card;
use super::design::{Design, Takes};
use super::encoder::{Coarse, Stem};
use super::initial::Initial;
use super::unet::{self, Plan};
use crate::error::Result;

/// The optical date, with or without `s1_t`, `s2_20m_t` and `dem`.
pub(super) fn takes() -> Takes {
    Takes::all(&["s2_t"]).or_not(&["s1_t"]).or_not(&["s2_20m_t"]).or_not(&["dem"])
}

/// Of a card with the inputs of [`takes`].
pub(super) fn design(card: &Card) -> Result<Design> {
    let stem = Stem::of(card, &["t"]);
    // With 20 m bands the original leaves out the features at 10 m.
    let fine_skips = stem.coarse == Coarse::None;
    unet::design(card, Plan { stem, initial: Initial::Glorot, fine_skips })
}
