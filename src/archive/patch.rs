//! One whole patch of one slot.

use std::sync::Arc;

use super::block::Values;
use super::codec::Codec;
use super::layer::Layer;
use super::tile::Tile;
use crate::error::{Error, Result, While};
use crate::store::Map;

/// The bytes of one patch, `[band, y, x]` little-endian values of the layer's kind.
#[derive(Debug, Clone)]
pub enum Patch {
    /// A run of a mapped file.
    Mapped {
        /// The file.
        map: Arc<Map>,
        /// First byte.
        start: usize,
        /// Number of bytes.
        len: usize,
    },
    /// Decoded.
    Owned(Arc<Values>),
}

impl Patch {
    /// The values as little-endian bytes, without a copy.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Mapped { map, start, len } => &map[*start..*start + *len],
            Self::Owned(values) => values.bytes(),
        }
    }
}

impl Tile {
    /// One whole patch: mapped without a copy (codec `none`), or decoded. `row` and `col` count
    /// patches of the archive's size. Refuses a patch that the tile's edge cuts; the chunk's
    /// checksum is verified at its first touch.
    pub fn patch(&self, layer: Layer, slot: usize, row: usize, col: usize) -> Result<Patch> {
        let (rows, cols) = self.patches();
        if row >= rows || col >= cols {
            return Err(Error::usage(format!(
                "tile {} has {rows} x {cols} whole patches, no patch at row {row}, col {col}",
                self.name()
            )));
        }
        self.check_slot(layer.sensor(), slot)?;
        let c = self.chunks(layer);
        let (shard, entry) = c.place(row, col);
        let doing = || self.naming(layer, slot, (row, col));
        let held = self.shard(&c, slot, shard).during(doing)?;
        let range = held.chunk(entry).during(doing)?;
        let codec = self.inner.settings.codec;
        let raw = codec.decode(&held.map()[range.clone()], c.bytes()).during(doing)?;
        match codec {
            Codec::None => {
                Ok(Patch::Mapped { map: held.map().clone(), start: range.start, len: range.len() })
            }
            Codec::Lz4 | Codec::Zstd => {
                Ok(Patch::Owned(Arc::new(Values::from_le(layer.kind(), &raw))))
            }
        }
    }
}
