//! `monthly`: six dates of a month into one clear image (`monthly_synthesis_6_s2_images`,
//! `…_s2s1_images`).

use super::Card;
use super::design::{Design, check_inputs};
use super::encoder::{Date, Dem, Stem};
use super::initial::Initial;
use super::unet;
use crate::error::Result;

const OPTICAL: [&str; 6] = ["s2_t0", "s2_t1", "s2_t2", "s2_t3", "s2_t4", "s2_t5"];
const RADAR: [&str; 6] = ["s1_t0", "s1_t1", "s1_t2", "s1_t3", "s1_t4", "s1_t5"];

/// Refuses inputs other than six optical dates, alone or with six radar dates and `dem`.
///
/// With radar, its dates pass the encoder on their own after the optical ones, and elevation joins
/// raw.
pub(super) fn design(card: &Card) -> Result<Design> {
    let all = [&OPTICAL[..], &RADAR[..], &["dem"]].concat();
    check_inputs(card, &[OPTICAL.to_vec(), all])?;
    let with_radar = card.inputs.len() > OPTICAL.len();
    let date = |role: &str, conv1, conv2| Date { roles: vec![role.to_owned()], conv1, conv2 };
    let stem = if with_radar {
        let optical = OPTICAL.iter().map(|role| date(role, "conv1_s2", "conv2_s2"));
        let radar = RADAR.iter().map(|role| date(role, "conv1_s1", "conv2_s1"));
        Stem { dates: optical.chain(radar).collect(), dem: Dem::Raw, width: card.width }
    } else {
        let dates = OPTICAL.iter().map(|role| date(role, "conv1", "conv2")).collect();
        Stem { dates, dem: Dem::None, width: card.width }
    };
    unet::design(card, stem, Initial::Glorot)
}
