//! Any window of one slot.

use std::sync::Arc;

use super::block::{Block, Sample, Values};
use super::chunks::Chunks;
use super::layer::{Kind, Layer};
use super::shard::{MEND, Shard};
use super::tile::Tile;
use crate::error::{Result, While};
use crate::geo::Window;

impl Tile {
    /// Reads any window of a slot, all bands. A chunk that was never written is an error, not a
    /// fill.
    pub fn read(&self, layer: Layer, slot: usize, window: Window) -> Result<Block> {
        self.check_slot(layer.sensor(), slot)?;
        self.chunks(layer)
            .check(&window)
            .during(|| format!("reading {} of tile {}", layer.name(), self.name()))?;
        let values = match layer.kind() {
            Kind::U8 => Values::U8(self.gather(layer, slot, window)?),
            Kind::U16 => Values::U16(self.gather(layer, slot, window)?),
            Kind::I16 => Values::I16(self.gather(layer, slot, window)?),
        };
        Ok(Block { layer, window, values })
    }

    /// Copies the common pixels of the window and every chunk that it touches.
    fn gather<T: Sample>(&self, layer: Layer, slot: usize, window: Window) -> Result<Vec<T>> {
        let c = self.chunks(layer);
        let mut out = vec![T::default(); c.bands() * window.len()];
        let mut held: Option<((usize, usize), Arc<Shard>)> = None;
        for row in window.row / c.side..window.bottom().div_ceil(c.side) {
            for col in window.col / c.side..window.right().div_ceil(c.side) {
                let doing = || self.naming(layer, slot, (row, col));
                let (at, entry) = c.place(row, col);
                let shard = match held.take() {
                    Some((of, shard)) if of == at => shard,
                    _ => self.shard(&c, slot, at).during(doing)?,
                };
                self.inner.cache.touch(&shard, c.bytes());
                shard.ahead(entry);
                let range = shard.chunk(entry).during(doing)?;
                let stored = &shard.map()[range];
                let raw = self.inner.settings.codec.decode(stored, c.bytes()).during(doing)?;
                copy(&c, &raw, (row, col), window, &mut out);
                drop(raw);
                held = Some((at, shard));
            }
        }
        Ok(out)
    }

    /// The mapped shard of a slot, from the cache.
    pub(super) fn shard(
        &self,
        c: &Chunks,
        slot: usize,
        shard: (usize, usize),
    ) -> Result<Arc<Shard>> {
        let path = self.inner.folder.file(&c.key(slot, shard))?;
        self.inner.cache.shard(&path, c.entries()).map_err(|e| e.hint(MEND))
    }

    /// What is being read, for messages.
    pub(super) fn naming(&self, layer: Layer, slot: usize, chunk: (usize, usize)) -> String {
        let (row, col) = chunk;
        format!(
            "reading chunk (row {row}, col {col}) of {}, slot {slot}, tile {}",
            layer.name(),
            self.name()
        )
    }
}

/// Copies what `window` shares with the chunk at (row, col) of chunks.
fn copy<T: Sample>(c: &Chunks, raw: &[u8], chunk: (usize, usize), window: Window, out: &mut [T]) {
    let whole = Window::patch(chunk.0, chunk.1, c.side);
    let Some(common) = whole.intersect(&window) else { return };
    for band in 0..c.bands() {
        for row in common.row..common.bottom() {
            let from = (band * c.side + row - whole.row) * c.side + common.col - whole.col;
            let to =
                (band * window.height + row - window.row) * window.width + common.col - window.col;
            let line = &raw[from * T::BYTES..(from + common.width) * T::BYTES];
            for (value, bytes) in
                out[to..to + common.width].iter_mut().zip(line.chunks_exact(T::BYTES))
            {
                *value = T::from_le(bytes);
            }
        }
    }
}
