//! A sample with its pixels.

use crate::archive::{Layer, Patch, Values};
use crate::layout::Sample;
use crate::stream::Weigh;

/// A sample and one patch for each array that was asked for.
#[derive(Debug)]
pub struct Fetched {
    /// The row of the layout.
    pub sample: Sample,
    /// Name of the tensor to be, its layer, its pixels.
    pub patches: Vec<(String, Layer, Patch)>,
}

impl Fetched {
    /// The pixels of a name.
    pub fn patch(&self, name: &str) -> Option<&Patch> {
        self.patches.iter().find(|(n, ..)| n == name).map(|(.., p)| p)
    }
}

impl Weigh for Vec<Sample> {
    fn bytes(&self) -> usize {
        self.iter().map(Weigh::bytes).sum()
    }
}

impl Weigh for Sample {
    fn bytes(&self) -> usize {
        size_of::<Self>() + size_of_val(self.patches.as_slice())
    }
}

/// Mapped patches belong to the page cache, but they are counted all the same: a run must not lock
/// in more pages than its budget.
fn patch_bytes(patch: &Patch) -> usize {
    match patch {
        Patch::Mapped { len, .. } => *len,
        Patch::Owned(values) => match &**values {
            Values::U8(v) => v.len(),
            Values::U16(v) => 2 * v.len(),
            Values::I16(v) => 2 * v.len(),
        },
    }
}

impl Weigh for Fetched {
    fn bytes(&self) -> usize {
        self.sample.bytes() + self.patches.iter().map(|(.., p)| patch_bytes(p)).sum::<usize>()
    }
}
