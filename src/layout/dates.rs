//! The images that an archive has of some places.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::rows::Gatherer;
use super::{PatchRef, Sample};
use crate::archive::{Archive, Sensor};
use crate::catalog::Catalog;
use crate::error::Result;
use crate::geo::Splitter;
use crate::limits;
use crate::sql::Session;

pub(super) type Place = (Arc<str>, u32, u32);

pub(super) fn place(sample: &Sample) -> Place {
    (sample.tile.clone(), sample.row, sample.col)
}

/// The patches of a sensor at some places, whether a layout uses them or not.
#[derive(Debug, Clone, Default)]
pub struct Dates(BTreeMap<Place, Vec<PatchRef>>);

impl Dates {
    /// Looks up what the catalog has at the places of `rows`; `condition` is SQL over the sensor's table, as
    /// `valid AND cloud_percent <= 5`. Of the rest of the archive nothing is held.
    pub fn of(archive: &Archive, sensor: Sensor, condition: &str, rows: &[Sample]) -> Result<Self> {
        let wanted: BTreeSet<Place> = rows.iter().map(place).collect();
        let mut all = Vec::new();
        let catalog = Catalog::open(archive)?;
        let session = Session::new(limits::MEMORY_DEFAULT)?.with_catalog(&catalog)?;
        let tiles: BTreeSet<&str> = rows.iter().map(|row| &*row.tile).collect();
        let tiles: Vec<String> =
            tiles.iter().map(|tile| format!("'{}'", tile.replace('\'', "''"))).collect();
        let sql = format!(
            "SELECT tile, row, col, patch AS patch FROM {} WHERE ({condition}) AND tile IN ({})",
            sensor.name(),
            tiles.join(", ")
        );
        let splitter = Splitter::default();
        let (mut gatherer, roles) = (Gatherer::new(&splitter), ["patch".to_owned()]);
        if !rows.is_empty() {
            session.stream(&sql, &[], &mut |batch| {
                let found = gatherer.samples(&batch, &roles)?.into_iter();
                let here = found.map(|s| (place(&s), s)).filter(|(at, _)| wanted.contains(at));
                all.extend(
                    here.flat_map(|(at, s)| s.patches.into_iter().map(move |p| (at.clone(), p))),
                );
                Ok(())
            })?;
        }
        Ok(all.into_iter().collect())
    }

    /// Those of the place of a sample, by time.
    pub fn at(&self, sample: &Sample) -> &[PatchRef] {
        self.0.get(&place(sample)).map_or(&[], Vec::as_slice)
    }
}

impl FromIterator<(Place, PatchRef)> for Dates {
    fn from_iter<I: IntoIterator<Item = (Place, PatchRef)>>(all: I) -> Self {
        let mut dates: BTreeMap<Place, Vec<PatchRef>> = BTreeMap::new();
        all.into_iter().for_each(|(place, patch)| dates.entry(place).or_default().push(patch));
        dates.values_mut().for_each(|patches| {
            patches.sort_by_key(|p| (p.time, p.slot));
            patches.dedup();
        });
        Self(dates)
    }
}
