//! Samples side by side.

use std::collections::BTreeMap;

use tch::Tensor;

use crate::archive::{Layer, Patch};
use crate::error::Result;

/// Tensors by role, `[b, c, h, w]`, in stored integers (int16; uint16 as its bits in int16) or float32 after [`super::normalise`].
#[derive(Debug)]
pub struct Batch {
    /// One tensor a role. A coarse optical role is named `s2_20m_t` beside `s2_t`; masks `mask_target`.
    pub tensors: BTreeMap<String, Tensor>,
    /// Names of the samples, in batch order.
    pub names: Vec<String>,
}

/// Collects patches of one role and layer into a batch tensor.
pub struct Stack {}

impl Stack {
    /// For `batch` patches of `layer`, `side` px (10 m) on a side.
    pub fn new(layer: Layer, side: usize, batch: usize) -> Self {
        let _ = (layer, side, batch);
        todo!()
    }
    /// Copies one patch into its place.
    pub fn push(&mut self, patch: &Patch) -> Result<()> {
        let _ = patch;
        todo!()
    }
    /// The tensor `[b, c, h, w]` of the stored type (uint16 as the same bits in int16, mask uint8).
    pub fn finish(self) -> Result<Tensor> {
        todo!()
    }
}
