//! The time axes of a tile.

use std::sync::PoisonError;

use super::about::About;
use super::layer::Sensor;
use super::node::{self, NO_TIME, TIMES};
use super::tile::Tile;
use super::zarr_store::{Folder, from_zarrs};
use crate::error::{Error, Result};
use crate::geo::Stamp;
use crate::limits;

/// The time of every slot, by sensor.
#[derive(Debug, Clone, Default)]
pub(crate) struct Times {
    s2: Vec<Stamp>,
    s1: Vec<Stamp>,
}

impl Times {
    /// Reads both axes of a tile.
    pub(crate) fn read(folder: &Folder, about: &About) -> Result<Self> {
        let axis = |sensor| read_axis(folder, sensor, about.slots(sensor));
        Ok(Self { s2: axis(Sensor::S2)?, s1: axis(Sensor::S1)? })
    }
}

impl Tile {
    /// Sets the time coordinate of a sensor: slot i is at `times[i]`; grows the arrays, never
    /// shrinks them: slots beyond a shorter list stay as they are. The DEM has no time axis;
    /// nothing is done.
    pub fn set_times(&self, sensor: Sensor, times: &[Stamp]) -> Result<()> {
        if sensor == Sensor::Dem {
            return Ok(());
        }
        if times.len() > limits::SLOTS_MAX || times.iter().any(|t| t.0 == NO_TIME) {
            return Err(Error::usage(format!(
                "{} times of {} on tile {} are more than {} or hold an impossible one",
                times.len(),
                sensor.name(),
                self.name(),
                limits::SLOTS_MAX
            )));
        }
        // Held throughout: one writer of metadata at a time.
        let mut held = self.inner.times.write().unwrap_or_else(PoisonError::into_inner);
        let mut next = held.clone();
        let axis = if sensor == Sensor::S2 { &mut next.s2 } else { &mut next.s1 };
        let kept = axis.split_off(times.len().min(axis.len()));
        *axis = times.iter().copied().chain(kept).collect();
        write_axis(&self.inner.folder, sensor, axis)?;
        Self::name_bands(&self.inner.folder)?;
        let about = About { s2: next.s2.len(), s1: next.s1.len(), ..self.inner.about.clone() };
        about
            .publish(&self.inner.folder, &self.inner.settings)
            .map_err(|e| e.context(format!("setting the times of tile {}", self.name())))?;
        *held = next;
        Ok(())
    }

    /// The time coordinate of a sensor; the DEM's one slot is at 0.
    pub fn times(&self, sensor: Sensor) -> Result<Vec<Stamp>> {
        let held = self.inner.times.read().unwrap_or_else(PoisonError::into_inner);
        Ok(match sensor {
            Sensor::S2 => held.s2.clone(),
            Sensor::S1 => held.s1.clone(),
            Sensor::Dem => vec![Stamp(0)],
        })
    }

    /// The tile as it is now, time axes included.
    pub(super) fn about_now(&self) -> About {
        let held = self.inner.times.read().unwrap_or_else(PoisonError::into_inner);
        About { s2: held.s2.len(), s1: held.s1.len(), ..self.inner.about.clone() }
    }

    /// Number of slots of a sensor.
    pub(super) fn slots(&self, sensor: Sensor) -> usize {
        let held = self.inner.times.read().unwrap_or_else(PoisonError::into_inner);
        match sensor {
            Sensor::S2 => held.s2.len(),
            Sensor::S1 => held.s1.len(),
            Sensor::Dem => 1,
        }
    }
}

/// A chunk that was published with more times than the shape shows is what a kill before the
/// group's metadata leaves; it is harmless, and written again by the next run.
fn write_axis(folder: &Folder, sensor: Sensor, times: &[Stamp]) -> Result<()> {
    let array = node::times(sensor, times.len()).open(folder)?;
    for (i, chunk) in times.chunks(TIMES).enumerate() {
        let mut values: Vec<i64> = chunk.iter().map(|t| t.0).collect();
        values.resize(TIMES, NO_TIME);
        array
            .store_chunk_opt(&[i as u64], values, &node::store_all())
            .map_err(|e| from_zarrs(format!("writing the times of {}", sensor.name()), e))?;
    }
    Ok(())
}

/// Reads `count` times. Refuses an axis that lacks one.
pub(super) fn read_axis(folder: &Folder, sensor: Sensor, count: usize) -> Result<Vec<Stamp>> {
    let doing = || format!("reading the times of {} in {}", sensor.name(), folder.root().display());
    let array = node::times(sensor, count).open(folder)?;
    let mut times = Vec::new();
    for i in 0..count.div_ceil(TIMES) {
        let chunk: Option<Vec<i64>> =
            array.retrieve_chunk_if_exists(&[i as u64]).map_err(|e| from_zarrs(doing(), e))?;
        times.extend(chunk.unwrap_or_default().into_iter().map(Stamp));
    }
    times.truncate(count);
    if times.len() < count || times.iter().any(|t| t.0 == NO_TIME) {
        return Err(Error::corrupt(format!("{}: some are missing", doing()))
            .hint("restore the tile, or ingest its scenes again into a new archive"));
    }
    Ok(times)
}
