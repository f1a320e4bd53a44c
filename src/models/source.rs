//! Where tensors come from.

use std::collections::BTreeMap;

use safetensors::Dtype;

use crate::error::Result;

/// Type and shape of a stored tensor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// Type of its values.
    pub dtype: Dtype,
    /// Its shape.
    pub shape: Vec<usize>,
}

/// A file of named tensors whose head was read and fits its length.
pub(super) trait Source {
    /// Every tensor by its name.
    fn entries(&self) -> BTreeMap<String, Entry>;
    /// The little-endian values of one tensor. Refuses a name that is not there.
    fn bytes(&mut self, name: &str) -> Result<Vec<u8>>;
}
