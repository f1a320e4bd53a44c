//! `read`: the patches of a sample.

use std::collections::HashMap;
use std::sync::Arc;

use super::Fetched;
use crate::archive::{Archive, Layer, Sensor, Tile};
use crate::error::{Error, Result, While};
use crate::geo::Stamp;
use crate::layout::{Role, Sample};
use crate::stream::{Emit, Operator};

/// One array to read for every sample.
#[derive(Debug, Clone)]
pub struct Want {
    /// Name of the tensor, as `s2_t`, or `cloudy` and `hidden` for masks.
    pub name: String,
    /// Position of the layout's role that names the scene.
    pub role: usize,
    /// Which array.
    pub layer: Layer,
    /// Read the scene of the same time from the archive of truth instead.
    pub truth: bool,
}

/// The arrays for some roles of a layout.
///
/// Refuses a name that the layout does not offer.
pub fn wants(roles: &[Role], names: &[String]) -> Result<Vec<Want>> {
    let find = |name: &str| {
        roles.iter().position(|r| r.name == name).ok_or_else(|| {
            let offered: Vec<&str> = roles.iter().map(|r| r.name.as_str()).collect();
            Error::usage(format!("the layout has no role '{name}'"))
                .hint(format!("it offers {}; use another layout or card", offered.join(", ")))
        })
    };
    let mut all = Vec::new();
    for name in names {
        let role = find(name)?;
        let layer = match roles[role].sensor {
            Sensor::S2 => Layer::S2Fine,
            Sensor::S1 => Layer::S1,
            Sensor::Dem => Layer::Dem,
        };
        all.push(Want { name: name.clone(), role, layer, truth: false });
    }
    Ok(all)
}

/// Reads the wanted arrays of each sample, mapped where the archive allows it.
pub struct Read {
    archive: Archive,
    truth: Option<Archive>,
    wants: Arc<[Want]>,
    tiles: HashMap<(bool, Arc<str>), Tile>,
    truth_slots: HashMap<Arc<str>, HashMap<Stamp, usize>>,
}

impl Read {
    /// `truth` is needed only if a want asks for it.
    pub fn new(archive: &Archive, truth: Option<&Archive>, wants: &[Want]) -> Self {
        Self {
            archive: archive.clone(),
            truth: truth.cloned(),
            wants: wants.into(),
            tiles: HashMap::new(),
            truth_slots: HashMap::new(),
        }
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

    fn read(&mut self, sample: Sample) -> Result<Fetched> {
        let mut patches = Vec::with_capacity(self.wants.len());
        for want in self.wants.clone().iter() {
            let place = sample.patches[want.role];
            let slot = match want.truth {
                true => self.truth_slot(&sample.tile, place.time)?,
                false => place.slot as usize,
            };
            let tile = self.tile(want.truth, &sample.tile)?;
            let patch = tile
                .patch(want.layer, slot, place.row as usize, place.col as usize)
                .during(|| format!("reading {} of sample {}", want.name, sample.name()))?;
            patches.push((want.name.clone(), want.layer, patch));
        }
        Ok(Fetched { sample, patches })
    }
}

impl Operator for Read {
    type In = Sample;
    type Out = Fetched;

    fn name(&self) -> String {
        "read".into()
    }

    fn apply(&mut self, item: Sample, out: &mut Emit<Fetched>) -> Result<()> {
        out.push(self.read(item)?);
        Ok(())
    }
}
