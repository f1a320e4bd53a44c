//! One whole patch of one slot.

use std::ops::Range;
use std::sync::Arc;

use super::block::Values;
use super::codec::Codec;
use super::layer::Layer;
use super::shard::{MEND, Shard};
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

/// A patch that was found in its shard and not read yet.
#[derive(Debug)]
pub struct Stored {
    tile: Tile,
    layer: Layer,
    slot: usize,
    at: (usize, usize),
    shard: Arc<Shard>,
    entry: usize,
}

impl Stored {
    /// Asks the system to read the patch from its disk. Returns at once: to ask for many before the
    /// first is read keeps a disk busy.
    pub fn ahead(&self) {
        self.shard.ahead(self.entry);
    }

    /// Copies or decodes the patch straight into its place, `[band, y, x]` little-endian values. The
    /// chunk's checksum is verified at its first touch. Refuses an `out` of another size.
    pub fn read_into(&self, out: &mut [u8]) -> Result<()> {
        let codec = self.tile.inner.settings.codec;
        let run = self.range()?;
        codec.decode_into(&self.shard.map()[run], out).during(|| self.naming())
    }

    /// Mapped without a copy (codec `none`), or decoded. The chunk's checksum is verified at its first touch.
    pub fn read(&self) -> Result<Patch> {
        let codec = self.tile.inner.settings.codec;
        let run = self.range()?;
        if codec == Codec::None {
            let (start, len) = (run.start, run.len());
            return Ok(Patch::Mapped { map: self.shard.map().clone(), start, len });
        }
        let len = self.tile.chunks(self.layer).bytes();
        let raw = codec.decode(&self.shard.map()[run], len).during(|| self.naming())?;
        Ok(Patch::Owned(Arc::new(Values::from_le(self.layer.kind(), &raw))))
    }

    fn range(&self) -> Result<Range<usize>> {
        let whole = self.tile.chunks(self.layer).bytes();
        self.tile.inner.cache.touch(&self.shard, whole);
        let run = self.shard.chunk(self.entry).during(|| self.naming())?;
        // Of a compressed chunk the length is known when it is decoded.
        if self.tile.inner.settings.codec == Codec::None && run.len() != whole {
            let text = format!("{}: a chunk of {} bytes, not {whole}", self.naming(), run.len());
            return Err(Error::corrupt(text).hint(MEND));
        }
        Ok(run)
    }

    fn naming(&self) -> String {
        self.tile.naming(self.layer, self.slot, self.at)
    }
}

impl Tile {
    /// One whole patch. `row` and `col` count patches of the archive's size. Refuses a patch that the
    /// tile's edge cuts.
    pub fn patch(&self, layer: Layer, slot: usize, row: usize, col: usize) -> Result<Patch> {
        let stored = self.find(layer, slot, (row, col))?;
        stored.ahead();
        stored.read()
    }

    /// Finds a patch in its shard, whose index is read and verified if it was not mapped.
    pub fn find(&self, layer: Layer, slot: usize, at: (usize, usize)) -> Result<Stored> {
        let ((rows, cols), (row, col)) = (self.patches(), at);
        if row >= rows || col >= cols {
            return Err(Error::usage(format!(
                "tile {} has {rows} x {cols} whole patches, no patch at row {row}, col {col}",
                self.name()
            )));
        }
        self.check_slot(layer.sensor(), slot)?;
        let c = self.chunks(layer);
        let (place, entry) = c.place(row, col);
        let shard = self.shard(&c, slot, place).during(|| self.naming(layer, slot, at))?;
        Ok(Stored { tile: self.clone(), layer, slot, at, shard, entry })
    }
}
