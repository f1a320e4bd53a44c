//! Negative controls: what a network answers when one of its inputs says nothing about the sample.
//!
//! A network that gains from an input must lose when the input is another's. The exchange is a
//! permutation without a fixed point (Sattolo's), so every image is as real as before.

use std::collections::{BTreeMap, BTreeSet};

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

use super::{PatchRef, Sample, Samples};
use crate::archive::Sensor;
use crate::error::{Error, Result};

/// Which input is exchanged, for which other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Control {
    /// Radar of the same place at another date.
    SarTime,
    /// Radar of another place.
    SarPlace,
    /// Elevation of another place.
    Dem,
}

impl Control {
    /// `sar-time`, `sar-place` or `dem`.
    pub fn parse(text: &str) -> std::result::Result<Self, String> {
        let all = [Self::SarTime, Self::SarPlace, Self::Dem];
        let found = all.into_iter().find(|control| control.name() == text);
        found.ok_or_else(|| "write sar-time, sar-place or dem".to_owned())
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::SarTime => "sar-time",
            Self::SarPlace => "sar-place",
            Self::Dem => "dem",
        }
    }

    /// What the network sees.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::SarTime => "radar of the same place at another date",
            Self::SarPlace => "radar of another place",
            Self::Dem => "elevation of another place",
        }
    }

    /// The instrument whose images are exchanged.
    pub fn sensor(self) -> Sensor {
        match self {
            Self::Dem => Sensor::Dem,
            _ => Sensor::S1,
        }
    }

    /// Positions of the roles whose images are exchanged.
    fn roles(self, samples: &Samples) -> Vec<usize> {
        let fits = |i: &usize| samples.roles[*i].sensor == self.sensor();
        (0..samples.roles.len()).filter(fits).collect()
    }

    /// Those of `rows` that have radar of another date to take, which is not there where the layout's
    /// samples of a place show one date; for other controls all of them. All of them also where none
    /// has, so that [`Control::exchange`] says why.
    pub fn possible(self, samples: &Samples, rows: Vec<Sample>) -> Vec<Sample> {
        if self != Self::SarTime {
            return rows;
        }
        let dates = Dates::of(samples, &self.roles(samples), 0);
        let fit: Vec<Sample> = rows.iter().filter(|row| dates.several(row)).cloned().collect();
        if fit.is_empty() { rows } else { fit }
    }

    /// The same as samples of their own: each keeps its place and its other images, and takes those
    /// of the control's sensor from elsewhere in its tile. Refuses what [`Control::exchange`]
    /// refuses, tile by tile.
    pub fn within_tiles(
        self,
        samples: &Samples,
        rows: &[Sample],
        seed: u64,
    ) -> Result<Vec<Sample>> {
        let roles = self.roles(samples);
        let mut all = rows.to_vec();
        let tiles: BTreeSet<&str> = rows.iter().map(|row| &*row.tile).collect();
        for tile in tiles {
            let own: Vec<usize> = (0..rows.len()).filter(|i| &*rows[*i].tile == tile).collect();
            let before: Vec<Sample> = own.iter().map(|i| rows[*i].clone()).collect();
            for (i, other) in own.iter().zip(self.exchange(samples, &before, seed)?) {
                for role in &roles {
                    all[*i].patches[*role] = other.patches[*role];
                }
            }
        }
        Ok(all)
    }

    /// For each of `rows` a sample whose patches of the control's sensor are another's.
    ///
    /// Refuses a layout without that sensor, and too few dates or places for an exchange.
    pub fn exchange(self, samples: &Samples, rows: &[Sample], seed: u64) -> Result<Vec<Sample>> {
        let roles = self.roles(samples);
        if roles.is_empty() {
            let what = self.sensor().name();
            return Err(Error::usage(format!(
                "control {}: layout '{}' has no {what} to shuffle",
                self.name(),
                samples.layout
            ))
            .hint("use a layout with that role, or leave the control out"));
        }
        match self {
            Self::SarTime => {
                let exchanged = Dates::of(samples, &roles, seed);
                rows.iter().map(|row| exchanged.apply(row, &roles)).collect()
            }
            Self::SarPlace | Self::Dem => other_places(samples, rows, seed, self),
        }
    }
}

