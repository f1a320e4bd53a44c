//! `msop-unet`: three dates, with or without radar and elevation (the original's `crga_os2_unet`).

use super::Card;
use super::design::{Design, check_inputs};
use super::encoder::Stem;
use super::initial::Initial;
use super::unet;
use crate::error::Result;

/// The dates in the order of the skips.
pub(super) const DATES: [&str; 3] = ["tm1", "t", "tp1"];

/// All or no radar, with or without elevation: the input lists of three dates.
pub(super) fn choices() -> [Vec<&'static str>; 4] {
    let radar = ["s1_tm1", "s1_t", "s1_tp1"];
    let optical = ["s2_tm1", "s2_t", "s2_tp1"];
    let with = |lists: &[&[&'static str]]| lists.concat();
    [
        with(&[&radar, &optical, &["dem"]]),
        with(&[&radar, &optical]),
        with(&[&optical, &["dem"]]),
        with(&[&optical]),
    ]
}

/// Refuses inputs other than three optical dates with or without all three radar dates and `dem`.
pub(super) fn design(card: &Card) -> Result<Design> {
    check_inputs(card, &choices())?;
    unet::design(card, Stem::of(card, &DATES), Initial::FanIn)
}
