//! Where the patch of a sample is.

use std::collections::HashMap;
use std::sync::Arc;

use super::Want;
use crate::archive::{Archive, Sensor, Tile};
use crate::error::{Error, Result};
use crate::geo::Stamp;
use crate::layout::Sample;

/// The tiles of one archive and of an archive of truth, opened once.
#[derive(Clone)]
pub(super) struct Places {
    archive: Archive,
    truth: Option<Archive>,
    tiles: HashMap<(bool, Arc<str>), Tile>,
    truth_slots: HashMap<Arc<str>, HashMap<Stamp, usize>>,
}

/// One patch of one scene.
pub(super) struct Place {
    pub(super) tile: Tile,
    pub(super) slot: usize,
    pub(super) row: usize,
    pub(super) col: usize,
}

impl Places {
    /// `truth` is needed only if a want asks for it.
    pub(super) fn new(archive: &Archive, truth: Option<&Archive>) -> Self {
        Self {
            archive: archive.clone(),
            truth: truth.cloned(),
            tiles: HashMap::new(),
            truth_slots: HashMap::new(),
        }
    }

    /// Where the wanted patch of a sample is.
    pub(super) fn find(&mut self, sample: &Sample, want: &Want) -> Result<Place> {
        let patch = sample.patches[want.role];
        let slot = match want.truth {
            true => self.truth_slot(&sample.tile, patch.time)?,
            false => patch.slot as usize,
        };
        let tile = self.tile(want.truth, &sample.tile)?;
        Ok(Place { tile, slot, row: patch.row as usize, col: patch.col as usize })
    }

    fn tile(&mut self, truth: bool, name: &Arc<str>) -> Result<Tile> {
        if let Some(tile) = self.tiles.get(&(truth, name.clone())) {
            return Ok(tile.clone());
        }
        let archive = match (truth, &self.truth) {
            (false, _) => &self.archive,
            (true, Some(archive)) => archive,
            (true, None) => return Err(Error::internal("no archive of truth was given")),
        };
        let tile = archive.tile(name)?;
        self.tiles.insert((truth, name.clone()), tile.clone());
        Ok(tile)
    }

    /// Slots of the archive of truth are its own: the scene is found by its time.
    fn truth_slot(&mut self, name: &Arc<str>, time: Stamp) -> Result<usize> {
        if !self.truth_slots.contains_key(name) {
            let times = self.tile(true, name)?.times(Sensor::S2)?;
            let slots = times.into_iter().enumerate().map(|(i, t)| (t, i)).collect();
            self.truth_slots.insert(name.clone(), slots);
        }
        self.truth_slots.get(name).and_then(|s| s.get(&time)).copied().ok_or_else(|| {
            Error::not_found(format!("the archive of truth has no scene of tile {name} at {time}"))
        })
    }
}
