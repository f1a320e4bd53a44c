//! How chunks are stored.

use serde::{Deserialize, Serialize};

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
