//! One comparison, pixel by pixel.

use rayon::prelude::*;
use tch::Tensor;

use super::ndvi::Index;
use super::pixels::{Shape, differ};
use super::sam::Angles;
use super::target::{Target, Truth};
use super::totals::Totals;
use crate::error::Result;

/// Errors of a batch of outputs at every pixel, summed over as many masks as one likes.
#[derive(Debug)]
pub struct Maps<'a> {
    target: &'a Target,
    images: Vec<Map>,
}

/// Errors of one image.
#[derive(Debug)]
pub(super) struct Map {
    /// Where they mean something.
    pub valid: Vec<bool>,
    /// Output minus target, `bands` planes.
    pub errors: Vec<f64>,
    /// Between spectra.
    pub angles: Angles,
    /// Absolute error of the vegetation index.
    pub index: Option<Vec<f64>>,
    /// Sum over bands of the similarity of every window.
    pub similarity: Vec<f64>,
}

impl<'a> Maps<'a> {
    /// Of outputs with the target's shape. `valid`, bool `[b, 1, h, w]`, says where both images are
    /// known. Refuses other shapes and values that are not numbers at valid pixels.
    pub fn of(target: &'a Target, output: &Tensor, valid: &Tensor) -> Result<Self> {
        let shape = Shape::of(output, target.shape.bands)?;
        if shape != target.shape {
            return Err(differ(format!("the output is {shape:?}, the target {:?}", target.shape)));
        }
        let valid = shape.mask(valid)?;
        let values = shape.values(output, &valid, "output")?;
        let images = values
            .par_chunks_exact((shape.bands * shape.plane()).max(1))
            .zip(valid.par_chunks_exact(shape.plane().max(1)))
            .zip(&target.truths)
            .map(|((output, valid), truth)| Map::of(output, valid, truth, target))
            .collect();
        Ok(Self { target, images })
    }

    /// Totals of each image over the pixels that are valid and in `mask`, bool `[b, 1, h, w]`.
    pub fn totals(&self, mask: &Tensor) -> Result<Vec<Totals>> {
        let shape = self.target.shape;
        let mask = shape.mask(mask)?;
        Ok(mask
            .par_chunks_exact(shape.plane().max(1))
            .zip(&self.images)
            .zip(&self.target.truths)
            .map(|((mask, map), truth)| Totals::of(map, truth, mask, shape))
            .collect())
    }
}

impl Map {
    fn of(output: &[f64], valid: &[bool], truth: &Truth, target: &Target) -> Self {
        let shape = target.shape;
        let index = target.sides.zip(truth.index.as_ref());
        Self {
            valid: valid.to_vec(),
            errors: output.iter().zip(&truth.values).map(|(a, b)| a - b).collect(),
            angles: Angles::of(output, truth, valid, shape),
            index: index.map(|(sides, truth)| Index::of(output, sides, shape).errors(truth)),
            similarity: truth.local.similarity(output, &truth.values, shape),
        }
    }
}
