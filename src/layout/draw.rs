//! From all tuples to a training set: a cap per place, and seasons in balance.

use std::collections::BTreeMap;

use chrono::Datelike;
use serde::{Deserialize, Serialize};

use super::{Sample, Samples};
use crate::geo::{Split, Stamp};

/// What is drawn from the samples of a layout. The same settings always draw the same samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draw {
    /// Most samples of one place in one use; none: all.
    pub per_place: Option<u32>,
    /// What is brought into balance.
    pub balance: Option<Balance>,
    /// Chance.
    pub seed: u64,
}

impl Draw {
    /// Whether every sample stays.
    pub fn is_all(&self) -> bool {
        self.per_place.is_none() && self.balance.is_none()
    }
}

/// What is brought into balance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Balance {
    /// The seasons of t's month.
    Season,
}

/// A quarter of the year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Season {
    /// March to May.
    Spring,
    /// June to August.
    Summer,
    /// September to November.
    Autumn,
    /// December to February.
    Winter,
}

impl Season {
    /// The season of an instant, by its month (UTC).
    pub fn of(time: Stamp) -> Self {
        match time.date().map_or(1, |d| d.month()) {
            3..=5 => Self::Spring,
            6..=8 => Self::Summer,
            9..=11 => Self::Autumn,
            _ => Self::Winter,
        }
    }

    /// Lower-case name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Spring => "spring",
            Self::Summer => "summer",
            Self::Autumn => "autumn",
            Self::Winter => "winter",
        }
    }
}

impl Samples {
    /// The season of a sample: that of t's month.
    pub fn season(&self, sample: &Sample) -> Season {
        let at = self.reference().and_then(|r| sample.patches.get(r));
        Season::of(at.map_or(Stamp(0), |p| p.time))
    }

    /// First caps the samples of each place, then balances the seasons of each use: as many samples
    /// as before, the same number from each season that occurs, so that rare seasons repeat and
    /// common ones are cut. Order is kept. The query's digest covers the draw.
    #[must_use]
    pub fn drawn(mut self, draw: &Draw) -> Self {
        if draw.is_all() {
            return self;
        }
        // Another draw is another set: a training must not go on with it unawares.
        let key = format!("{}/{draw:?}", self.query_hash);
        self.query_hash = blake3::hash(key.as_bytes()).to_hex()[..16].to_owned();
        if let Some(most) = draw.per_place {
            let rows = capped(&self.rows, most as usize, draw.seed);
            self.rows = rows.into_iter().map(|i| self.rows[i].clone()).collect();
        }
        if draw.balance == Some(Balance::Season) {
            let seasons: Vec<Season> = self.rows.iter().map(|s| self.season(s)).collect();
            let rows = balanced(&self.rows, &seasons, draw.seed);
            self.rows = rows.into_iter().map(|i| self.rows[i].clone()).collect();
        }
        self
    }
}

/// Positions of the samples that stay, ascending.
fn capped(rows: &[Sample], most: usize, seed: u64) -> Vec<usize> {
    let mut places: BTreeMap<(&str, u32, u32, Split), Vec<usize>> = BTreeMap::new();
    for (i, s) in rows.iter().enumerate() {
        places.entry((&s.tile, s.row, s.col, s.split)).or_default().push(i);
    }
    let mut kept: Vec<usize> = places
        .into_values()
        .flat_map(|all| shuffled(rows, all, seed).into_iter().take(most))
        .collect();
    kept.sort_unstable();
    kept
}

/// Positions of the samples of a balanced set, ascending, with repeats.
fn balanced(rows: &[Sample], seasons: &[Season], seed: u64) -> Vec<usize> {
    let mut uses: BTreeMap<Split, BTreeMap<Season, Vec<usize>>> = BTreeMap::new();
    for (i, (s, season)) in rows.iter().zip(seasons).enumerate() {
        uses.entry(s.split).or_default().entry(*season).or_default().push(i);
    }
    let mut kept = Vec::with_capacity(rows.len());
    for groups in uses.into_values() {
        let total: usize = groups.values().map(Vec::len).sum();
        let (share, more) = (total / groups.len(), total % groups.len());
        for (k, all) in groups.into_values().enumerate() {
            let wanted = share + usize::from(k < more);
            kept.extend(shuffled(rows, all, seed).into_iter().cycle().take(wanted));
        }
    }
    kept.sort_unstable();
    kept
}

