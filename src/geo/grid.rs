//! Where the pixels of a raster are.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Window;
use crate::error::{Error, Result};
use crate::limits;

/// A north-up raster of square pixels in a UTM zone on WGS 84.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grid {
    /// EPSG code, 326zz or 327zz.
    pub epsg: u32,
    /// Easting of the left edge, metres.
    pub x0: f64,
    /// Northing of the top edge, metres.
    pub y0: f64,
    /// Pixel size, metres.
    pub step: f64,
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

impl Grid {
    /// Checks and builds a grid. Refuses sides of zero or beyond `limits::SIDE_MAX` (43,920)
    /// pixels.
    pub fn new(
        epsg: u32,
        x0: f64,
        y0: f64,
        step: f64,
        width: usize,
        height: usize,
    ) -> Result<Self> {
        super::utm_wkt(epsg)?;
        if width == 0 || height == 0 || width > limits::SIDE_MAX || height > limits::SIDE_MAX {
            return Err(Error::invalid(format!(
                "a raster of {width} x {height} pixels is outside 1..={}",
                limits::SIDE_MAX
            )));
        }
        if !(step.is_finite() && step > 0.0 && x0.is_finite() && y0.is_finite()) {
            return Err(Error::invalid(format!(
                "a grid at ({x0}, {y0}) with pixels of {step} m is not finite"
            )));
        }
        Ok(Self { epsg, x0, y0, step, width, height })
    }

    /// GDAL's six numbers: x0, step, 0, y0, 0, -step.
    pub fn transform(&self) -> [f64; 6] {
        [self.x0, self.step, 0.0, self.y0, 0.0, -self.step]
    }

    /// The grid over the same ground with pixels `factor` times larger; a remainder is dropped.
    pub fn coarsen(&self, factor: usize) -> Result<Self> {
        let step = self.step * factor as f64;
        Self::new(self.epsg, self.x0, self.y0, step, self.width / factor, self.height / factor)
    }

    /// The grid of a window of this one.
    pub fn crop(&self, w: &Window) -> Result<Self> {
        let x0 = self.x0 + w.col as f64 * self.step;
        let y0 = self.y0 - w.row as f64 * self.step;
        Self::new(self.epsg, x0, y0, self.step, w.width, w.height)
    }

    /// Eastings of the pixel centres, left to right.
    pub fn x_centres(&self) -> Vec<f64> {
        (0..self.width).map(|i| self.x0 + (i as f64 + 0.5) * self.step).collect()
    }

    /// Northings of the pixel centres, top to bottom.
    pub fn y_centres(&self) -> Vec<f64> {
        (0..self.height).map(|i| self.y0 - (i as f64 + 0.5) * self.step).collect()
    }

    /// West, south, east, north edges in metres.
    pub fn bounds(&self) -> [f64; 4] {
        let east = self.x0 + self.width as f64 * self.step;
        let south = self.y0 - self.height as f64 * self.step;
        [self.x0, south, east, self.y0]
    }

    /// Whether both rasters start at the same corner of the same zone and cover the same ground.
    pub fn same_ground(&self, other: &Self) -> bool {
        let close = |a: f64, b: f64| (a - b).abs() < 1e-3;
        self.epsg == other.epsg
            && self.bounds().iter().zip(other.bounds()).all(|(a, b)| close(*a, b))
    }
}

impl fmt::Display for Grid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { epsg, x0, y0, step, width, height } = self;
        write!(f, "EPSG:{epsg} ({x0}, {y0}), {width} x {height} pixels of {step} m")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coarser_grid_covers_the_same_ground() {
        let g = Grid::new(32631, 574_680.0, 5_622_440.0, 10.0, 64, 64).unwrap();
        assert!(g.same_ground(&g.coarsen(2).unwrap()));
        assert_eq!(g.coarsen(2).unwrap().x_centres()[0], 574_690.0);
    }

    #[test]
    fn absurd_sizes_are_refused() {
        assert!(Grid::new(32631, 0.0, 0.0, 10.0, 0, 5).is_err());
        assert!(Grid::new(32631, 0.0, 0.0, 10.0, usize::MAX, 5).is_err());
        assert!(Grid::new(32631, 0.0, 0.0, f64::NAN, 5, 5).is_err());
    }
}
