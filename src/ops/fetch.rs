//! A sample with its pixels.

use crate::archive::{Layer, Patch};
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

impl Weigh for Fetched {
    /// Mapped patches belong to the page cache, but they are counted all the same: a run must not lock
    /// in more pages than its budget.
    fn bytes(&self) -> usize {
        self.sample.bytes() + self.patches.iter().map(|(.., p)| p.bytes().len()).sum::<usize>()
    }
}
