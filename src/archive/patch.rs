//! One whole patch of one slot.

use std::ops::Range;
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
        let (map, range) = self.stored(layer, slot, row, col)?;
        let (codec, len) = (self.inner.settings.codec, self.chunks(layer).bytes());
        let raw = codec
            .decode(&map[range.clone()], len)
            .during(|| self.naming(layer, slot, (row, col)))?;
        if codec == Codec::None {
            let (start, len) = (range.start, range.len());
            return Ok(Patch::Mapped { map, start, len });
        }
        Ok(Patch::Owned(Arc::new(Values::from_le(layer.kind(), &raw))))
    }

    /// The same patch straight into its place, without a buffer between: copied or decoded to
    /// `[band, y, x]` little-endian values. Refuses an `out` of another size too.
    pub fn patch_into(
        &self,
        layer: Layer,
        slot: usize,
        (row, col): (usize, usize),
        out: &mut [u8],
    ) -> Result<()> {
        let (map, range) = self.stored(layer, slot, row, col)?;
        let codec = self.inner.settings.codec;
        codec.decode_into(&map[range], out).during(|| self.naming(layer, slot, (row, col)))
    }

    /// Where the stored bytes of a patch are, checked.
    fn stored(
        &self,
        layer: Layer,
        slot: usize,
        row: usize,
        col: usize,
    ) -> Result<(Arc<Map>, Range<usize>)> {
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
        self.inner.cache.touch(c.bytes());
        let held = self.shard(&c, slot, shard).during(doing)?;
        let range = held.chunk(entry).during(doing)?;
        Ok((held.map().clone(), range))
    }
}
