//! `fetch`: a sample's patches, and those of the samples that stand in for it in the controls.

use crate::error::Result;
use crate::layout::Sample;
use crate::ops::{Fetched, Read};
use crate::stream::{Emit, Operator, Weigh};

/// A sample, and one stand-in a control.
pub(super) struct Asked {
    pub(super) sample: Sample,
    pub(super) instead: Vec<Sample>,
}

impl Weigh for Asked {
    fn bytes(&self) -> usize {
        self.sample.bytes() + self.instead.bytes()
    }
}

/// Reads the sample by the first, each stand-in by its own reader.
pub(super) struct Fetch {
    pub(super) own: Read,
    pub(super) others: Vec<Read>,
}

impl Operator for Fetch {
    type In = Asked;
    type Out = Fetched;

    fn name(&self) -> String {
        "read".into()
    }

    fn apply(&mut self, item: Asked, out: &mut Emit<Fetched>) -> Result<()> {
        let mut fetched = self.own.read(item.sample)?;
        for (read, sample) in self.others.iter_mut().zip(item.instead) {
            fetched.patches.extend(read.read(sample)?.patches);
        }
        out.push(fetched);
        Ok(())
    }
}
