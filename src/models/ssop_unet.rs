//! `ssop-unet`: one cloudy date, with or without radar and elevation (the original's
//! `meraner_unet`).

use super::Card;
use super::design::{Design, check_inputs};
use super::encoder::Stem;
use super::initial::Initial;
use super::unet;
use crate::error::Result;

/// Refuses inputs other than `s2_t` with or without `s1_t` and `dem`.
pub(super) fn design(card: &Card) -> Result<Design> {
    check_inputs(
        card,
        &[vec!["s1_t", "s2_t", "dem"], vec!["s1_t", "s2_t"], vec!["s2_t", "dem"], vec!["s2_t"]],
    )?;
    unet::design(card, Stem::of(card, &["t"]), Initial::Glorot)
}
