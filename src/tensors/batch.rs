//! Samples side by side.

use std::collections::BTreeMap;

use tch::{Device, Kind, Tensor};

use crate::archive::{Kind as Stored, Layer, Patch};
use crate::error::{Error, Result};

/// Tensors by role, `[b, c, h, w]`, in stored integers (int16; uint16 as its bits in int16) or
/// float32 after [`super::normalise`].
#[derive(Debug)]
pub struct Batch {
    /// One tensor a role. A coarse optical role is named `s2_20m_t` beside `s2_t`; masks for what
    /// they mean, as `cloudy`.
    pub tensors: BTreeMap<String, Tensor>,
    /// Names of the samples, in batch order.
    pub names: Vec<String>,
}

/// A batch tensor of one role and layer that is being filled, patch by patch.
#[derive(Debug)]
pub struct Stack {
    layer: Layer,
    side: usize,
    tensor: Tensor,
    batch: usize,
    filled: usize,
}

impl Stack {
    /// For `batch` patches of `layer`, `side` px (10 m) on a side. The tensor `[b, c, h, w]` of the
    /// stored type (uint16 as the same bits in int16, mask uint8) is made here, once.
    pub fn new(layer: Layer, side: usize, batch: usize) -> Result<Self> {
        let kind = match layer.kind() {
            Stored::U8 => Kind::Uint8,
            Stored::U16 | Stored::I16 => Kind::Int16,
        };
        let pixels = (side / layer.factor()) as i64;
        let shape = [batch as i64, layer.bands().len() as i64, pixels, pixels];
        let tensor = Tensor::f_empty(shape, (kind, Device::Cpu)).map_err(|e| {
            let text = format!("no room for {batch} patches of {}", layer.name());
            Error::new(crate::error::Kind::OutOfMemory, text)
                .with_source(e)
                .hint("ask for a smaller batch")
        })?;
        Ok(Self { layer, side, tensor, batch, filled: 0 })
    }

    /// Copies one patch into the next place. Refuses a patch of another size and one too many.
    pub fn push(&mut self, patch: &Patch) -> Result<()> {
        match patch {
            Patch::Mapped { map, start, len } => {
                let run = start.checked_add(*len).and_then(|end| map.get(*start..end));
                let run = run.ok_or_else(|| {
                    Error::corrupt(format!("a patch lies outside {}", map.path().display()))
                        .hint("run `eclaircie verify` on the archive, then ingest the scene again")
                })?;
                self.push_bytes(run)
            }
            Patch::Owned(values) => {
                let kind = values.kind();
                if kind != self.layer.kind() {
                    let name = self.layer.name();
                    return Err(Error::internal(format!("{kind:?} values in a stack of {name}")));
                }
                self.push_bytes(values.bytes())
            }
        }
    }

    /// Lets `fill` write the next patch, `[band, y, x]` little-endian values, where it belongs. It
    /// must write all of it or fail.
    pub fn push_with(&mut self, fill: impl FnOnce(&mut [u8]) -> Result<()>) -> Result<()> {
        let (batch, one, at) = (self.batch, self.patch_bytes(), self.filled);
        if at == batch {
            return Err(Error::internal(format!("more than {batch} patches in a batch")));
        }
        fill(&mut bytes_mut(&mut self.tensor)[at * one..(at + 1) * one])?;
        self.filled += 1;
        Ok(())
    }

    /// Copies the bytes of one patch, `[band, y, x]` little-endian values, into the next place.
    pub fn push_bytes(&mut self, bytes: &[u8]) -> Result<()> {
        self.push_with(|place| copy(bytes, place))
    }

    /// Copies the patch at place `from`, which was pushed before, to the next place.
    pub fn push_again(&mut self, from: usize) -> Result<()> {
        let (one, at) = (self.patch_bytes(), self.filled);
        if from >= at || at == self.batch {
            return Err(Error::internal(format!("no patch {from} to copy to place {at}")));
        }
        bytes_mut(&mut self.tensor).copy_within(from * one..(from + 1) * one, at * one);
        self.filled += 1;
        Ok(())
    }