/// In an order that depends on the samples and the seed alone.
fn shuffled(rows: &[Sample], mut all: Vec<usize>, seed: u64) -> Vec<usize> {
    all.sort_by_cached_key(|i| {
        let sample = &rows[*i];
        let slots: Vec<u32> = sample.patches.iter().map(|p| p.slot).collect();
        let key = format!("{seed}/{}/{slots:?}", sample.name());
        (*blake3::hash(key.as_bytes()).as_bytes(), *i)
    });
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::Sensor;
    use crate::geo::Splitter;
    use crate::layout::{PatchRef, Role};

    /// Samples in given months at given columns.
    fn samples(all: &[(u32, u32, Split)]) -> Samples {
        let row = |(i, (month, col, split)): (usize, &(u32, u32, Split))| Sample {
            tile: "31TCJ".into(),
            row: 0,
            col: *col,
            split: *split,
            patches: vec![PatchRef {
                slot: i as u32,
                row: 0,
                col: *col,
                time: Stamp::from_ymd_hms(2020, *month, 3, 10, 0, i as u32 % 60).unwrap(),
            }],
        };
        Samples {
            roles: vec![Role { name: "s2_t".into(), sensor: Sensor::S2 }],
            rows: all.iter().enumerate().map(row).collect(),
            layout: "a".into(),
            query_hash: "b".into(),
            splitter: Splitter::default(),
            told: None,
        }
    }

    fn slots(samples: &Samples) -> Vec<u32> {
        samples.rows.iter().map(|s| s.patches[0].slot).collect()
    }

    #[test]
    fn at_most_so_many_of_a_place_are_drawn_by_seed() {
        let all: Vec<_> = (0..40).map(|i| (1 + i % 12, i % 2, Split::Train)).collect();
        let draw = |seed| Draw { per_place: Some(3), balance: None, seed };
        let drawn = samples(&all).drawn(&draw(1));
        for col in [0, 1] {
            assert_eq!(drawn.rows.iter().filter(|s| s.col == col).count(), 3);
        }
        assert!(slots(&drawn).is_sorted());
        assert_eq!(slots(&drawn), slots(&samples(&all).drawn(&draw(1))));
        assert_ne!(slots(&drawn), slots(&samples(&all).drawn(&draw(2))));
        assert_ne!(drawn.query_hash, samples(&all).drawn(&draw(2)).query_hash);
        assert_eq!(samples(&all).drawn(&Draw::default()).query_hash, "b");
        // A place that has fewer keeps them all, and a smaller cap draws among the same.
        let one = samples(&all).drawn(&Draw { per_place: Some(1), balance: None, seed: 1 });
        assert!(slots(&one).iter().all(|s| slots(&drawn).contains(s)));
        assert_eq!(slots(&samples(&all[..4]).drawn(&draw(1))), [0, 1, 2, 3]);
    }

    #[test]
    fn seasons_are_brought_into_balance_within_each_use() {
        let mut all = vec![(7, 0, Split::Train); 9];
        all.extend([(1, 0, Split::Train), (12, 0, Split::Train), (4, 0, Split::Train)]);
        all.extend([(7, 1, Split::Test), (8, 1, Split::Test)]);
        let draw = Draw { balance: Some(Balance::Season), ..Draw::default() };
        let drawn = samples(&all).drawn(&draw);
        assert_eq!(drawn.rows.len(), all.len());
        let count = |split, season| {
            let here = |s: &&Sample| s.split == split && drawn.season(s) == season;
            drawn.rows.iter().filter(here).count()
        };
        let train = [Season::Spring, Season::Summer, Season::Autumn, Season::Winter]
            .map(|s| count(Split::Train, s));
        assert_eq!(train, [4, 4, 0, 4]);
        // The common season is cut without repeats, the two winter samples each come twice.
        let of = |slot: u32| slots(&drawn).iter().filter(|s| **s == slot).count();
        assert!((0..9).all(|slot| of(slot) <= 1));
        assert_eq!([of(9), of(10), of(11)], [2, 2, 4]);
        assert_eq!(count(Split::Test, Season::Summer), 2);
        assert_eq!(slots(&drawn), slots(&samples(&all).drawn(&draw)));
    }

    #[test]
    fn december_is_winter() {
        let of = |month| Season::of(Stamp::from_ymd_hms(2020, month, 1, 0, 0, 0).unwrap()).name();
        let seasons: Vec<&str> = [12, 2, 3, 5, 6, 9].map(of).into();
        assert_eq!(seasons, ["winter", "winter", "spring", "spring", "summer", "autumn"]);
    }
}
