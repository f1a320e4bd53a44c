//! How the pixels of a layer are cut into chunks, and chunks into shard files.

use super::layer::Layer;
use super::settings::Settings;
use crate::error::{Error, Result};
use crate::geo::{Grid, Window};
use crate::limits;

/// The cutting of one layer. A chunk is one date, all bands, one patch; a shard is a file of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Chunks {
    /// Whose.
    pub layer: Layer,
    /// Rows of pixels of the layer.
    pub height: usize,
    /// Columns of pixels of the layer.
    pub width: usize,
    /// Pixels of the layer on a side of a chunk.
    pub side: usize,
    /// Rows and columns of chunks in a shard.
    pub shard: (usize, usize),
}

impl Chunks {
    /// Chunks on a side of a new tile's shards: up to [`limits::SHARD`] px, never more than the
    /// tile.
    pub(crate) fn shard_of(grid: &Grid, settings: &Settings) -> (usize, usize) {
        let most = (limits::SHARD / settings.patch).max(1);
        let fit = |pixels: usize| pixels.div_ceil(settings.patch).min(most);
        (fit(grid.height), fit(grid.width))
    }

    /// The cutting of `layer` on a tile of this grid.
    pub(crate) fn new(
        layer: Layer,
        grid: &Grid,
        settings: &Settings,
        shard: (usize, usize),
    ) -> Self {
        let factor = layer.factor();
        let (height, width) = (grid.height / factor, grid.width / factor);
        Self { layer, height, width, side: settings.patch / factor, shard }
    }

    /// Bands of a chunk.
    pub(crate) fn bands(&self) -> usize {
        self.layer.bands().len()
    }

    /// Rows and columns of chunks, those cut by the edge included.
    pub(crate) fn grid(&self) -> (usize, usize) {
        (self.height.div_ceil(self.side), self.width.div_ceil(self.side))
    }

    /// Rows and columns of shards.
    pub(crate) fn shards(&self) -> (usize, usize) {
        let (rows, cols) = self.grid();
        (rows.div_ceil(self.shard.0), cols.div_ceil(self.shard.1))
    }

    /// Entries of a shard's index.
    pub(crate) fn entries(&self) -> usize {
        self.shard.0 * self.shard.1
    }

    /// Values of one chunk.
    pub(crate) fn values(&self) -> usize {
        self.bands() * self.side * self.side
    }

    /// Bytes of one decoded chunk.
    pub(crate) fn bytes(&self) -> usize {
        self.values() * self.layer.kind().bytes()
    }

    /// The shard of chunk (`row`, `col`) and the chunk's entry in it.
    pub(crate) fn place(&self, row: usize, col: usize) -> ((usize, usize), usize) {
        let shard = (row / self.shard.0, col / self.shard.1);
        (shard, (row % self.shard.0) * self.shard.1 + col % self.shard.1)
    }

    /// The chunk of an entry of a shard; `None` where it would lie outside the layer.
    pub(crate) fn chunk(&self, shard: (usize, usize), entry: usize) -> Option<(usize, usize)> {
        let row = shard.0 * self.shard.0 + entry / self.shard.1;
        let col = shard.1 * self.shard.1 + entry % self.shard.1;
        let (rows, cols) = self.grid();
        (row < rows && col < cols).then_some((row, col))
    }

    /// Key of a shard file in the tile's group.
    pub(crate) fn key(&self, slot: usize, shard: (usize, usize)) -> String {
        let (name, (row, col)) = (self.layer.name(), shard);
        match self.layer {
            Layer::Dem => format!("{name}/c/{row}/{col}"),
            Layer::S2Mask => format!("{name}/c/{slot}/{row}/{col}"),
            _ => format!("{name}/c/{slot}/0/{row}/{col}"),
        }
    }

    /// The shards of a window that covers whole ones. Refuses any other window.
    pub(crate) fn whole_shards(&self, w: &Window) -> Result<Vec<(usize, usize)>> {
        self.check(w)?;
        let (tall, wide) = (self.shard.0 * self.side, self.shard.1 * self.side);
        let ends = |from: usize, to: usize, step: usize, edge: usize| {
            from.is_multiple_of(step) && (to.is_multiple_of(step) || to == edge)
        };
        if !ends(w.row, w.bottom(), tall, self.height) || !ends(w.col, w.right(), wide, self.width)
        {
            return Err(Error::usage(format!(
                "a write of {} at row {}, col {}, {} x {} px does not cover whole shards",
                self.layer.name(),
                w.row,
                w.col,
                w.height,
                w.width
            ))
            .hint(format!(
                "write windows of a multiple of {tall} x {wide} px, or up to the edge"
            )));
        }
        let rows = w.row / tall..w.bottom().div_ceil(tall);
        let cols = w.col / wide..w.right().div_ceil(wide);
        Ok(rows.flat_map(|r| cols.clone().map(move |c| (r, c))).collect())
    }

    /// Refuses an empty window and one that leaves the layer.
    pub(crate) fn check(&self, w: &Window) -> Result<()> {
        let inside = |from: usize, size: usize, edge: usize| {
            size > 0 && from.checked_add(size).is_some_and(|end| end <= edge)
        };
        if inside(w.row, w.height, self.height) && inside(w.col, w.width, self.width) {
            return Ok(());
        }
        Err(Error::usage(format!(
            "rows {}+{}, columns {}+{} are not inside {} of {} x {} pixels",
            w.row,
            w.height,
            w.col,
            w.width,
            self.layer.name(),
            self.height,
            self.width
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::Codec;

    #[test]
    fn every_chunk_has_one_place_and_every_place_its_chunk() {
        let grid = Grid::new(32631, 0.0, 0.0, 10.0, 2600, 4200).unwrap();
        let settings = Settings::new(256, Codec::None).unwrap();
        let c = Chunks::new(Layer::S2Fine, &grid, &settings, Chunks::shard_of(&grid, &settings));
        assert_eq!((c.grid(), c.shards()), ((17, 11), (3, 2)));
        let mut seen = 0;
        for shard in (0..3).flat_map(|r| (0..2).map(move |c| (r, c))) {
            for entry in 0..c.entries() {
                if let Some((row, col)) = c.chunk(shard, entry) {
                    assert_eq!(c.place(row, col), (shard, entry));
                    seen += 1;
                }
            }
        }
        assert_eq!(seen, 17 * 11);
    }

    #[test]
    fn a_write_of_half_a_shard_is_refused() {
        let grid = Grid::new(32631, 0.0, 0.0, 10.0, 2600, 2600).unwrap();
        let settings = Settings::new(256, Codec::None).unwrap();
        let c = Chunks::new(Layer::S1, &grid, &settings, Chunks::shard_of(&grid, &settings));
        assert!(c.whole_shards(&Window::new(0, 0, 1024, 2600)).is_err());
        assert!(c.whole_shards(&Window::new(0, usize::MAX, 1, 2)).is_err());
        assert_eq!(c.whole_shards(&Window::new(2048, 0, 552, 2600)).unwrap(), [(1, 0), (1, 1)]);
    }
}
