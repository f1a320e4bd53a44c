//! Pixel counts per statistics cell.

use super::layer::Sensor;
use super::node;
use super::shard::MEND;
use super::tile::Tile;
use super::zarr_store::from_zarrs;
use crate::error::{Error, Result};
use crate::limits;

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

impl Tile {
    /// Per cell of a slot: counts of cloudy (S2 only) and of no-data pixels, `[row, col]`
    /// row-major. Refuses counts of another shape or beyond the pixels of a cell, and the DEM,
    /// which has none.
    pub fn write_cells(&self, sensor: Sensor, slot: usize, cells: &Cells) -> Result<()> {
        self.check_slot(sensor, slot)?;
        let count = cells.rows * cells.cols;
        let most = (limits::CELL * limits::CELL) as u16;
        let whole = (cells.rows, cells.cols) == self.cells()
            && cells.nodata.len() == count
            && (cells.cloudy.len() == count || sensor != Sensor::S2);
        if !whole || cells.nodata.iter().chain(&cells.cloudy).any(|&n| n > most) {
            return Err(Error::usage(format!(
                "counts of {} x {} cells do not fit tile {}, which has {:?} cells of {most} px",
                cells.rows,
                cells.cols,
                self.name(),
                self.cells()
            )));
        }
        for name in names(sensor)? {
            let values = if name.ends_with("cloudy") { &cells.cloudy } else { &cells.nodata };
            node::cells(name, sensor, &self.about_now())
                .open(&self.inner.folder)?
                .store_chunk_opt(&[slot as u64, 0, 0], values.clone(), &node::store_all())
                .map_err(|e| from_zarrs(self.doing("writing", name, slot), e))?;
        }
        Ok(())
    }

    /// What [`Tile::write_cells`] wrote. Counts that were never written are an error.
    pub fn read_cells(&self, sensor: Sensor, slot: usize) -> Result<Cells> {
        self.check_slot(sensor, slot)?;
        let (rows, cols) = self.cells();
        let mut cells = Cells { rows, cols, cloudy: vec![0; rows * cols], nodata: Vec::new() };
        for name in names(sensor)? {
            let values: Option<Vec<u16>> = node::cells(name, sensor, &self.about_now())
                .open(&self.inner.folder)?
                .retrieve_chunk_if_exists(&[slot as u64, 0, 0])
                .map_err(|e| from_zarrs(self.doing("reading", name, slot), e).hint(MEND))?;
            let values = values.ok_or_else(|| {
                Error::not_found(format!("{}: never written", self.doing("reading", name, slot)))
                    .hint(MEND)
            })?;
            match name.ends_with("cloudy") {
                true => cells.cloudy = values,
                false => cells.nodata = values,
            }
        }
        Ok(cells)
    }

    fn doing(&self, verb: &str, name: &str, slot: usize) -> String {
        format!("{verb} cells/{name} of slot {slot} of tile {}", self.name())
    }
}

/// The arrays of a sensor.
pub(super) fn names(sensor: Sensor) -> Result<&'static [&'static str]> {
    match sensor {
        Sensor::S2 => Ok(&["s2_cloudy", "s2_nodata"]),
        Sensor::S1 => Ok(&["s1_nodata"]),
        Sensor::Dem => Err(Error::usage("the elevation has no counts per cell")),
    }
}
