//! One tile of the archive.

use std::path::Path;
use std::sync::Arc;

use super::block::{Block, Values};
use super::codec::Codec;
use super::layer::{Layer, Sensor};
use super::settings::Settings;
use crate::error::Result;
use crate::geo::{Grid, Stamp, Window};
use crate::store::Map;

/// An archive: settings, tiles of pixels, a catalog beside them.
#[derive(Debug, Clone)]
pub struct Archive {}

impl Archive {
    /// Creates an empty archive, or opens one with the same settings.
    pub fn create(root: &Path, settings: Settings) -> Result<Self> {
        let _ = (root, settings, Codec::None);
        todo!()
    }
    /// Opens an archive. Refuses another format version.
    pub fn open(root: &Path) -> Result<Self> {
        let _ = root;
        todo!()
    }
    /// Its folder.
    pub fn root(&self) -> &Path {
        todo!()
    }
    /// Its settings.
    pub fn settings(&self) -> &Settings {
        todo!()
    }
    /// Names of its tiles, sorted.
    pub fn tiles(&self) -> Result<Vec<String>> {
        todo!()
    }
    /// Opens a tile.
    pub fn tile(&self, name: &str) -> Result<Tile> {
        let _ = name;
        todo!()
    }
    /// Creates a tile over a 10 m grid, or opens it if it has the same grid.
    pub fn create_tile(&self, name: &str, grid: &Grid) -> Result<Tile> {
        let _ = (name, grid);
        todo!()
    }
}

/// The arrays of one tile. Cheap to clone; reads may run in parallel.
#[derive(Debug, Clone)]
pub struct Tile {}

impl Tile {
    /// Its name, as `31TCJ`.
    pub fn name(&self) -> &str {
        todo!()
    }
    /// Its 10 m grid.
    pub fn grid(&self) -> &Grid {
        todo!()
    }
    /// Patches of the archive's size: rows, columns (whole patches only).
    pub fn patches(&self) -> (usize, usize) {
        todo!()
    }
    /// Sets the time coordinate of a sensor: slot i is at `times[i]`; grows the arrays, never shrinks them.
    pub fn set_times(&self, sensor: Sensor, times: &[Stamp]) -> Result<()> {
        let _ = (sensor, times);
        todo!()
    }
    /// The time coordinate of a sensor.
    pub fn times(&self, sensor: Sensor) -> Result<Vec<Stamp>> {
        let _ = sensor;
        todo!()
    }
    /// Writes a window of a slot; `block.window` must cover whole shards or reach the array's edge. The
    /// DEM has slot 0 alone.
    pub fn write(&self, slot: usize, block: &Block) -> Result<()> {
        let _ = (slot, block);
        todo!()
    }
    /// Reads any window of a slot, all bands. A chunk that was never written is an error, not a fill.
    pub fn read(&self, layer: Layer, slot: usize, window: Window) -> Result<Block> {
        let _ = (layer, slot, window);
        todo!()
    }
    /// One whole patch: mapped without a copy (codec `none`), or decoded.
    pub fn patch(&self, layer: Layer, slot: usize, row: usize, col: usize) -> Result<Patch> {
        let _ = (layer, slot, row, col);
        todo!()
    }
    /// Per cell of a slot: counts of cloudy (S2 only) and of no-data pixels, `[row, col]` row-major.
    pub fn write_cells(&self, sensor: Sensor, slot: usize, cells: &Cells) -> Result<()> {
        let _ = (sensor, slot, cells);
        todo!()
    }
    /// What [`Tile::write_cells`] wrote.
    pub fn read_cells(&self, sensor: Sensor, slot: usize) -> Result<Cells> {
        let _ = (sensor, slot);
        todo!()
    }
}

/// Counts per 64-px cell, `[row, col]`; a remainder of the tile is dropped as the study does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cells {
    /// Rows of cells.
    pub rows: usize,
    /// Columns of cells.
    pub cols: usize,
    /// Pixels with any flag of [`super::layer::mask::CLOUDY`]; zero for radar.
    pub cloudy: Vec<u16>,
    /// Pixels without data.
    pub nodata: Vec<u16>,
}

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
