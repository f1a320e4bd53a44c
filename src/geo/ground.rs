//! The ground that the patches of an archive show.

use std::collections::BTreeMap;

use super::{Grid, Split, Utm, Window};
use crate::error::Result;

/// The grids of some tiles, cut into square patches.
#[derive(Debug, Clone, PartialEq)]
pub struct Ground {
    tiles: Vec<(String, Grid)>,
    patch: usize,
}

/// Which uses an area touches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Touched {
    /// Of train, valid, test.
    uses: [bool; 3],
    /// Whether some of it has no use.
    pub outside: bool,
}

/// A square in the metres of a zone.
#[derive(Debug, Clone, Copy)]
pub(super) struct Corners {
    pub epsg: u32,
    zone: Utm,
    /// West, south, east, north.
    pub bounds: [f64; 4],
}

/// The use of every patch.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Uses(BTreeMap<String, (usize, Vec<Split>)>);

/// Patches may overlap ground of another use by this much, metres: less than a pixel, more than
/// what a polygon drawn along a patch is off by.
const TOLERANCE: f64 = 1.0;

impl Ground {
    /// Tiles by name with their grids of the finest pixels, and the side of a patch in pixels.
    pub fn new(tiles: Vec<(String, Grid)>, patch: usize) -> Self {
        Self { tiles, patch: patch.max(1) }
    }

    /// Whether two tiles show common ground, or come nearer to each other than so many pixels.
    pub fn is_shared(&self, pixels: u32) -> Result<bool> {
        for (i, (_, a)) in self.tiles.iter().enumerate() {
            let zone = Utm::new(a.epsg)?;
            let far = f64::from(pixels) * a.step;
            for (_, b) in self.tiles.iter().skip(i + 1) {
                let square = Corners { epsg: b.epsg, zone: Utm::new(b.epsg)?, bounds: b.bounds() };
                let corners = if a.epsg == b.epsg {
                    square.metres()
                } else {
                    square.degrees().map(|(lon, lat)| zone.forward(lon, lat))
                };
                let [west, south, east, north] = a.bounds();
                let beyond = corners.iter().all(|c| c.0 >= east + far)
                    || corners.iter().all(|c| c.0 <= west - far)
                    || corners.iter().all(|c| c.1 >= north + far)
                    || corners.iter().all(|c| c.1 <= south - far);
                if !beyond {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Side of a patch, metres.
    pub(super) fn patch_metres(&self) -> f64 {
        self.patch as f64 * self.tiles.first().map_or(10.0, |(_, grid)| grid.step)
    }

    /// The use of every patch, from what it and its surroundings touch.
    pub(super) fn uses(
        &self,
        buffer: u32,
        touched: impl Fn(&Corners) -> Result<Touched>,
    ) -> Result<Uses> {
        let mut all = BTreeMap::new();
        for (name, grid) in &self.tiles {
            let zone = Utm::new(grid.epsg)?;
            let (rows, cols) = (grid.height / self.patch, grid.width / self.patch);
            let mut uses = Vec::with_capacity(rows * cols);
            for at in 0..rows * cols {
                let window = Window::patch(at / cols, at % cols, self.patch);
                let [west, south, east, north] = grid.crop(&window)?.bounds();
                let grown = |by: f64| Corners {
                    epsg: grid.epsg,
                    zone,
                    bounds: [west - by, south - by, east + by, north + by],
                };
                let own = touched(&grown(-TOLERANCE))?;
                let far = f64::from(buffer) * grid.step;
                let around = if buffer == 0 { own } else { touched(&grown(far))? };
                uses.push(own.settle(&around));
            }
            all.insert(name.clone(), (cols, uses));
        }
        Ok(Uses(all))
    }
}

impl Touched {
    pub fn add(&mut self, split: Split) {
        match split {
            Split::Train => self.uses[0] = true,
            Split::Valid => self.uses[1] = true,
            Split::Test => self.uses[2] = true,
            Split::Buffer => self.outside = true,
        }
    }

    /// The use of a patch that touches this, in surroundings that touch `around`. Of two uses only
    /// the one that counts less gives way: that keeps them apart, and the test set whole.
    fn settle(&self, around: &Self) -> Split {
        let one = match self.uses {
            [true, false, false] => Split::Train,
            [false, true, false] => Split::Valid,
            [false, false, true] => Split::Test,
            _ => return Split::Buffer,
        };
        let higher = match one {
            Split::Train => around.uses[1] || around.uses[2],
            Split::Valid => around.uses[2],
            _ => false,
        };
        if self.outside || higher { Split::Buffer } else { one }
    }
}

impl Corners {
    /// Around the square, in the metres of its zone.
    pub fn metres(&self) -> [(f64, f64); 4] {
        let [west, south, east, north] = self.bounds;
        [(west, south), (east, south), (east, north), (west, north)]
    }

    /// Around the square, longitudes and latitudes.
    pub fn degrees(&self) -> [(f64, f64); 4] {
        self.metres().map(|(x, y)| self.zone.inverse(x, y))
    }
}

impl Uses {
    pub fn get(&self, tile: &str, row: u32, col: u32) -> Option<Split> {
        let (cols, uses) = self.0.get(tile)?;
        if col as usize >= *cols {
            return None;
        }
        uses.get(row as usize * cols + col as usize).copied()
    }
}
