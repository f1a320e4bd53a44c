//! What an index says about a bundle and about each of its tensors.

use std::fs::File;
use std::path::PathBuf;

use safetensors::Dtype;

use crate::error::{Error, Result, While};
use crate::limits;
use crate::store::wire::{Fault, Fields, Part, Value, take_varint};

/// The head of a bundle.
pub(super) struct Head {
    /// Number of its data files.
    pub shards: usize,
}

/// Where a tensor is and what it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// Its type; texts count as bytes.
    pub dtype: Dtype,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Number of its data file.
    pub shard: usize,
    /// Where it begins there.
    pub offset: u64,
    /// Its bytes.
    pub size: u64,
    /// Its checksum, masked.
    pub crc: u32,
    text: bool,
}

/// What is wrong with an entry.
pub(super) fn broken(fault: Fault) -> Error {
    Error::invalid(format!("byte {}: {}", fault.at, fault.what)).hint("copy the checkpoint again")
}

/// Calls `each` with the number and value of every field of a message.
pub(super) fn fields<'a>(
    part: Part<'a>,
    mut each: impl FnMut(u64, Value<'a>) -> Result<()>,
) -> Result<()> {
    let mut fields = Fields::new(part);
    while let Some((field, value, _)) = fields.next().map_err(broken)? {
        each(field, value)?;
    }
    Ok(())
}

impl Head {
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        let (mut shards, mut endian) = (0, 0);
        fields(Part { bytes, at: 0 }, |field, value| {
            match (field, value) {
                (1, Value::Number(n)) => shards = n,
                (2, Value::Number(n)) => endian = n,
                _ => {}
            }
            Ok(())
        })?;
        if endian != 0 {
            return Err(Error::invalid("the bundle was written on a big-endian machine"));
        }
        if shards == 0 || shards > limits::BUNDLE_SHARDS_MAX {
            return Err(Error::invalid(format!("the head names {shards} data files"))
                .hint("copy the checkpoint again"));
        }
        Ok(Self { shards: shards as usize })
    }
}

impl Place {
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        let (mut dtype, mut shape) = (0, Vec::new());
        let (mut shard, mut offset, mut size, mut crc) = (0, 0, 0, 0);
        fields(Part { bytes, at: 0 }, |field, value| {
            match (field, value) {
                (1, Value::Number(n)) => dtype = n,
                (2, Value::Part(part)) => shape = dimensions(part)?,
                (3, Value::Number(n)) => shard = n,
                (4, Value::Number(n)) => offset = n,
                (5, Value::Number(n)) => size = n,
                (6, Value::Number(n)) => crc = n as u32,
                (7, _) => return Err(Error::invalid("a partitioned tensor is not read")),
                _ => {}
            }
            Ok(())
        })?;
        let text = dtype == 7;
        let unknown = || Error::invalid(format!("type {dtype} of TensorFlow is not read"));
        let dtype = super::dtype(dtype).ok_or_else(unknown)?;
        let shard = usize::try_from(shard).unwrap_or(usize::MAX);
        Ok(Self { dtype, shape, shard, offset, size, crc, text })
    }

    /// The same, if it lies inside its data file and has the bytes of its shape.
    pub fn within(self, shards: &[(PathBuf, File)]) -> Result<Self> {
        let Some((path, file)) = shards.get(self.shard) else {
            return Err(Error::invalid(format!("it names data file {}", self.shard)));
        };
        let length = file.metadata().during(|| format!("asking the size of {}", path.display()))?;
        let end = self.offset.checked_add(self.size);
        if end.is_none_or(|end| end > length.len()) || self.size > limits::WEIGHTS_BYTES_MAX {
            let (offset, size, path) = (self.offset, self.size, path.display());
            return Err(Error::invalid(format!(
                "a tensor of {size} bytes at {offset} lies outside {path}"
            ))
            .hint("the data file was cut short: copy the checkpoint again"));
        }
        let values = self.shape.iter().try_fold(1u64, |all, d| all.checked_mul(*d as u64));
        let wanted = values.and_then(|n| n.checked_mul(self.dtype.bitsize() as u64 / 8));
        if !self.text && wanted != Some(self.size) {
            let (shape, size) = (&self.shape, self.size);
            return Err(Error::invalid(format!("a tensor of {shape:?} with {size} bytes")));
        }
        Ok(self)
    }

    /// Whether another tensor has the same shape and, by their checksums, values.
    pub fn same_values(&self, other: &Self) -> bool {
        (self.dtype, &self.shape, self.crc) == (other.dtype, &other.shape, other.crc)
    }

    /// The checksum of its bytes. Of a text, which begins with its length, TensorFlow sums the
    /// length as four bytes.
    pub fn sum(&self, bytes: &[u8]) -> u32 {
        let Some((length, rest)) = self.text.then(|| text_length(bytes)).flatten() else {
            return crc32c::crc32c(bytes);
        };
        crc32c::crc32c_append(crc32c::crc32c(&length.to_le_bytes()), rest)
    }
}

/// The length of a single text and what follows it: the checksum of the length, and the text.
pub(super) fn text_length(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let mut rest = bytes;
    let length = take_varint(&mut rest).ok()?;
    Some((u32::try_from(length).ok()?, rest))
}

fn dimensions(part: Part) -> Result<Vec<usize>> {
    let mut shape = Vec::new();
    fields(part, |field, value| {
        if let (2, Value::Part(dimension)) = (field, value) {
            let mut size = 0;
            fields(dimension, |field, value| {
                if let (1, Value::Number(n)) = (field, value) {
                    size = n;
                }
                Ok(())
            })?;
            let size =
                usize::try_from(size).ok().filter(|n| *n as u64 <= limits::WEIGHTS_BYTES_MAX);
            shape.push(size.ok_or_else(|| Error::invalid("a dimension is too large"))?);
        }
        if shape.len() > 8 {
            return Err(Error::invalid("a tensor of more than eight dimensions"));
        }
        Ok(())
    })?;
    Ok(shape)
}
