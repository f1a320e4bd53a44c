//! The acquisitions of a world, in order of time, and the calendar they share.

use chrono::{Datelike, Months, NaiveDate};

use super::weather::WARM_UP;
use super::world::World;
use crate::error::{Error, Result};
use crate::geo::Stamp;

/// Which sensor acquires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sensor {
    Optical,
    Radar,
}

/// One acquisition of one tile.
#[derive(Debug, Clone, Copy)]
pub(super) struct Job {
    pub tile: usize,
    pub sensor: Sensor,
    /// Days since 1970.
    pub day: i64,
    /// Rank among the acquisitions of its tile and sensor.
    pub rank: usize,
}

/// Days of a world.
#[derive(Debug, Clone)]
pub(super) struct Calendar {
    /// First day, and the day after the last; since 1970.
    pub first: i64,
    pub end: i64,
    /// Day of the year of the first day of the warm-up.
    pub warm_doy: u32,
    /// 1 January of the years from the one before to the one after.
    pub januaries: Vec<i64>,
}

impl Calendar {
    pub fn of(world: &World) -> Result<Self> {
        let lost = || Error::usage(format!("no calendar holds {} months", world.months));
        let from = world.start.date().ok_or_else(lost)?;
        let to = from.checked_add_months(Months::new(world.months)).ok_or_else(lost)?;
        let warm = date(number(from) - WARM_UP).ok_or_else(lost)?;
        let years = from.year() - 1..=to.year() + 1;
        let januaries =
            years.filter_map(|y| NaiveDate::from_ymd_opt(y, 1, 1)).map(number).collect();
        Ok(Self { first: number(from), end: number(to), warm_doy: warm.ordinal(), januaries })
    }

    /// Days from the start of the warm-up to the end.
    pub fn days(&self) -> usize {
        (self.end - self.first + WARM_UP) as usize
    }

    /// Days from the start of the warm-up to `day`.
    pub fn index(&self, day: i64) -> usize {
        (day - self.first + WARM_UP).max(0) as usize
    }

    /// 1 January of the year of `day`.
    pub fn january(&self, day: i64) -> i64 {
        self.januaries.iter().copied().filter(|j| *j <= day).max().unwrap_or(day)
    }
}

/// All acquisitions. Tiles alternate, so that a stopped run has some of each.
pub(super) fn jobs(world: &World, calendar: &Calendar) -> Vec<Job> {
    let every = |sensor, offset: i64, step: u32| {
        let days = (calendar.first + offset..calendar.end).step_by(step as usize);
        days.enumerate().map(move |(rank, day)| (sensor, rank, day))
    };
    let mut all: Vec<Job> = every(Sensor::Optical, 2, world.s2_every_days)
        .chain(every(Sensor::Radar, 1, world.s1_every_days))
        .flat_map(|(sensor, rank, day)| {
            (0..world.tiles.len()).map(move |tile| Job { tile, sensor, day, rank })
        })
        .collect();
    all.sort_by_key(|j| j.day);
    all
}

impl Job {
    /// When the satellite passes: Sentinel-2 in the morning, on two orbits by turns; Sentinel-1 in
    /// the evening.
    pub fn when(&self) -> Stamp {
        let seconds = match (self.sensor, self.rank % 2) {
            (Sensor::Optical, 0) => 39_022,
            (Sensor::Optical, _) => 39_652,
            (Sensor::Radar, _) => 63_900,
        };
        let jitter = if self.sensor == Sensor::Optical { self.rank as i64 * 7 % 11 } else { 0 };
        Stamp((self.day * 86_400 + seconds + jitter) * 1_000_000)
    }

    /// A and B by turns: a pair of passes on the two orbits is flown by one satellite.
    pub fn satellite(&self) -> char {
        match (self.sensor, self.rank) {
            (Sensor::Optical, r) if r / 2 % 2 == 0 => 'A',
            (Sensor::Optical, _) => 'B',
            (Sensor::Radar, r) if r % 2 == 0 => 'a',
            (Sensor::Radar, _) => 'b',
        }
    }
}

fn number(date: NaiveDate) -> i64 {
    date.and_time(chrono::NaiveTime::MIN).and_utc().timestamp().div_euclid(86_400)
}

fn date(number: i64) -> Option<NaiveDate> {
    Stamp(number * 86_400_000_000).date()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eighteen_months_hold_about_a_hundred_and_ten_optical_passes() {
        let world = World::default();
        let calendar = Calendar::of(&world).unwrap();
        let all = jobs(&world, &calendar);
        let count = |s| all.iter().filter(|j| j.sensor == s && j.tile == 0).count();
        assert_eq!((count(Sensor::Optical), count(Sensor::Radar)), (109, 91));
        assert!(all[0].when() >= world.start);
        assert_eq!(calendar.january(calendar.first), calendar.first);
    }
}
