//! What every network is.

use std::collections::BTreeMap;

use tch::Tensor;

use super::Estimate;
use crate::error::Result;

/// A function from normalised tensors by role to reflectance.
pub trait Network: Send {
    /// Runs the network. Height and width must be multiples of [`Network::multiple`].
    fn forward(&self, inputs: &BTreeMap<String, Tensor>) -> Result<Estimate>;
    /// Pixels on each side that an output pixel may see.
    fn support(&self) -> usize;
    /// Heights and widths must be multiples of this.
    fn multiple(&self) -> usize;
}
