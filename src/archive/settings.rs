//! `archive.json`: what holds for the whole archive.

use serde::{Deserialize, Serialize};

use super::codec::Codec;
use crate::error::{Error, Result};
use crate::limits;

/// Version of the format on disk that this program writes and reads.
pub const FORMAT: u32 = 1;

/// Choices made once, when the archive is created.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Version of the format.
    pub format: u32,
    /// Pixels (10 m) on a side of a statistics cell.
    pub cell: usize,
    /// Pixels (10 m) on a side of a patch, a multiple of `cell`: also the chunk of the arrays.
    pub patch: usize,
    /// How chunks are stored.
    pub codec: Codec,
}

impl Settings {
    /// Settings with this patch size. Refuses a size that is not a multiple of the cell.
    pub fn new(patch: usize, codec: Codec) -> Result<Self> {
        if patch == 0 || !patch.is_multiple_of(limits::CELL) || patch > limits::PATCH_MAX {
            return Err(Error::usage(format!(
                "a patch of {patch} px is not a multiple of {} up to {}",
                limits::CELL,
                limits::PATCH_MAX
            )));
        }
        Ok(Self { format: FORMAT, cell: limits::CELL, patch, codec })
    }
}
