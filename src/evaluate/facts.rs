//! What is known of a sample besides its pixels.

use super::clear::ClearDates;
use crate::geo::Stamp;
use crate::layout::{Sample, Samples, Season};

/// The names of all groups, so that numbers ascend and the year goes round.
pub const GROUPS: [&str; 15] = [
    "cloud at t: none",
    "cloud at t: below 25 %",
    "cloud at t: 25 to 50 %",
    "cloud at t: 50 to 75 %",
    "cloud at t: 75 to 100 %",
    "cloud at t: all of it",
    "nearest clear date: within 5 days",
    "nearest clear date: 6 to 10 days",
    "nearest clear date: 11 to 20 days",
    "nearest clear date: more than 20 days",
    "nearest clear date: none known",
    "season: winter",
    "season: spring",
    "season: summer",
    "season: autumn",
];

/// What a sample is grouped by.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    pub(super) name: String,
    pub(super) tile: String,
    pub(super) row: u32,
    pub(super) col: u32,
    /// Of t.
    pub(super) time: Stamp,
    /// Block of ground and day: the unit that a bootstrap draws.
    pub(super) block: String,
    pub(super) season: Season,
    /// Cloud over the patch at t, percent.
    pub(super) cloud: Option<f64>,
    /// Days from t to the nearest clear date of the place, the answer's own left out.
    pub(super) clear_days: Option<f64>,
}

impl Facts {
    /// Of a sample whose answer is the patch of role `answer`; `hidden` says that no method may see
    /// that date.
    pub(super) fn of(
        samples: &Samples,
        sample: &Sample,
        clear: &ClearDates,
        (answer, hidden): (usize, bool),
        block: String,
    ) -> Self {
        let time = samples.reference().map_or(Stamp(0), |r| sample.patches[r].time);
        let but = if hidden { sample.patches[answer].time } else { time };
        Self {
            name: sample.name(),
            tile: sample.tile.to_string(),
            row: sample.row,
            col: sample.col,
            time,
            block,
            season: samples.season(sample),
            cloud: None,
            clear_days: clear.days(sample, time, but),
        }
    }

    /// The groups of samples that it belongs to, by name.
    pub(super) fn groups(&self) -> Vec<String> {
        let mut groups = vec![format!("season: {}", self.season.name())];
        if let Some(cloud) = self.cloud {
            let quarter = match cloud {
                c if c <= 0.0 => "none",
                c if c < 25.0 => "below 25 %",
                c if c < 50.0 => "25 to 50 %",
                c if c < 75.0 => "50 to 75 %",
                c if c < 100.0 => "75 to 100 %",
                _ => "all of it",
            };
            groups.push(format!("cloud at t: {quarter}"));
        }
        let wait = match self.clear_days {
            None => "none known",
            Some(days) if days <= 5.5 => "within 5 days",
            Some(days) if days <= 10.5 => "6 to 10 days",
            Some(days) if days <= 20.5 => "11 to 20 days",
            Some(_) => "more than 20 days",
        };
        groups.push(format!("nearest clear date: {wait}"));
        groups
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(season: Season, cloud: Option<f64>, clear_days: Option<f64>) -> Facts {
        let (name, tile, block) = ("a".into(), "31TCJ".into(), String::new());
        Facts { name, tile, row: 0, col: 0, time: Stamp(0), block, season, cloud, clear_days }
    }

    #[test]
    fn a_sample_is_in_one_group_of_each_kind() {
        let facts = facts(Season::Winter, Some(25.0), Some(6.0));
        let wanted =
            ["season: winter", "cloud at t: 25 to 50 %", "nearest clear date: 6 to 10 days"];
        assert_eq!(facts.groups(), wanted);
        let none = Facts { cloud: None, clear_days: None, ..facts };
        assert_eq!(none.groups(), ["season: winter", "nearest clear date: none known"]);
    }

    #[test]
    fn every_group_has_its_place_in_the_list() {
        let seasons = [Season::Winter, Season::Spring, Season::Summer, Season::Autumn];
        let clouds = [0.0, 1.0, 25.0, 50.0, 75.0, 100.0].map(Some);
        let waits = [Some(1.0), Some(6.0), Some(12.0), Some(30.0), None];
        let mut found = std::collections::BTreeSet::new();
        for (i, cloud) in clouds.into_iter().enumerate() {
            found.extend(facts(seasons[i % 4], cloud, waits[i % 5]).groups());
        }
        assert!(found.iter().eq(&std::collections::BTreeSet::from(GROUPS.map(str::to_owned))));
    }
}
