//! `os1-unet`: the image of a date from radar alone and from the dates before and after
//! (`crga_os1_unet`, `crga_os1_unet_impostor`, `crga_os1_unet_all_bands`).

use super::Card;
use super::design::{Design, Takes};
use super::encoder::{Coarse, Stem};
use super::initial::Initial;
use super::unet::{self, Plan};
use crate::error::{Error, Result};

/// Three radar dates, the optical ones around, with or without their 20 m bands and `dem`. Without
/// radar nothing would tell the date in the middle.
pub(super) fn takes() -> Takes {
    let of = |middle: &str| {
        Takes::all(&["s1_tm1", middle, "s1_tp1", "s2_tm1", "s2_tp1"])
            .or_not(&["s2_20m_tm1", "s2_20m_tp1"])
            .or_not(&["dem"])
    };
    // The impostor is the same network on layouts whose target is another image than t.
    of("s1_t").or(of("s1_target"))
}

/// Of a card with the inputs of [`takes`]. Refuses a target of another date than the radar in the middle.
pub(super) fn design(card: &Card) -> Result<Design> {
    let middle = if card.inputs.iter().any(|r| r == "s1_target") { "target" } else { "t" };
    let radar = format!("s1_{middle}");
    if card.target != format!("s2_{middle}") {
        return Err(Error::invalid(format!(
            "with {radar} the target of os1-unet is s2_{middle}, not {}",
            card.target
        ))
        .hint("the radar in the middle is of the day of the target"));
    }
    let mut stem = Stem::of(card, &["tm1", middle, "tp1"]);
    for date in &mut stem.dates {
        date.conv1 = if date.roles.len() == 1 { "conv1_s1" } else { "conv1_s1s2" };
    }
    if stem.coarse == Coarse::Beside {
        stem.coarse = Coarse::Mixed;
    }
    unet::design(card, Plan { stem, initial: Initial::Glorot, fine_skips: true })
}
