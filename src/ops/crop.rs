//! Windows inside patches.

use super::order::mix;
use crate::error::{Error, Result};
use crate::layout::Sample;

/// A window inside each patch, drawn anew for every sample; the same for all its roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crop {
    side: usize,
    seed: u64,
}

impl Crop {
    /// Windows of `side` px (10 m) inside patches of `patch` px, by seed and epoch. Refuses a side that is
    /// not a multiple of 32 (what networks halve), or larger than the patch.
    pub fn new(side: usize, patch: usize, seed: u64, epoch: u64) -> Result<Self> {
        if side == 0 || !side.is_multiple_of(32) || side > patch {
            return Err(Error::usage(format!("a window of {side} px in patches of {patch} px"))
                .hint(format!("give a multiple of 32, at most {patch}")));
        }
        Ok(Self { side, seed: mix(seed, epoch) })
    }

    /// Pixels (10 m) on a side of a window.
    pub(super) fn side(&self) -> usize {
        self.side
    }

    /// The corner of a sample's window in its patch: even, so that it falls on whole 20 m pixels.
    pub(super) fn corner(&self, sample: &Sample, patch: usize) -> (usize, usize) {
        let mut chance = mix(self.seed, u64::from(sample.row) << 32 | u64::from(sample.col));
        for p in &sample.patches {
            chance = mix(chance, u64::from(p.slot));
        }
        let free = ((patch - self.side) / 2 + 1) as u64;
        ((chance % free) as usize * 2, (chance / free % free) as usize * 2)
    }
}
