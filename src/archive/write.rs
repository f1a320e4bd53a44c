//! Whole shards of one slot.

use rayon::prelude::*;

use super::block::Block;
use super::chunks::Chunks;
use super::layer::Layer;
use super::shard::assemble;
use super::tile::Tile;
use crate::error::{Error, Result, While};
use crate::geo::Window;

impl Tile {
    /// Writes a window of a slot; `block.window` must cover whole shards or reach the array's edge.
    /// The DEM has slot 0 alone. Each shard is published whole; at most one is held in memory.
    pub fn write(&self, slot: usize, block: &Block) -> Result<()> {
        let layer = block.layer;
        self.check_slot(layer.sensor(), slot)?;
        let c = self.chunks(layer);
        let shards = c.whole_shards(&block.window)?;
        let count = c.bands() * block.window.len();
        if block.values.kind() != layer.kind() || block.values.len() != count {
            return Err(Error::usage(format!(
                "{} takes {count} values of {:?}, not {} of {:?}",
                layer.name(),
                layer.kind(),
                block.values.len(),
                block.values.kind()
            )));
        }
        for shard in shards {
            let doing = || {
                let (row, col) = shard;
                let name = layer.name();
                format!("writing shard ({row}, {col}) of {name}, slot {slot}, tile {}", self.name())
            };
            let chunks: Result<Vec<_>> = (0..c.entries())
                .into_par_iter()
                .map(|entry| match c.chunk(shard, entry) {
                    Some(chunk) => self.encode(&c, block, chunk).map(Some),
                    None => Ok(None),
                })
                .collect();
            let file = assemble(chunks.during(doing)?);
            self.inner.folder.put(&c.key(slot, shard), &file).during(doing)?;
        }
        Ok(())
    }

    /// One chunk of the block, filled with no-data beyond the layer's edge, as it is stored.
    fn encode(&self, c: &Chunks, block: &Block, chunk: (usize, usize)) -> Result<Vec<u8>> {
        let size = c.layer.kind().bytes();
        let whole = Window::patch(chunk.0, chunk.1, c.side);
        let outside = || Error::internal(format!("chunk {chunk:?} lies outside its block"));
        let (w, common) = (block.window, whole.intersect(&block.window).ok_or_else(outside)?);
        let bytes = block.values.bytes();
        let mut raw = match common == whole {
            true => vec![0; c.bytes()],
            false => fill(c.layer, c.bytes()),
        };
        for band in 0..c.bands() {
            for row in common.row..common.bottom() {
                let from = (band * w.height + row - w.row) * w.width + common.col - w.col;
                let to = (band * c.side + row - whole.row) * c.side + common.col - whole.col;
                raw[to * size..(to + common.width) * size]
                    .copy_from_slice(&bytes[from * size..(from + common.width) * size]);
            }
        }
        self.inner.settings.codec.encode(raw)
    }
}

/// `len` bytes of the layer's no-data value.
fn fill(layer: Layer, len: usize) -> Vec<u8> {
    let value = layer.nodata().to_le_bytes();
    value[..layer.kind().bytes()].iter().copied().cycle().take(len).collect()
}
