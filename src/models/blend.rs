//! How the last layer makes the image (a card's `head`).

use std::collections::BTreeMap;

use tch::Tensor;

use super::Head;
use super::inputs::take;
use crate::error::Result;

/// Bands of the image.
const BANDS: i64 = 4;

/// Channels of the last layer for these optical inputs.
pub(super) fn channels(head: Head, optical: &[String]) -> i64 {
    match head {
        Head::Plain => BANDS,
        Head::Blend => BANDS + 1 + optical.len() as i64,
    }
}

/// The image from the last layer `[b, channels, h, w]`.
///
/// `Blend`: channels 0..4 are an estimate; the others become, by softmax, weights of the estimate
/// and of each optical input in order; the image is the weighted mean.
pub(super) fn image(
    head: Head,
    last: Tensor,
    optical: &[String],
    inputs: &BTreeMap<String, Tensor>,
) -> Result<Tensor> {
    if head == Head::Plain {
        return Ok(last);
    }
    let weights = last.f_narrow(1, BANDS, 1 + optical.len() as i64)?.f_softmax(1, None)?;
    let mut image = last.f_narrow(1, 0, BANDS)?.f_mul(&weights.f_narrow(1, 0, 1)?)?;
    for (i, role) in optical.iter().enumerate() {
        let part = take(inputs, role)?.f_mul(&weights.f_narrow(1, 1 + i as i64, 1)?)?;
        image = image.f_add(&part)?;
    }
    Ok(image)
}
