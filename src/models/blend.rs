//! How the last layer makes the image (a card's `head`).

use std::collections::BTreeMap;

use tch::Tensor;

use super::Head;
use super::inputs::take;
use crate::archive::Layer;
use crate::error::Result;

/// The last layer of one pixel size: bands and the optical inputs of that size.
#[derive(Debug, Clone)]
pub(super) struct Blend {
    head: Head,
    bands: i64,
    optical: Vec<String>,
}

impl Blend {
    /// `optical`: the inputs of this layer by date.
    pub fn new(head: Head, layer: Layer, optical: Vec<String>) -> Self {
        Self { head, bands: layer.bands().len() as i64, optical }
    }

    /// Channels of the last layer.
    pub fn channels(&self) -> i64 {
        match self.head {
            Head::Plain => self.bands,
            Head::Blend => self.bands + 1 + self.optical.len() as i64,
        }
    }

    /// The image from the last layer `[b, channels, h, w]`.
    ///
    /// `Blend`: the first channels are an estimate; the others become, by softmax, weights of the
    /// estimate and of each optical input in order; the image is the weighted mean.
    pub fn image(&self, last: Tensor, inputs: &BTreeMap<String, Tensor>) -> Result<Tensor> {
        if self.head == Head::Plain {
            return Ok(last);
        }
        let parts = 1 + self.optical.len() as i64;
        let weights = last.f_narrow(1, self.bands, parts)?.f_softmax(1, None)?;
        let mut image = last.f_narrow(1, 0, self.bands)?.f_mul(&weights.f_narrow(1, 0, 1)?)?;
        for (i, role) in self.optical.iter().enumerate() {
            let part = take(inputs, role)?.f_mul(&weights.f_narrow(1, 1 + i as i64, 1)?)?;
            image = image.f_add(&part)?;
        }
        Ok(image)
    }
}
