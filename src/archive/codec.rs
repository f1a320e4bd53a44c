//! How chunks are stored.

use std::borrow::Cow;
use std::cell::RefCell;

use serde::{Deserialize, Serialize};
use zarrs::array::codec::ZstdCodec;
use zarrs::array::{BytesToBytesCodecTraits, CodecOptions};

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
    /// LZ4 as `numcodecs.lz4` stores it: the number of bytes, little-endian u32, then one block.
    Lz4,
    /// Zstandard, level 3.
    Zstd,
}

thread_local! {
    /// What the Zstandard decoder works with; to make it anew costs as much as a small chunk.
    static ZSTD: RefCell<Option<zstd::bulk::Decompressor<'static>>> = const { RefCell::new(None) };
}

impl Codec {
    /// Every codec, by the name that users type.
    pub const ALL: [Self; 3] = [Self::None, Self::Lz4, Self::Zstd];

    /// The name that users type.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Lz4 => "lz4",
            Self::Zstd => "zstd",
        }
    }

    /// The codec of a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|codec| codec.name() == name)
    }

    /// Little-endian values to stored bytes, checksum included.
    pub(crate) fn encode(self, raw: Vec<u8>) -> Result<Vec<u8>> {
        let mut bytes = match self {
            Self::None => raw,
            Self::Lz4 => lz4::block::compress(&raw, None, true)
                .map_err(|e| Error::internal("compressing a chunk").with_source(e))?,
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
        if self == Self::None {
            check_length(stored.len(), len)?;
            return Ok(Cow::Borrowed(stored));
        }
        let mut raw = vec![0; len];
        self.decode_into(stored, &mut raw)?;
        Ok(Cow::Owned(raw))
    }

    /// The same straight into the place where the values belong; fills `out` or fails.
    pub(crate) fn decode_into(self, stored: &[u8], out: &mut [u8]) -> Result<()> {
        let len = out.len();
        let held = match self {
            Self::None => {
                check_length(stored.len(), len)?;
                out.copy_from_slice(stored);
                len
            }
            Self::Lz4 => {
                let (promised, block) = stored.split_first_chunk::<4>().ok_or_else(torn)?;
                check_length(u32::from_le_bytes(*promised) as usize, len)?;
                let size = i32::try_from(len).map_err(|e| torn().with_source(e))?;
                lz4::block::decompress_to_buffer(block, Some(size), out)
                    .map_err(|e| torn().with_source(e))?
            }
            Self::Zstd => {
                check_frame(stored, len as u64)?;
                unpack_zstd(stored, out).map_err(|e| torn().with_source(e))?
            }
        };
        check_length(held, len)
    }
}

fn torn() -> Error {
    Error::corrupt("decompressing a chunk")
}

fn check_length(held: usize, len: usize) -> Result<()> {
    match held == len {
        true => Ok(()),
        false => Err(Error::corrupt(format!("a chunk of {len} bytes holds {held}"))),
    }
}

/// The bytes written to `out`.
fn unpack_zstd(stored: &[u8], out: &mut [u8]) -> std::io::Result<usize> {
    ZSTD.with_borrow_mut(|held| {
        let decoder = match held {
            Some(decoder) => decoder,
            None => held.insert(zstd::bulk::Decompressor::new()?),
        };
        decoder.decompress_to_buffer(stored, out)
    })
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
            for codec in Codec::ALL {
                let stored = codec.encode(raw.clone()).unwrap();
                let (body, _) = stored.split_at(stored.len() - 4);
                assert_eq!(codec.decode(body, raw.len()).unwrap(), raw);
                assert!(codec.decode(body, raw.len() + 1).unwrap_err().is_corrupt());
            }
        }
    }

    #[test]
    fn no_bytes_make_the_lz4_reader_panic_or_write_beyond() {
        let good = Codec::Lz4.encode(b"one two three one two three".repeat(9)).unwrap();
        let (good, _) = good.split_at(good.len() - 4);
        for at in 0..good.len() {
            let mut bad = good.to_vec();
            bad[at] ^= 0xA5;
            // A changed literal is a changed value: the checksum sees it, not the decoder.
            let _ = Codec::Lz4.decode(&bad, 27 * 9);
            assert!(Codec::Lz4.decode(&good[..at], 27 * 9).unwrap_err().is_corrupt(), "{at} bytes");
        }
        assert!(Codec::Lz4.decode(&[0xFF; 4], 12).unwrap_err().is_corrupt());
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
