//! Windows and radar gap derived from an archive's own dates.
//!
//! The rule: every window is half of a wait, and the waits are those that the archive shows. The
//! shipped layouts follow it: with a wait of 6 days between radar images and of 20 between clear
//! ones it gives their numbers for Occitanie, with 12 and 28 those of the study for Burkina Faso.

use arrow::array::AsArray;
use arrow::datatypes::{Float64Type, Int64Type};
use serde::Serialize;

use super::counted::{counted, plural};
use super::{Layout, header};
use crate::error::{Error, Result};
use crate::geo::Splitter;
use crate::sql::Session;

/// Waits between acquisitions of the same place.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Waits {
    /// How many, over all places.
    pub count: u64,
    /// Half of them are not longer, hours.
    pub median_hours: f64,
    /// Three quarters of them are not longer, hours.
    pub upper_quartile_hours: f64,
}

/// Parameters for the shipped layouts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Suggestion {
    /// Between valid radar patches.
    pub radar: Waits,
    /// Between valid optical patches.
    pub optical: Waits,
    /// Between optical patches without any cloud; none where no place has two.
    pub clear: Option<Waits>,
    /// Largest distance to the radar image.
    pub gap_hours: i64,
    /// Largest distance of the target.
    pub target_hours: i64,
    /// What to set, by layout.
    pub layouts: Vec<Suggested>,
}

/// What to set in one layout.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Suggested {
    /// Name of the layout.
    pub layout: String,
    /// `name=value`, as `--set` takes them.
    pub set: Vec<String>,
    /// Samples that the layout then finds.
    pub samples: u64,
}

/// Between two frames of one pass, hours: not a wait.
const PASS_HOURS: f64 = 1.0;
/// A target further away than this shows another season, hours.
const TARGET_HOURS_MAX: f64 = 30.0 * 24.0;

impl Suggestion {
    /// Looks at the dates of an archive, or of any session with tables `s2` and `s1`.
    pub fn of(session: &Session) -> Result<Self> {
        let few = |what: &str| {
            Error::usage(format!("no place has two valid {what} dates"))
                .hint("ingest a series of dates first; `eclaircie sql ARCHIVE --file coverage` lists them")
        };
        let radar = waits(session, "s1", "valid")?.ok_or_else(|| few("radar"))?;
        let optical = waits(session, "s2", "valid")?.ok_or_else(|| few("optical"))?;
        let clear = waits(session, "s2", "valid AND cloud_percent = 0")?;
        let gap_hours = gap(radar.upper_quartile_hours);
        let target_hours = target(
            optical.upper_quartile_hours,
            clear.as_ref().map_or(f64::INFINITY, |c| c.upper_quartile_hours),
        );
        let mut layouts = Vec::new();
        for (name, set) in sets(gap_hours, target_hours) {
            let mut layout = Layout::open(name)?;
            layout.set(&set)?;
            layouts.push(Suggested {
                layout: name.to_owned(),
                samples: layout.count(session, &Splitter::default())?.total(),
                set,
            });
        }
        Ok(Self { radar, optical, clear, gap_hours, target_hours, layouts })
    }

    /// Statistics, rule and values for a terminal.
    pub fn to_text(&self) -> String {
        let days = |w: &Waits| {
            format!(
                "{:>6.1} {:>6.1}  ({})",
                w.median_hours / 24.0,
                w.upper_quartile_hours / 24.0,
                counted(w.count, "wait")
            )
        };
        let clear = self.clear.as_ref().map_or_else(
            || "no place has two; the longest target window is taken".to_owned(),
            days,
        );
        let mut out = format!(
            "days between dates of a place: median, upper quartile\n\
             radar    {}\noptical  {}\nclear    {clear}\n\
             gap {} h, target {} h\n",
            days(&self.radar),
            days(&self.optical),
            self.gap_hours,
            self.target_hours
        );
        for one in &self.layouts {
            let set: Vec<String> = one.set.iter().map(|s| format!("--set {s}")).collect();
            let noun = plural(one.samples, "sample");
            out += &format!("{:5} {:>9} {noun:7}  {}\n", one.layout, one.samples, set.join(" "));
        }
        out
    }
}

impl Layout {
    /// The text with the values in force as defaults.
    pub fn with_defaults(&self) -> String {
        header::with_defaults(&self.sql, &self.params)
    }
}

/// Half of the wait between radar images: some image is then that near on either side.
fn gap(radar_wait: f64) -> i64 {
    (radar_wait / 2.0).round().max(1.0) as i64
}

/// Half of the wait between clear images, in whole days; at least one wait for an optical image, at
/// most a season's third.
fn target(optical_wait: f64, clear_wait: f64) -> i64 {
    let days = |hours: f64| (hours / 24.0 - 0.01).ceil() * 24.0;
    let half = days(clear_wait.min(2.0 * TARGET_HOURS_MAX) / 2.0);
    half.max(days(optical_wait)).min(TARGET_HOURS_MAX) as i64
}

