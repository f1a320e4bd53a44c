//! Where the processor looks for shadows, and what it believes of them.

use rand_pcg::Pcg64;

use super::{Seen, at_pixel, marks};
use crate::simulate::chance::normal;
use crate::simulate::cloud::Layer;
use crate::simulate::map::Map;

/// Pixels on a side of a cell: 120 m. A shadow is searched along the ray from its cloud, so that its outline is
/// known better than that of the cloud.
const CELL: usize = 12;

/// Share of direct sunlight below which a cell is dark enough to be told from its surroundings.
const DARK: f32 = 0.9;

/// Share of a marked neighbour that marks a pixel: hardly any shadow beyond its cells.
const HALF: f32 = 0.48;

/// The shadows that the processor has found, by cell.
pub(super) struct Shadows(Map);

impl Shadows {
    /// Whether a pixel is called shadow where it is not called cloud.
    pub(super) fn at(&self, x: usize, y: usize) -> bool {
        at_pixel(&self.0, CELL, x, y) > HALF
    }
}

/// The shadows of the low layer, which the processor sees where `noticed` says so of a pixel. It finds the height of the
/// cloud with an error of 1 %, and takes the ground for flat. None without such a layer.
pub(super) fn search(
    seen: &Seen,
    rng: &mut Pcg64,
    noticed: impl Fn(usize, usize) -> bool,
) -> Option<Shadows> {
    let layer: &Layer = seen.sky.low.as_ref()?;
    let guess = 1.0 + 0.01 * normal(rng);
    // Nine rays a cell tell its mean well enough for a mask.
    let (side, step) = (seen.ground.side(), CELL / 3);
    let cells = side / CELL;
    if cells == 0 {
        return None;
    }
    let shade = layer.shade();
    let (east, south) = seen.sun.slant();
    let climb = layer.height * guess / Layer::CELL;
    let mut rays = Map::filled(cells * 3, 1.0);
    for (i, light) in rays.values.iter_mut().enumerate() {
        let (x, y) = (i % (cells * 3) * step + step / 2, i / (cells * 3) * step + step / 2);
        let (a, b) = layer.locate(x as f32, y as f32);
        *light = shade.wrapped(a + climb * east, b + climb * south);
    }
    let light = rays.means(3);
    Some(Shadows(marks(cells, |i| {
        light.values[i] < DARK && noticed(i % cells * CELL, i / cells * CELL)
    })))
}
