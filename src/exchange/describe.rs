//! `describe`: a sample with its pixels becomes an entry of a file.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Entry, Image, Place, Scenes};
use crate::archive::{Archive, Sensor};
use crate::error::Result;
use crate::geo::{Grid, Utm, Window};
use crate::layout::{Role, Sample};
use crate::ops::Fetched;
use crate::stream::{Emit, Operator};

/// Adds to fetched samples what a file says beside pixels: corners, times, names of scenes.
pub struct Describe {
    archive: Archive,
    scenes: Scenes,
    roles: Vec<Role>,
    grids: HashMap<Arc<str>, Grid>,
}

impl Describe {
    /// For samples of these roles.
    pub fn new(archive: &Archive, scenes: &Scenes, roles: &[Role]) -> Self {
        let (archive, scenes) = (archive.clone(), scenes.clone());
        Self { archive, scenes, roles: roles.to_vec(), grids: HashMap::new() }
    }

    /// Longitude and latitude of the upper left corner, then of the lower right one.
    fn corners(&mut self, sample: &Sample) -> Result<[f64; 4]> {
        let grid = match self.grids.get(&sample.tile) {
            Some(grid) => grid,
            None => {
                let grid = self.archive.tile(&sample.tile)?.grid().clone();
                self.grids.entry(sample.tile.clone()).or_insert(grid)
            }
        };
        let side = self.archive.settings().patch;
        let patch = grid.crop(&Window::patch(sample.row as usize, sample.col as usize, side))?;
        let ([west, south, east, north], zone) = (patch.bounds(), Utm::new(grid.epsg)?);
        let (upper, lower) = (zone.inverse(west, north), zone.inverse(east, south));
        Ok([upper.0, upper.1, lower.0, lower.1])
    }

    fn images(&self, sample: &Sample) -> Vec<Image> {
        let image = |(role, patch): (&Role, &crate::layout::PatchRef)| {
            let (scene, ascending) = self.scenes.image(&sample.tile, role.sensor, patch.slot);
            let time = (role.sensor != Sensor::Dem).then_some(patch.time);
            let ascending = ascending.filter(|_| role.sensor == Sensor::S1);
            Image { time, scene, ascending }
        };
        self.roles.iter().zip(&sample.patches).map(image).collect()
    }
}

impl Operator for Describe {
    type In = Fetched;
    type Out = Entry;

    fn name(&self) -> String {
        "describe".into()
    }

    fn apply(&mut self, item: Fetched, out: &mut Emit<Entry>) -> Result<()> {
        let sample = &item.sample;
        let (corners, images) = (self.corners(sample)?, self.images(sample));
        let (tile, row, col) = (sample.tile.clone(), sample.row, sample.col);
        out.push(Entry {
            name: sample.name(),
            place: Some(Place { tile, row, col, split: sample.split }),
            corners: Some(corners),
            images,
            pixels: item.patches.into_iter().map(|(.., patch)| patch).collect(),
        });
        Ok(())
    }
}
