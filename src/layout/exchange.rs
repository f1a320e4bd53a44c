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
mod tests {
    use super::*;
    use crate::geo::{Split, Splitter, Stamp};
    use crate::layout::Role;

    const DAY: i64 = 86_400_000_000;

    fn patch(col: u32, slot: u32, days: i64) -> PatchRef {
        PatchRef { slot, row: 0, col, time: Stamp(days * DAY) }
    }

    /// Samples of four places with an optical and two radar dates each, and elevation; radar has slots from 10.
    fn samples() -> Samples {
        let role = |name: &str, sensor| Role { name: name.into(), sensor };
        let row = |col: u32, t: u32| {
            let of = |slot: u32| patch(col, slot, 6 * i64::from(slot));
            Sample {
                tile: "31TCJ".into(),
                row: 0,
                col,
                split: Split::Test,
                patches: vec![of(t), of(t + 10), of(t + 11), patch(col, 0, 0)],
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
            told: None,
        }
    }

    /// With all the radar that the samples show.
    fn among(all: &Samples) -> Exchange<'_> {
        let radar = all.rows.iter().flat_map(|r| [1, 2].map(|role| (place(r), r.patches[role])));
        Exchange { samples: all, radar: radar.collect() }
    }

    #[test]
    fn another_date_is_of_the_same_place_and_none_of_the_samples_own() {
        let all = samples();
        for seed in 0..20 {
            let others = among(&all).of(Control::SarTime, &all.rows, seed).unwrap();
            for (row, other) in all.rows.iter().zip(&others) {
                assert_eq!(place(row), place(other));
                assert_eq!(row.patches[0], other.patches[0], "optical images stay");
                let slots = |s: &Sample| [s.patches[1].slot, s.patches[2].slot];
                assert!(slots(other).iter().all(|slot| !slots(row).contains(slot)), "{seed}");
                assert_ne!(slots(other)[0], slots(other)[1], "two stay two");
                assert!(slots(other).iter().all(|slot| (10..20).contains(slot)));
            }
        }
    }

    #[test]
    fn a_pass_a_few_hours_later_is_no_other_date() {
        let mut all = samples();
        all.rows.truncate(1);
        let (row, mut near) = (all.rows[0].clone(), all.rows[0].patches[2]);
        near.slot = 99;
        near.time.0 += DAY / 2;
        let far = [patch(0, 50, 300), patch(0, 51, 310)];
        let with = |more: &[PatchRef]| -> Dates {
            row.patches[1..3].iter().chain([&near]).chain(more).map(|p| (place(&row), *p)).collect()
        };
        let exchange = Exchange { samples: &all, radar: with(&far) };
        let other = &exchange.of(Control::SarTime, &all.rows, 1).unwrap()[0];
        let mut slots = [other.patches[1].slot, other.patches[2].slot];
        slots.sort_unstable();
        assert_eq!(slots, [50, 51]);
        let lacking = Exchange { samples: &all, radar: with(&far[..1]) };
        let error = lacking.of(Control::SarTime, &all.rows, 1).unwrap_err();
        assert!(
            error.to_string().contains("31TCJ/r0c0") && error.advice().contains("sar-place"),
            "{error}"
        );
    }

    #[test]
    fn a_sample_without_another_date_is_left_out_of_an_exchange_of_dates_alone() {
        let all = samples();
        let mut exchange = among(&all);
        exchange.radar =
            all.rows[..15].iter().flat_map(|r| [1, 2].map(|i| (place(r), r.patches[i]))).collect();
        let kept = |control| exchange.possible(control, all.rows.clone()).len();
        assert_eq!((kept(Control::SarTime), kept(Control::SarPlace)), (15, 20));
        // Where nothing is left, the exchange says why.
        assert_eq!(exchange.possible(Control::SarTime, all.rows[15..].to_vec()).len(), 5);
    }

    #[test]
    fn another_place_is_near_in_time_also_where_few_of_the_samples_are_asked_for() {
        let all = samples();
        // One sample a place, each of another day: their partners come from all samples.
        let few: Vec<Sample> = (0..4).map(|i| all.rows[5 * i + i].clone()).collect();
        for control in [Control::SarPlace, Control::Dem] {
            for rows in [&all.rows, &few] {
                let others = among(&all).of(control, rows, 7).unwrap();
                for (row, other) in rows.iter().zip(&others) {
                    assert_ne!(row.col, other.col);
                    assert_eq!(row.patches[0].time, other.patches[0].time);
                }
                let names = |rows: &[Sample]| rows.iter().map(Sample::name).collect::<Vec<_>>();
                let again = among(&all).of(control, rows, 7).unwrap();
                assert_eq!(names(&others), names(&again));
            }
        }
    }

    #[test]
    fn a_place_of_another_split_never_stands_in() {
        let mut all = samples();
        all.rows.iter_mut().filter(|r| r.col > 1).for_each(|r| r.split = Split::Train);
        let test = all.of(Split::Test);
        let others = among(&all).of(Control::SarPlace, &test, 3).unwrap();
        assert!(others.iter().all(|other| other.split == Split::Test));
    }

    #[test]
    fn within_tiles_only_the_images_of_the_sensor_change() {
        let all = samples();
        for control in [Control::SarTime, Control::SarPlace, Control::Dem] {
            let others = among(&all).within_tiles(control, &all.rows, 3).unwrap();
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
    fn what_cannot_be_exchanged_is_refused_with_what_to_do() {
        let mut all = samples();
        all.rows.retain(|r| r.col == 0);
        let error = among(&all).of(Control::SarPlace, &all.rows, 1).unwrap_err();
        assert!(
            error.to_string().contains("tile 31TCJ") && error.advice().contains("sar-time"),
            "{error}"
        );
        all.roles.truncate(1);
        for control in [Control::SarTime, Control::Dem] {
            let exchange = Exchange { samples: &all, radar: Dates::default() };
            let error = exchange.within_tiles(control, &all.rows, 1).unwrap_err();
            assert!(error.to_string().contains("to shuffle"), "{error}");
        }
    }
}