/// The parameters of the shipped layouts by gap and target window.
fn sets(gap: i64, target: i64) -> Vec<(&'static str, Vec<String>)> {
    let gap_set = format!("gap_hours={gap}");
    let around = |near: i64, far: i64| [format!("near_hours={near}"), format!("far_hours={far}")];
    let target_set = format!("target_hours={target}");
    let [near1, far1] = around(gap, gap + 2 * target);
    let [near2, far2] = around(target, 3 * target);
    vec![
        ("ssop", vec![gap_set.clone(), target_set.clone()]),
        ("os1", vec![gap_set.clone(), near1, far1]),
        ("os2", vec![gap_set, near2, far2, target_set]),
    ]
}

fn waits(session: &Session, table: &str, which: &str) -> Result<Option<Waits>> {
    let sql = format!(
        "SELECT wait, count(*) AS n FROM (SELECT gap_hours(time, lag(time) OVER \
         (PARTITION BY cell ORDER BY time)) AS wait FROM {table} WHERE {which}) AS w \
         WHERE wait > {PASS_HOURS:?} GROUP BY wait ORDER BY wait"
    );
    let answer = session.query(&sql, &[])?;
    let mut all: Vec<(f64, u64)> = Vec::new();
    for batch in &answer.batches {
        let waits = batch.column(0).as_primitive::<Float64Type>();
        let counts = batch.column(1).as_primitive::<Int64Type>();
        let pairs = waits.values().iter().zip(counts.values());
        all.extend(pairs.map(|(w, n)| (*w, u64::try_from(*n).unwrap_or(0))));
    }
    let count: u64 = all.iter().map(|(_, n)| n).sum();
    // The shortest wait that so many of the others do not exceed.
    let quantile = |share: f64| {
        let mut left = (count as f64 * share).ceil().max(1.0) as u64;
        all.iter()
            .find(|(_, n)| {
                let here = left <= *n;
                left = left.saturating_sub(*n);
                here
            })
            .map(|(wait, _)| *wait)
    };
    let both = quantile(0.5).zip(quantile(0.75));
    Ok(both.map(|(median_hours, upper_quartile_hours)| Waits {
        count,
        median_hours,
        upper_quartile_hours,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::fixture::{Patch, session};

    #[test]
    fn the_rule_gives_the_studys_numbers_for_both_regions() {
        let occitanie = sets(gap(6.0 * 24.0), target(5.0 * 24.0, 20.0 * 24.0));
        assert_eq!(occitanie[0].1, ["gap_hours=72", "target_hours=240"]);
        assert_eq!(occitanie[1].1, ["gap_hours=72", "near_hours=72", "far_hours=552"]);
        let os2 = ["gap_hours=72", "near_hours=240", "far_hours=720", "target_hours=240"];
        assert_eq!(occitanie[2].1, os2);
        let burkina = sets(gap(12.0 * 24.0), target(5.0 * 24.0, 28.0 * 24.0));
        assert_eq!(burkina[1].1, ["gap_hours=144", "near_hours=144", "far_hours=816"]);
        let os2 = ["gap_hours=144", "near_hours=336", "far_hours=1008", "target_hours=336"];
        assert_eq!(burkina[2].1, os2);
        assert_eq!(target(120.0, f64::INFINITY), 720);
        assert_eq!(target(240.0, 24.0), 240);
    }

    #[test]
    fn waits_are_those_of_each_place_and_frames_of_one_pass_are_none() {
        let mut all = Vec::new();
        for i in 0..9 {
            all.push(Patch::s2(i, 120.0 * f64::from(i), if i % 4 == 0 { 0.0 } else { 70.0 }));
            // Another place, seen on other days.
            all.push(Patch::s2(i, 120.0 * f64::from(i) + 36.0, 70.0).at(0, 1));
        }
        for i in 0..7 {
            all.push(Patch::s1(i, 144.0 * f64::from(i)));
            all.push(Patch::s1(i + 10, 144.0 * f64::from(i) + 0.01));
        }
        let (session, _folder) = session(&all);
        let found = Suggestion::of(&session).unwrap();
        assert_eq!((found.optical.count, found.optical.median_hours), (16, 120.0));
        assert!((found.radar.upper_quartile_hours - 144.0).abs() < 0.1, "{:?}", found.radar);
        assert_eq!(found.clear.as_ref().unwrap().upper_quartile_hours, 480.0);
        assert_eq!((found.gap_hours, found.target_hours), (72, 240));
        let samples: Vec<u64> = found.layouts.iter().map(|l| l.samples).collect();
        let mut os2 = Layout::open("os2").unwrap();
        os2.set(&found.layouts[2].set).unwrap();
        let rows = session.query(&os2.sql, &os2.params).unwrap().rows() as u64;
        assert_eq!(samples[2], rows);
        assert!(samples[0] > 0 && found.to_text().contains("--set gap_hours=72"));
    }

    #[test]
    fn the_written_layout_has_the_values_as_defaults() {
        let mut layout = Layout::open("os2").unwrap();
        layout.set(&["gap_hours=48".to_owned(), "far_hours=100.5".to_owned()]).unwrap();
        let again = Layout::parse("os2", &layout.with_defaults()).unwrap();
        assert_eq!(again.params, layout.params);
        assert_eq!(again.meaning("gap_hours"), layout.meaning("gap_hours"));
        assert_eq!(again.about, layout.about);
    }
}
