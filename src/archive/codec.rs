//! How chunks are stored.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use zarrs::array::codec::ZstdCodec;
use zarrs::array::{BytesRepresentation, BytesToBytesCodecTraits, CodecOptions};

use crate::error::{Error, Result};

/// The level of [`Codec::Zstd`].
pub(crate) const ZSTD_LEVEL: i32 = 3;

/// The compression of pixel chunks; every codec is followed by a crc32c.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Codec {
    /// Raw little-endian values: a patch is one run of bytes in a mapped file.
    #[default]
    None,
    /// Zstandard, level 3.
    Zstd,
}

impl Codec {
    /// Little-endian values to stored bytes, checksum included.
    pub(crate) fn encode(self, raw: Vec<u8>) -> Result<Vec<u8>> {
        let mut bytes = match self {
            Self::None => raw,
            Self::Zstd => ZstdCodec::new(ZSTD_LEVEL, false)
                .encode(Cow::Owned(raw), &CodecOptions::default())
                .map_err(|e| Error::internal("compressing a chunk").with_source(e))?
                .into_owned(),
        };
        bytes.extend_from_slice(&crc32c::crc32c(&bytes).to_le_bytes());
        Ok(bytes)
    }

    /// Stored bytes, their checksum already verified and cut off, to `len` bytes of values.
    pub(crate) fn decode(self, stored: &[u8], len: usize) -> Result<Cow<'_, [u8]>> {
        let raw = match self {
            Self::None => Cow::Borrowed(stored),
            Self::Zstd => {
                check_frame(stored, len as u64)?;
                ZstdCodec::new(ZSTD_LEVEL, false)
                    .decode(
                        Cow::Borrowed(stored),
                        &BytesRepresentation::FixedSize(len as u64),
                        &CodecOptions::default(),
                    )
                    .map_err(|e| Error::corrupt("decompressing a chunk").with_source(e))?
            }
        };
        match raw.len() == len {
            true => Ok(raw),
            false => Err(Error::corrupt(format!("a chunk of {len} bytes holds {}", raw.len()))),
        }
    }
}

/// Refuses anything but one Zstandard frame that says it holds `len` bytes (RFC 8878, 3.1.1).
///
/// The decoder allocates what the headers promise, so a forged header must not reach it.
fn check_frame(bytes: &[u8], len: u64) -> Result<()> {
    match frame(bytes) {
        Some((promised, end)) if promised == len && end == bytes.len() => Ok(()),
        _ => Err(Error::corrupt(format!("a chunk is not one Zstandard frame of {len} bytes"))),
    }
}

/// Content size and length in bytes of the frame at the start of `bytes`, if both are stated.
fn frame(bytes: &[u8]) -> Option<(u64, usize)> {
    let number = |at: usize, size: usize| {
        let mut wide = [0u8; 8];
        wide.get_mut(..size)?.copy_from_slice(bytes.get(at..at + size)?);
        Some(u64::from_le_bytes(wide))
    };
    if number(0, 4)? != 0xFD2F_B528 {
        return None;
    }
    let flags = number(4, 1)?;
    let single = flags & 0x20 != 0;
    let mut at = 5 + usize::from(!single) + [0, 1, 2, 4][(flags & 3) as usize];
    let width = match (flags >> 6, single) {
        (0, false) => return None,
        (0, true) => 1,
        (1, _) => 2,
        (2, _) => 4,
        _ => 8,
    };
    let content = number(at, width)? + if width == 2 { 256 } else { 0 };
    at += width;
    loop {
        let header = number(at, 3)?;
        let size = if (header >> 1) & 3 == 1 { 1 } else { (header >> 3) as usize };
        at += 3 + size;
        if header & 1 == 1 {
            return Some((content, at + if flags & 4 != 0 { 4 } else { 0 }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back_through_either_codec() {
        for raw in [vec![0u8; 100_000], (0..3000u32).flat_map(|i| (i * i).to_le_bytes()).collect()]
        {
            for codec in [Codec::None, Codec::Zstd] {
                let stored = codec.encode(raw.clone()).unwrap();
                let (body, _) = stored.split_at(stored.len() - 4);
                assert_eq!(codec.decode(body, raw.len()).unwrap(), raw);
                assert!(codec.decode(body, raw.len() + 1).unwrap_err().is_corrupt());
            }
        }
    }

    #[test]
    fn a_frame_that_promises_more_is_refused_before_it_is_decoded() {
        let mut stored = Codec::Zstd.encode(vec![7u8; 70_000]).unwrap();
        stored.truncate(stored.len() - 4);
        let twice = [stored.clone(), stored.clone()].concat();
        assert!(Codec::Zstd.decode(&twice, 70_000).unwrap_err().is_corrupt());
        // Content size is the four bytes after magic, flags and window.
        let at = if stored[4] & 0x20 != 0 { 5 } else { 6 };
        stored[at + 3] = 0x7F;
        assert!(Codec::Zstd.decode(&stored, 70_000).unwrap_err().is_corrupt());
    }
}