/// A permutation of `0..n` that leaves nothing in place, for `n` of at least 2.
fn derangement(n: usize, rng: &mut Pcg64Mcg) -> Vec<usize> {
    let mut all: Vec<usize> = (0..n).collect();
    for i in (1..n).rev() {
        all.swap(i, rng.random_range(0..i));
    }
    all
}

type Place = (std::sync::Arc<str>, u32, u32);

fn place(sample: &Sample) -> Place {
    (sample.tile.clone(), sample.row, sample.col)
}

/// For each place its radar slots, each with the patch that stands in for it.
struct Dates(BTreeMap<Place, BTreeMap<u32, PatchRef>>);

impl Dates {
    /// From every sample of the layout, since its patches are known to hold data at their place.
    fn of(samples: &Samples, roles: &[usize], seed: u64) -> Self {
        let mut seen: BTreeMap<Place, BTreeMap<u32, PatchRef>> = BTreeMap::new();
        for row in &samples.rows {
            let dates = seen.entry(place(row)).or_default();
            dates.extend(roles.iter().map(|i| (row.patches[*i].slot, row.patches[*i])));
        }
        let mut rng = Pcg64Mcg::seed_from_u64(seed);
        for dates in seen.values_mut() {
            let order = derangement(dates.len(), &mut rng);
            let before: Vec<PatchRef> = dates.values().copied().collect();
            for (date, other) in dates.values_mut().zip(order) {
                *date = before[other];
            }
        }
        Self(seen)
    }

    /// Whether a sample's place has a second date.
    fn several(&self, row: &Sample) -> bool {
        self.0.get(&place(row)).is_some_and(|dates| dates.len() > 1)
    }

    fn apply(&self, row: &Sample, roles: &[usize]) -> Result<Sample> {
        let dates = self.0.get(&place(row)).filter(|_| self.several(row)).ok_or_else(|| {
            Error::usage(format!(
                "control sar-time: place {}/r{}c{} has no second radar date",
                row.tile, row.row, row.col
            ))
            .hint("widen the layout's windows with --set, or use --control sar-place")
        })?;
        let mut other = row.clone();
        for (i, patch) in other.patches.iter_mut().enumerate().filter(|(i, _)| roles.contains(i)) {
            let lost = || Error::internal(format!("role {i} shows a date that was not seen"));
            *patch = dates.get(&patch.slot).copied().ok_or_else(lost)?;
        }
        Ok(other)
    }
}

