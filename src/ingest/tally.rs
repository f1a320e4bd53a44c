//! Counts per 64-px cell and over the whole scene, gathered window by window.

use crate::archive::{Cells, Layer, mask};
use crate::geo::{Grid, Window};
use crate::limits::CELL;

/// Counts of 10 m pixels. Windows must start on cells.
pub(super) struct Tally {
    cells: Cells,
    pixels: u64,
    empty: u64,
    cloudy: u64,
}

impl Tally {
    /// No pixel seen yet; a remainder of the grid beyond whole cells counts for percents alone.
    pub fn new(grid: &Grid) -> Self {
        let (rows, cols) = (grid.height / CELL, grid.width / CELL);
        let none = vec![0; rows * cols];
        let cells = Cells { rows, cols, cloudy: none.clone(), nodata: none };
        Self { cells, pixels: 0, empty: 0, cloudy: 0 }
    }

    /// A window of optical flags and of its fine bands, `[band, y, x]`.
    pub fn optical(&mut self, window: Window, flags: &[u8], fine: &[i16]) {
        let none = Layer::S2Fine.nodata() as i16;
        let size = window.len();
        self.add(window, |i| {
            let dark = fine.iter().skip(i).step_by(size).any(|v| *v == none);
            (flags[i] & mask::NODATA != 0 || dark, flags[i] & mask::CLOUDY != 0)
        });
    }

    /// A window of radar, `[band, y, x]`: empty where every polarisation is.
    pub fn radar(&mut self, window: Window, values: &[u16]) {
        let size = window.len();
        self.add(window, |i| (values.iter().skip(i).step_by(size).all(|v| *v == 0), false));
    }

    /// A window of elevation in 20 m pixels: each counts for the four 10 m pixels that it covers.
    pub fn elevation(&mut self, window: Window, values: &[i16]) {
        let none = Layer::Dem.nodata() as i16;
        let Window { row, col, height, width } = window;
        let fine = Window::new(row * 2, col * 2, height * 2, width * 2);
        self.add(fine, |i| {
            let (y, x) = (i / fine.width / 2, i % fine.width / 2);
            (values[y * width + x] == none, false)
        });
    }

    /// `of` tells of pixel `i` of the window whether it is empty and whether it is cloudy.
    fn add(&mut self, window: Window, of: impl Fn(usize) -> (bool, bool)) {
        for i in 0..window.len() {
            let (empty, cloudy) = of(i);
            self.pixels += 1;
            self.empty += u64::from(empty);
            self.cloudy += u64::from(cloudy && !empty);
            let (row, col) = (window.row + i / window.width, window.col + i % window.width);
            let (row, col) = (row / CELL, col / CELL);
            if (empty || cloudy) && row < self.cells.rows && col < self.cells.cols {
                let cell = row * self.cells.cols + col;
                self.cells.nodata[cell] += u16::from(empty);
                self.cells.cloudy[cell] += u16::from(cloudy);
            }
        }
    }

    /// The counts per cell.
    pub fn cells(&self) -> &Cells {
        &self.cells
    }

    /// Share of pixels without data, percent.
    pub fn nodata_percent(&self) -> f64 {
        100.0 * self.empty as f64 / self.pixels.max(1) as f64
    }

    /// Cloudy share of the pixels with data, percent; none if no pixel has data.
    pub fn cloud_percent(&self) -> Option<f64> {
        let full = self.pixels - self.empty;
        (full > 0).then(|| 100.0 * self.cloudy as f64 / full as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remainder_counts_for_percents_but_for_no_cell() {
        let grid = Grid::new(32631, 0.0, 0.0, 10.0, 65, 64).unwrap();
        let window = Window::new(0, 0, 64, 65);
        let mut flags = vec![0u8; window.len()];
        flags[0] = mask::THIN;
        flags[64] = mask::CLOUD;
        flags[65] = mask::NODATA | mask::CLOUD;
        let mut fine = vec![5i16; 4 * window.len()];
        fine[3 * window.len() + 1] = -10_000;
        let mut tally = Tally::new(&grid);
        tally.optical(window, &flags, &fine);
        assert_eq!((tally.cells().cloudy[0], tally.cells().nodata[0]), (2, 2));
        let pixels = 64.0 * 65.0;
        assert_eq!(tally.nodata_percent(), 100.0 * 2.0 / pixels);
        assert_eq!(tally.cloud_percent(), Some(100.0 * 2.0 / (pixels - 2.0)));
    }

    #[test]
    fn radar_is_empty_only_where_both_polarisations_are() {
        let grid = Grid::new(32631, 0.0, 0.0, 10.0, 64, 64).unwrap();
        let window = Window::new(0, 0, 64, 64);
        let mut values = vec![1u16; 2 * window.len()];
        (values[0], values[1], values[window.len()]) = (0, 0, 0);
        let mut tally = Tally::new(&grid);
        tally.radar(window, &values);
        assert_eq!(tally.cells().nodata, [1]);
    }
}
