//! `os1-unet`: the image of a date from radar alone and from the dates before and after
//! (`crga_os1_unet`).

use super::Card;
use super::design::{Design, check_inputs};
use super::encoder::Stem;
use super::initial::Initial;
use super::unet;
use crate::error::Result;

/// Refuses inputs other than three radar dates, the optical ones around, with or without `dem`.
pub(super) fn design(card: &Card) -> Result<Design> {
    let images = ["s1_tm1", "s1_t", "s1_tp1", "s2_tm1", "s2_tp1"];
    check_inputs(card, &[[&images[..], &["dem"]].concat(), images.to_vec()])?;
    let mut stem = Stem::of(card, &["tm1", "t", "tp1"]);
    for date in &mut stem.dates {
        date.conv1 = if date.roles.len() == 1 { "conv1_s1" } else { "conv1_s1s2" };
    }
    unet::design(card, stem, Initial::Glorot)
}