/// For each sample one of another place, as near in time as there is.
fn other_places(
    samples: &Samples,
    rows: &[Sample],
    seed: u64,
    control: Control,
) -> Result<Vec<Sample>> {
    let places: BTreeSet<Place> = rows.iter().map(place).collect();
    let places: Vec<Place> = places.into_iter().collect();
    if places.len() < 2 {
        return Err(Error::usage(format!(
            "control {}: the samples are of one place",
            control.name()
        ))
        .hint("raise --samples-max or the share of the split, so that there are two places"));
    }
    let order = derangement(places.len(), &mut Pcg64Mcg::seed_from_u64(seed));
    let mut at: BTreeMap<&Place, Vec<&Sample>> = BTreeMap::new();
    let named: BTreeMap<&Place, &Place> =
        places.iter().zip(order.iter().map(|i| &places[*i])).collect();
    let own: Vec<Place> = rows.iter().map(place).collect();
    for (row, own) in rows.iter().zip(&own) {
        at.entry(own).or_default().push(row);
    }
    let time = |s: &Sample| samples.reference().map_or(0, |r| s.patches[r].time.0);
    let found = rows.iter().zip(&own).map(|(row, own)| {
        let there = named.get(own).and_then(|other| at.get(*other));
        there.and_then(|all| all.iter().min_by_key(|s| time(s).abs_diff(time(row))))
    });
    found
        .map(|other| {
            let none = || Error::internal("a place without a sample");
            other.map(|sample| (*sample).clone()).ok_or_else(none)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geo::{Split, Splitter, Stamp};
    use crate::layout::Role;

    fn samples() -> Samples {
        let role = |name: &str, sensor| Role { name: name.into(), sensor };
        let row = |col: u32, t: u32| {
            let patch = |slot: u32| PatchRef { slot, row: 0, col, time: Stamp(i64::from(slot)) };
            Sample {
                tile: "31TCJ".into(),
                row: 0,
                col,
                split: Split::Test,
                patches: vec![patch(t), patch(t + 10), patch(t + 11), patch(0)],
            }
        };
        Samples {
            roles: vec![
                role("s2_t", Sensor::S2),
                role("s1_tm1", Sensor::S1),
                role("s1_t", Sensor::S1),
                role("dem", Sensor::Dem),
            ],
            rows: (0..4).flat_map(|col| (0..5).map(move |t| row(col, 2 * t))).collect(),
            layout: "x".into(),
            query_hash: String::new(),
            splitter: Splitter::default(),
        }
    }

    #[test]
    fn another_date_is_of_the_same_place_and_never_the_same() {
        let all = samples();
        for seed in 0..20 {
            let others = Control::SarTime.exchange(&all, &all.rows, seed).unwrap();
            for (row, other) in all.rows.iter().zip(&others) {
                assert_eq!(place(row), place(other));
                assert_eq!(row.patches[0], other.patches[0], "optical images stay");
                assert_ne!(row.patches[1].slot, other.patches[1].slot);
                assert_ne!(row.patches[2].slot, other.patches[2].slot);
                assert_ne!(other.patches[1].slot, other.patches[2].slot, "two stay two");
                assert!((10..20).contains(&other.patches[2].slot), "a date of this place");
            }
        }
    }

    #[test]
    fn another_place_is_near_in_time_and_the_same_seed_gives_the_same() {
        let all = samples();
        for control in [Control::SarPlace, Control::Dem] {
            let others = control.exchange(&all, &all.rows, 7).unwrap();
            for (row, other) in all.rows.iter().zip(&others) {
                assert_ne!(row.col, other.col);
                assert_eq!(row.patches[0].time, other.patches[0].time);
            }
            let names = |rows: &[Sample]| rows.iter().map(Sample::name).collect::<Vec<_>>();
            let again = control.exchange(&all, &all.rows, 7).unwrap();
            assert_eq!(names(&others), names(&again));
        }
    }

    #[test]
    fn within_tiles_only_the_images_of_the_sensor_change() {
        let all = samples();
        for control in [Control::SarTime, Control::SarPlace, Control::Dem] {
            let others = control.within_tiles(&all, &all.rows, 3).unwrap();
            for (row, other) in all.rows.iter().zip(&others) {
                assert_eq!((place(row), row.patches[0]), (place(other), other.patches[0]));
                for (role, patch) in all.roles.iter().zip(row.patches.iter().zip(&other.patches)) {
                    let exchanged = role.sensor == control.sensor();
                    assert_eq!(patch.0 != patch.1, exchanged, "{} {}", control.name(), role.name);
                }
            }
        }
    }

    #[test]
    fn a_place_of_one_radar_date_is_left_out_of_an_exchange_of_dates_alone() {
        let mut all = samples();
        // Place 3 keeps one sample, whose two radar roles show one date.
        all.rows.retain(|r| r.col < 3 || r.patches[0].slot == 0);
        let last = all.rows.len() - 1;
        all.rows[last].patches[1] = all.rows[last].patches[2];
        let kept = |control: Control| control.possible(&all, all.rows.clone()).len();
        assert_eq!((kept(Control::SarTime), kept(Control::SarPlace)), (15, 16));
        let fit = Control::SarTime.possible(&all, all.rows.clone());
        assert!(Control::SarTime.exchange(&all, &fit, 1).is_ok());
        // Where nothing is left, the exchange says why.
        let alone = all.rows.split_off(last);
        all.rows.clone_from(&alone);
        assert_eq!(Control::SarTime.possible(&all, alone).len(), 1);
    }

    #[test]
    fn what_cannot_be_exchanged_is_refused_with_what_to_do() {
        let mut all = samples();
        let one: Vec<Sample> = all.rows.iter().filter(|r| r.col == 0).cloned().collect();
        assert!(Control::SarPlace.exchange(&all, &one, 1).unwrap_err().advice().contains("--"));
        all.rows.truncate(1);
        all.rows[0].patches[1] = all.rows[0].patches[2];
        let error = Control::SarTime.exchange(&all, &all.rows, 1).unwrap_err();
        assert!(error.advice().contains("sar-place"), "{error}");
        all.roles.truncate(1);
        let error = Control::Dem.exchange(&all, &all.rows, 1).unwrap_err();
        assert!(error.to_string().contains("no dem"), "{error}");
        for name in ["sar-time", "sar-place", "dem"] {
            assert_eq!(Control::parse(name).unwrap().name(), name);
        }
        assert!(Control::parse("sar").is_err());
    }
}
