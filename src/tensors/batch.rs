//! Samples side by side.

use std::collections::BTreeMap;

use tch::{Kind, Tensor};

use super::block::append;
use crate::archive::{Block, Kind as Stored, Layer, Patch, Values};
use crate::error::{Error, Result};

/// Tensors by role, `[b, c, h, w]`, in stored integers (int16; uint16 as its bits in int16) or
/// float32 after [`super::normalise`].
#[derive(Debug)]
pub struct Batch {
    /// One tensor a role. A coarse optical role is named `s2_20m_t` beside `s2_t`; masks
    /// `mask_target`.
    pub tensors: BTreeMap<String, Tensor>,
    /// Names of the samples, in batch order.
    pub names: Vec<String>,
}

/// Collects patches of one role and layer into a batch tensor.
#[derive(Debug)]
pub struct Stack {
    layer: Layer,
    side: usize,
    batch: usize,
    pushed: usize,
    bytes: Vec<u8>,
}

impl Stack {
    /// For at most `batch` patches of `layer`, `side` px (10 m) on a side.
    pub fn new(layer: Layer, side: usize, batch: usize) -> Self {
        Self { layer, side, batch, pushed: 0, bytes: Vec::new() }
    }

    /// Copies one patch into its place. Refuses a patch of another size and one patch too many.
    pub fn push(&mut self, patch: &Patch) -> Result<()> {
        match patch {
            Patch::Mapped { map, start, len } => {
                let run = start.checked_add(*len).and_then(|end| map.get(*start..end));
                let run = run.ok_or_else(|| {
                    Error::corrupt(format!("a patch lies outside {}", map.path().display()))
                        .hint("run `eclaircie verify` on the archive, then ingest the scene again")
                })?;
                self.admit(run.len())?;
                self.bytes.extend_from_slice(run);
            }
            Patch::Owned(values) => self.push_values(values)?,
        }
        self.pushed += 1;
        Ok(())
    }

    /// Copies one decoded window into its place; it must be of the stack's layer and size.
    pub fn push_block(&mut self, block: &Block) -> Result<()> {
        if block.layer != self.layer {
            return Err(Error::internal(format!(
                "a block of {} in a stack of {}",
                block.layer.name(),
                self.layer.name()
            )));
        }
        self.push_values(&block.values)?;
        self.pushed += 1;
        Ok(())
    }

    /// The tensor `[b, c, h, w]` of the stored type (uint16 as the same bits in int16, mask uint8),
    /// where b is the number of patches pushed. Refuses an empty stack.
    pub fn finish(self) -> Result<Tensor> {
        if self.pushed == 0 {
            return Err(Error::internal(format!("an empty batch of {}", self.layer.name())));
        }
        let side = self.pixels() as i64;
        let shape = [self.pushed as i64, self.layer.bands().len() as i64, side, side];
        let kind = match self.layer.kind() {
            Stored::U8 => Kind::Uint8,
            Stored::U16 | Stored::I16 => Kind::Int16,
        };
        Ok(Tensor::f_from_data_size(&self.bytes, &shape, kind)?)
    }

    fn push_values(&mut self, values: &Values) -> Result<()> {
        let kind = match values {
            Values::U8(_) => Stored::U8,
            Values::U16(_) => Stored::U16,
            Values::I16(_) => Stored::I16,
        };
        if kind != self.layer.kind() {
            let name = self.layer.name();
            return Err(Error::internal(format!("{kind:?} values in a stack of {name}")));
        }
        self.admit(values.len() * kind.bytes())?;
        append(values, &mut self.bytes);
        Ok(())
    }

    /// Checks one patch of `length` bytes and makes room for the batch at the first one.
    fn admit(&mut self, length: usize) -> Result<()> {
        let one = self.patch_bytes();
        if length != one {
            return Err(Error::internal(format!(
                "a patch of {} holds {length} bytes, not {one} for {} px",
                self.layer.name(),
                self.pixels()
            )));
        }
        if self.pushed == self.batch {
            return Err(Error::internal(format!("more than {} patches in a batch", self.batch)));
        }
        if self.bytes.capacity() == 0 {
            let all = one.saturating_mul(self.batch);
            self.bytes.try_reserve_exact(all).map_err(|e| {
                Error::new(crate::error::Kind::OutOfMemory, format!("no room for {all} bytes"))
                    .with_source(e)
                    .hint("ask for a smaller batch")
            })?;
        }
        Ok(())
    }

    fn pixels(&self) -> usize {
        self.side / self.layer.factor()
    }

    fn patch_bytes(&self) -> usize {
        let bands = self.layer.bands().len();
        bands * self.pixels() * self.pixels() * self.layer.kind().bytes()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::store::{Map, publish};

    #[test]
    fn mapped_and_decoded_patches_make_the_same_batch() {
        let values: Vec<u16> = (0..2 * 64 * 64).map(|i| 60_000 + (i % 5_000) as u16).collect();
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("patch");
        let mut bytes = vec![9u8; 8];
        append(&Values::U16(values.clone()), &mut bytes);
        publish(&path, &bytes).unwrap();
        let map = Arc::new(Map::open(&path).unwrap());
        let mut stack = Stack::new(Layer::S1, 64, 2);
        stack.push(&Patch::Mapped { map, start: 8, len: bytes.len() - 8 }).unwrap();
        stack.push(&Patch::Owned(Arc::new(Values::U16(values.clone())))).unwrap();
        let both = stack.finish().unwrap();
        assert_eq!(both.size(), [2, 2, 64, 64]);
        assert_eq!(both.get(0), both.get(1));
        // uint16 travels as its bits.
        assert_eq!(both.int64_value(&[1, 0, 0, 1]) as i16 as u16, values[1]);
    }

    #[test]
    fn a_patch_of_another_size_type_or_number_is_refused() {
        let mut stack = Stack::new(Layer::Dem, 128, 1);
        let patch = |n| Patch::Owned(Arc::new(Values::I16(vec![7; n])));
        assert!(stack.push(&patch(128 * 128)).is_err());
        assert!(stack.push(&Patch::Owned(Arc::new(Values::U16(vec![7; 64 * 64])))).is_err());
        stack.push(&patch(64 * 64)).unwrap();
        assert!(stack.push(&patch(64 * 64)).is_err());
        assert_eq!(stack.finish().unwrap().size(), [1, 1, 64, 64]);
        assert!(Stack::new(Layer::Dem, 128, 1).finish().is_err());
    }
}
