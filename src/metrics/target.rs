//! What outputs are compared to.

use rayon::prelude::*;
use tch::Tensor;

use super::ndvi::{Index, Sides};
use super::pixels::Shape;
use super::sam;
use super::ssim::Local;
use crate::error::Result;

/// A batch of true images, with what every comparison to them needs: made once, compared to the
/// output of each method.
#[derive(Debug)]
pub struct Target {
    pub(super) shape: Shape,
    pub(super) sides: Option<Sides>,
    pub(super) truths: Vec<Truth>,
}

/// One true image.
#[derive(Debug)]
pub(super) struct Truth {
    /// `bands` planes, zero where nothing is known.
    pub values: Vec<f64>,
    /// One over the length of each pixel's spectrum.
    pub scales: Vec<f64>,
    /// Vegetation index where its bands are there.
    pub index: Option<Index>,
    /// Means of windows.
    pub local: Local,
}

impl Target {
    /// Of reflectance `[b, c, h, w]` whose `c` bands have these names, and bool `valid`
    /// `[b, 1, h, w]`. Refuses other shapes and values that are not numbers at valid pixels.
    pub fn of(bands: &[&str], target: &Tensor, valid: &Tensor) -> Result<Self> {
        let shape = Shape::of(target, bands.len())?;
        let values = shape.values(target, &shape.mask(valid)?, "target")?;
        let sides = Sides::of(bands);
        let truths = values
            .par_chunks_exact((shape.bands * shape.plane()).max(1))
            .map(|values| Truth {
                scales: sam::scales(values, shape),
                index: sides.map(|sides| Index::of(values, sides, shape)),
                local: Local::of(values, shape),
                values: values.to_vec(),
            })
            .collect();
        Ok(Self { shape, sides, truths })
    }
}
