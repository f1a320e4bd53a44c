//! `augment`: flips and quarter turns, the same for all roles.

use crate::error::{Error, Result};
use crate::stream::{Emit, Operator};
use crate::tensors::{Batch, limit_threads};

/// One of the eight symmetries of the square a batch, drawn from (seed, epoch, batch number).
pub struct Augment {
    seed: u64,
    count: u64,
}

impl Augment {
    /// The same seed and epoch give the same draws.
    pub fn new(seed: u64, epoch: u64) -> Self {
        Self { seed: super::order::mix(seed, epoch), count: 0 }
    }

    /// From batch number `done` of the epoch on.
    #[must_use]
    pub fn after(mut self, done: u64) -> Self {
        self.count = done;
        self
    }
}

impl Operator for Augment {
    type In = Batch;
    type Out = Batch;

    fn name(&self) -> String {
        "augment".into()
    }

    fn apply(&mut self, mut item: Batch, out: &mut Emit<Batch>) -> Result<()> {
        limit_threads(1);
        let draw = super::order::mix(self.seed, self.count) % 8;
        self.count += 1;
        for tensor in item.tensors.values_mut() {
            // [b, c, h, w]: a turn, then a mirror.
            let turned = tensor.f_rot90((draw % 4) as i64, [2, 3]);
            let moved = match draw < 4 {
                true => turned,
                false => turned.and_then(|t| t.f_flip([3])),
            };
            *tensor = moved.map_err(|e| Error::from(e).context("turning a batch"))?;
        }
        out.push(item);
        Ok(())
    }
}