    /// The patch at a place that was pushed.
    pub fn patch(&mut self, at: usize) -> Result<&[u8]> {
        let one = self.patch_bytes();
        if at >= self.filled {
            return Err(Error::internal(format!("no patch {at} in a batch")));
        }
        Ok(&bytes_mut(&mut self.tensor)[at * one..(at + 1) * one])
    }

    /// The tensor of the patches that were pushed. Refuses an empty stack.
    pub fn finish(self) -> Result<Tensor> {
        if self.filled == 0 {
            return Err(Error::internal(format!("an empty batch of {}", self.layer.name())));
        }
        match self.filled == self.batch {
            true => Ok(self.tensor),
            false => Ok(self.tensor.f_narrow(0, 0, self.filled as i64)?),
        }
    }

    fn patch_bytes(&self) -> usize {
        self.layer.patch_bytes(self.side)
    }
}

fn copy(run: &[u8], place: &mut [u8]) -> Result<()> {
    if run.len() != place.len() {
        let (found, wanted) = (run.len(), place.len());
        return Err(Error::internal(format!("a patch holds {found} bytes, not {wanted}")));
    }
    place.copy_from_slice(run);
    Ok(())
}

/// The memory of a tensor that is being filled.
#[allow(unsafe_code)]
fn bytes_mut(tensor: &mut Tensor) -> &mut [u8] {
    let len = tensor.numel() * tensor.kind().elt_size_in_bytes();
    // SAFETY: `Stack` made this tensor with `empty`: on the CPU, contiguous, of `len` bytes, which live as long as it does,
    // and no other handle to it exists before `finish`. Integers have no invalid bits. What libtorch's allocator gives
    // comes from the C heap, so its bytes are arbitrary, not undefined; a place is only read after it was filled.
    unsafe { std::slice::from_raw_parts_mut(tensor.data_ptr().cast::<u8>(), len) }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::archive::Values;
    use crate::store::{Map, publish};

    #[test]
    fn mapped_and_decoded_patches_make_the_same_batch() {
        let values: Vec<u16> = (0..2 * 64 * 64).map(|i| 60_000 + (i % 5_000) as u16).collect();
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("patch");
        let mut bytes = vec![9u8; 8];
        bytes.extend_from_slice(Values::U16(values.clone()).bytes());
        publish(&path, &bytes).unwrap();
        let map = Arc::new(Map::open(&path).unwrap());
        let mut stack = Stack::new(Layer::S1, 64, 3).unwrap();
        stack.push(&Patch::Mapped { map, start: 8, len: bytes.len() - 8 }).unwrap();
        stack.push(&Patch::Owned(Arc::new(Values::U16(values.clone())))).unwrap();
        stack.push_again(0).unwrap();
        assert!(stack.push_again(0).is_err());
        let both = stack.finish().unwrap();
        assert_eq!(both.size(), [3, 2, 64, 64]);
        assert_eq!(both.get(0), both.get(2));
        assert_eq!(both.get(0), both.get(1));
        // uint16 travels as its bits.
        assert_eq!(both.int64_value(&[1, 0, 0, 1]) as i16 as u16, values[1]);
    }

    #[test]
    fn a_patch_of_another_size_type_or_number_is_refused() {
        let mut stack = Stack::new(Layer::Dem, 128, 1).unwrap();
        let patch = |n| Patch::Owned(Arc::new(Values::I16(vec![7; n])));
        assert!(stack.push(&patch(128 * 128)).is_err());
        assert!(stack.push(&Patch::Owned(Arc::new(Values::U16(vec![7; 64 * 64])))).is_err());
        stack.push(&patch(64 * 64)).unwrap();
        assert!(stack.push(&patch(64 * 64)).is_err());
        assert_eq!(stack.finish().unwrap().size(), [1, 1, 64, 64]);
        assert!(Stack::new(Layer::Dem, 128, 1).unwrap().finish().is_err());
    }
}
