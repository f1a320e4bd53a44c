//! Inputs that are another's: what a negative control gives a network.
//!
//! Radar of another date is drawn from all that the archive has of the place, never from the sample's own
//! dates nor from near them. Images of another place are exchanged by a permutation of places without a fixed point
//! (Sattolo's), within the split, so that every image is as real as before.

use std::collections::{BTreeMap, BTreeSet};

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

use super::dates::{Dates, Place, place};
use super::{Control, PatchRef, Sample, Samples};
use crate::archive::{Archive, Sensor};
use crate::error::{Error, Result};

/// Days between a radar date of a sample and one that stands in for it, at least: two passes over a place may be hours apart, and
/// show the same ground.
const DAYS_APART: f64 = 3.0;

/// What samples are exchanged among.
pub struct Exchange<'a> {
    samples: &'a Samples,
    radar: Dates,
}

impl<'a> Exchange<'a> {
    /// Looks up what `controls` need for `rows`, which are some of the samples.
    pub fn new(
        archive: &Archive,
        samples: &'a Samples,
        controls: &[Control],
        rows: &[Sample],
    ) -> Result<Self> {
        let radar = match controls.contains(&Control::SarTime) {
            true => Dates::of(archive, Sensor::S1, "valid", rows)?,
            false => Dates::default(),
        };
        Ok(Self { samples, radar })
    }

    /// Those of `rows` that the control has something for; all of them also where it has nothing for any, so that
    /// [`Exchange::of`] says why.
    pub fn possible(&self, control: Control, rows: Vec<Sample>) -> Vec<Sample> {
        if control != Control::SarTime {
            return rows;
        }
        let roles = control.roles(self.samples);
        let enough = |row: &&Sample| self.other_dates(row, &roles).len() >= own(row, &roles).len();
        let fit: Vec<Sample> = rows.iter().filter(enough).cloned().collect();
        if fit.is_empty() { rows } else { fit }
    }

    /// For each of `rows` a sample whose patches of the control's sensor are another's.
    ///
    /// Refuses a layout without that sensor, and too few dates or places for an exchange.
    pub fn of(&self, control: Control, rows: &[Sample], seed: u64) -> Result<Vec<Sample>> {
        let roles = self.roles(control)?;
        match control {
            Control::SarTime => {
                let mut rng = Pcg64Mcg::seed_from_u64(seed);
                rows.iter().map(|row| self.redated(row, &roles, &mut rng)).collect()
            }
            Control::SarPlace | Control::Dem => {
                self.elsewhere(control, &self.like(rows, |_| true), rows, seed)
            }
        }
    }

    /// The same as samples of their own: each keeps its place and its other images, and takes those
    /// of the control's sensor from elsewhere in its tile. Refuses what [`Exchange::of`] refuses, tile by tile.
    pub fn within_tiles(
        &self,
        control: Control,
        rows: &[Sample],
        seed: u64,
    ) -> Result<Vec<Sample>> {
        if control == Control::SarTime {
            return self.of(control, rows, seed);
        }
        let roles = self.roles(control)?;
        let mut all = rows.to_vec();
        let tiles: BTreeSet<&str> = rows.iter().map(|row| &*row.tile).collect();
        for tile in tiles {
            let own: Vec<usize> = (0..rows.len()).filter(|i| &*rows[*i].tile == tile).collect();
            let before: Vec<Sample> = own.iter().map(|i| rows[*i].clone()).collect();
            let among = self.like(&before, |s| &*s.tile == tile);
            for (i, other) in own.iter().zip(self.elsewhere(control, &among, &before, seed)?) {
                for role in &roles {
                    all[*i].patches[*role] = other.patches[*role];
                }
            }
        }
        Ok(all)
    }

    /// Positions of the roles that are exchanged.
    fn roles(&self, control: Control) -> Result<Vec<usize>> {
        let roles = control.roles(self.samples);
        if roles.is_empty() {
            let what = control.sensor().name();
            return Err(Error::usage(format!(
                "control {}: layout '{}' has no {what} to shuffle",
                control.name(),
                self.samples.layout
            ))
            .hint("use a layout with that role, or leave the control out"));
        }
        Ok(roles)
    }

