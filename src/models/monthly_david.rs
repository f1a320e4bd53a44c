//! `monthly-david`: six dates of a month through the small network without skips
//! (`monthly_synthesis_6_s2_images_david`, `…_s2s1_images_david`).

use super::design::Design;
use super::encoder::Dem;
use super::monthly::{Ways, stem};
use super::{Card, david};
use crate::error::Result;

/// Both sensors share the layer that leads to 20 m, and elevation joins through a convolution.
/// Of a card with inputs of `monthly`.
pub(super) fn design(card: &Card) -> Result<Design> {
    let optical = ("conv1_s2", "conv2");
    let ways = Ways { alone: optical, optical, radar: ("conv1_s1", "conv2") };
    david::over(card, stem(card, &ways, Dem::Conv))
}