    /// The samples of the splits of `rows`, also those that are not among them.
    fn like(&self, rows: &[Sample], fits: impl Fn(&Sample) -> bool) -> Vec<&'a Sample> {
        let splits: BTreeSet<_> = rows.iter().map(|row| row.split).collect();
        let wanted = |s: &&Sample| splits.contains(&s.split) && fits(s);
        self.samples.rows.iter().filter(wanted).collect()
    }

    /// Radar of the place that is far enough from all radar of the sample.
    fn other_dates(&self, row: &Sample, roles: &[usize]) -> Vec<PatchRef> {
        let own = own(row, roles);
        let apart =
            |p: &&PatchRef| own.values().all(|o| p.time.days_since(o.time).abs() >= DAYS_APART);
        self.radar.at(row).iter().filter(apart).copied().collect()
    }

    /// The sample with radar of other dates, a different one for each that it shows.
    fn redated(&self, row: &Sample, roles: &[usize], rng: &mut Pcg64Mcg) -> Result<Sample> {
        let (mut others, mut own) = (self.other_dates(row, roles), own(row, roles));
        if others.len() < own.len() {
            return Err(Error::usage(format!(
                "control sar-time: place {}/r{}c{} has too few radar dates {DAYS_APART} days from those of sample {}",
                row.tile, row.row, row.col, row.name()
            ))
            .hint("ingest more radar, or use --control sar-place"));
        }
        for patch in own.values_mut() {
            *patch = others.swap_remove(rng.random_range(0..others.len()));
        }
        let mut other = row.clone();
        for i in roles {
            let lost = || Error::internal(format!("role {i} shows a date that was not seen"));
            other.patches[*i] = own.get(&row.patches[*i].slot).copied().ok_or_else(lost)?;
        }
        Ok(other)
    }

    /// For each sample one of another place, as near in time as there is `among` those that may stand in.
    fn elsewhere(
        &self,
        control: Control,
        among: &[&Sample],
        rows: &[Sample],
        seed: u64,
    ) -> Result<Vec<Sample>> {
        let mut at: BTreeMap<Place, Vec<&Sample>> = BTreeMap::new();
        among.iter().for_each(|s| at.entry(place(s)).or_default().push(s));
        if at.len() < 2 {
            let (split, tile) = rows.first().map_or(("", ""), |s| (s.split.name(), &*s.tile));
            return Err(Error::usage(format!(
                "control {}: the {split} samples there are of one place, in tile {tile}",
                control.name()
            ))
            .hint("raise the share of that split, leave the tile out of the layout, or use --control sar-time"));
        }
        let order = derangement(at.len(), &mut Pcg64Mcg::seed_from_u64(seed));
        let places: Vec<&Place> = at.keys().collect();
        let partner: BTreeMap<&Place, &Place> =
            places.iter().copied().zip(order.iter().map(|i| places[*i])).collect();
        let reference = self.samples.reference();
        let time = |s: &Sample| reference.map_or(0, |role| s.patches[role].time.0);
        let found = rows.iter().map(|row| {
            let there = partner.get(&place(row)).and_then(|other| at.get(*other))?;
            there.iter().min_by_key(|s| time(s).abs_diff(time(row)))
        });
        let none = || Error::internal("a place without a sample");
        found.map(|other| other.map(|s| (*s).clone()).ok_or_else(none)).collect()
    }
}

/// The images of a sample in some roles, by slot: two roles may show one image.
fn own(row: &Sample, roles: &[usize]) -> BTreeMap<u32, PatchRef> {
    roles.iter().map(|i| (row.patches[*i].slot, row.patches[*i])).collect()
}

/// A permutation of `0..n` that leaves nothing in place, for `n` of at least 2.
fn derangement(n: usize, rng: &mut Pcg64Mcg) -> Vec<usize> {
    let mut all: Vec<usize> = (0..n).collect();
    for i in (1..n).rev() {
        all.swap(i, rng.random_range(0..i));
    }
    all
}

#[cfg(test)]
#[path = "exchange_tests.rs"]
mod tests;
