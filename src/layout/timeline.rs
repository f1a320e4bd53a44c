//! The timeline of one sample: who is at which date, and how cloudy.

use std::fmt::Write;

use arrow::array::{Array, AsArray, BooleanArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, Int64Type, TimeUnit, TimestampMicrosecondType};

use super::Samples;
use crate::archive::Sensor;
use crate::error::{Error, Result};
use crate::geo::Stamp;
use crate::sql::{Param, Session};

/// The dates of one sample, and the other acquisitions of its place around them.
#[derive(Debug, Clone, PartialEq)]
pub struct Timeline {
    /// Place and use, as `31TCJ row 0 column 3, train`.
    pub place: String,
    /// The instant that days are counted from.
    pub t: Stamp,
    /// One for each role that has a date, in the order of the layout.
    pub rows: Vec<TimelineRow>,
    /// All acquisitions of the place between a little before the first and after the last role.
    pub seen: Vec<Acquisition>,
}

/// A role at its date.
#[derive(Debug, Clone, PartialEq)]
pub struct TimelineRow {
    /// The role, as `s2_tm1`.
    pub role: String,
    /// What stands there.
    pub at: Acquisition,
}

/// One acquisition of a place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Acquisition {
    /// Instrument.
    pub sensor: Sensor,
    /// Position on the time axis of the archive.
    pub slot: u32,
    /// When.
    pub time: Stamp,
    /// Days from t.
    pub days: f64,
    /// Cloud over the patch, percent; radar has none.
    pub cloud: Option<f64>,
    /// Whether every pixel is there.
    pub valid: bool,
}

/// Characters of the drawn time axis.
const WIDTH: usize = 61;
/// Share of the span that is shown before the first and after the last date of the sample.
const MARGIN: f64 = 0.06;

impl Samples {
    /// The timeline of sample `at` (from 0), with what else was seen of its place.
    pub fn timeline(&self, at: usize, session: &Session) -> Result<Timeline> {
        let sample = self.rows.get(at).ok_or_else(|| {
            Error::usage(format!("there is no sample {} among {}", at + 1, self.rows.len()))
                .hint("number the samples from 1, as `layout preview` lists them")
        })?;
        let t = self.reference().and_then(|r| sample.patches.get(r)).map(|p| p.time);
        let t = t.ok_or_else(|| Error::usage("no role of the layout has a date"))?;
        let mut all = Vec::new();
        for sensor in [Sensor::S2, Sensor::S1] {
            let whole = sample.patches.iter().any(|p| p.row == u32::MAX);
            let place = (!whole).then_some((sample.row, sample.col));
            all.extend(acquisitions(session, sensor, &sample.tile, place, t)?);
        }
        let mut rows = Vec::new();
        for (role, patch) in self.roles.iter().zip(&sample.patches) {
            if role.sensor == Sensor::Dem {
                continue;
            }
            let known =
                all.iter().find(|a| a.sensor == role.sensor && a.slot == patch.slot).copied();
            let at = known.unwrap_or(Acquisition {
                sensor: role.sensor,
                slot: patch.slot,
                time: patch.time,
                days: patch.time.days_since(t),
                cloud: None,
                valid: true,
            });
            rows.push(TimelineRow { role: role.name.clone(), at });
        }
        let mut timeline = Timeline {
            place: format!(
                "{} row {} column {}, {}",
                sample.tile,
                sample.row,
                sample.col,
                sample.split.name()
            ),
            t,
            rows,
            seen: Vec::new(),
        };
        let (first, last) = timeline.span();
        all.retain(|a| a.days >= first && a.days <= last);
        timeline.seen = all;
        Ok(timeline)
    }
}

impl Timeline {
    /// First and last day that is shown, counted from t.
    pub fn span(&self) -> (f64, f64) {
        let days = self.rows.iter().map(|r| r.at.days).chain([0.0]);
        let (first, last) =
            days.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), d| (a.min(d), b.max(d)));
        let margin = ((last - first) * MARGIN).max(1.0);
        (first - margin, last + margin)
    }

    /// A table of the roles and their dates, each beside a line of time: `O` is the role, `.` an
    /// acquisition of the same sensor that it does not use, `|` is t.
    pub fn to_text(&self) -> String {
        let mut out = format!("{}, t = {}\n", self.place, self.t);
        let name = self.rows.iter().map(|r| r.role.len()).max().unwrap_or(4).max(4);
        let (first, last) = self.span();
        let axis = format!("{first:+.0} days");
        let end = format!("{last:+.0} days");
        let gap = WIDTH.saturating_sub(axis.len());
        let _ = writeln!(
            out,
            "{:name$}  {:20}  {:>7}  {:>7}  {axis}{end:>gap$}",
            "role", "date", "days", "cloud"
        );
        for row in &self.rows {
            let cloud = row.at.cloud.map_or_else(|| "-".to_owned(), |c| format!("{c:.1} %"));
            let _ = writeln!(
                out,
                "{:name$}  {:20}  {:>+7.1}  {cloud:>7}  {}",
                row.role,
                row.at.time.to_string(),
                row.at.days,
                self.line(row)
            );
        }
        out
    }

    fn line(&self, row: &TimelineRow) -> String {
        let (first, last) = self.span();
        let place = |days: f64| {
            let at = (days - first) / (last - first) * (WIDTH - 1) as f64;
            (at.round().max(0.0) as usize).min(WIDTH - 1)
        };
        let mut line = vec![' '; WIDTH];
        line[place(0.0)] = '|';
        for other in self.seen.iter().filter(|a| a.sensor == row.at.sensor) {
            line[place(other.days)] = '.';
        }
        line[place(row.at.days)] = 'O';
        line.into_iter().collect::<String>().trim_end().to_owned()
    }
}

/// What a sensor saw of a place, or of whole scenes, by time.
fn acquisitions(
    session: &Session,
    sensor: Sensor,
    tile: &str,
    place: Option<(u32, u32)>,
    t: Stamp,
) -> Result<Vec<Acquisition>> {
    let (row, col) = place.unwrap_or((0, 0));
    // Radar has no cloud, and a table of the user need not say so.
    let cloud = if sensor == Sensor::S2 { "cloud_percent" } else { "NULL" };
    let sql = format!(
        "SELECT CAST(slot AS BIGINT) AS slot, time, CAST({cloud} AS DOUBLE) AS cloud, valid FROM {} \
         WHERE tile = $tile AND row = $row AND col = $col ORDER BY time, slot",
        sensor.name()
    );
    let params = [
        ("tile".to_owned(), Param::Text(tile.to_owned())),
        ("row".to_owned(), Param::Int(i64::from(row))),
        ("col".to_owned(), Param::Int(i64::from(col))),
    ];
    let answer = session.query(&sql, &params)?;
    let unfit = |e| Error::internal("an acquisition has no date").with_source(e);
    let mut all = Vec::new();
    for batch in &answer.batches {
        let micros = DataType::Timestamp(TimeUnit::Microsecond, None);
        let times = cast(batch.column(1), &micros).map_err(unfit)?;
        let times = times.as_primitive::<TimestampMicrosecondType>();
        let slots = batch.column(0).as_primitive::<Int64Type>();
        let clouds = batch.column(2).as_primitive::<Float64Type>();
        let valid: Option<&BooleanArray> = batch.column(3).as_boolean_opt();
        for i in 0..batch.num_rows() {
            let time = Stamp(times.value(i));
            all.push(Acquisition {
                sensor,
                slot: u32::try_from(slots.value(i)).unwrap_or(u32::MAX),
                time,
                days: time.days_since(t),
                cloud: clouds.is_valid(i).then(|| clouds.value(i)),
                valid: valid.is_none_or(|v| v.value(i)),
            });
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use crate::geo::Splitter;
    use crate::layout::Layout;
    use crate::sql::fixture::{Patch, session};

    #[test]
    fn a_timeline_has_each_role_at_its_date_and_the_unused_dates_of_the_place() {
        let all = [
            Patch::s2(0, 0.0, 50.0),
            Patch::s2(1, 48.0, 0.0),
            Patch::s2(2, 24.0, 80.0),
            Patch::s2(3, 24.0, 90.0).at(0, 1),
            Patch::s2(4, 2_400.0, 1.0),
            Patch::s1(0, -24.0),
            Patch::dem(),
        ];
        let (session, _folder) = session(&all);
        let mut layout = Layout::open("ssop").unwrap();
        layout.set(&["cloud_max=60".to_owned()]).unwrap();
        let samples = layout.samples(&session, &Splitter::default()).unwrap();
        let timeline = samples.timeline(0, &session).unwrap();
        let rows: Vec<_> =
            timeline.rows.iter().map(|r| (r.role.as_str(), r.at.days, r.at.cloud)).collect();
        let want = [("s2_t", 0.0, Some(50.0)), ("s1_t", -1.0, None), ("s2_target", 2.0, Some(0.0))];
        assert_eq!(rows, want);
        // Neither another place nor a date far outside.
        assert_eq!(timeline.seen.len(), 4);
        let text = timeline.to_text();
        let line = text.lines().find(|l| l.starts_with("s2_target")).unwrap();
        assert!(line.contains("+2.0    0.0 %"), "{text}");
        assert_eq!(line.matches('O').count(), 1);
        assert_eq!(line.rsplit("%").next().unwrap().matches('.').count(), 2, "{text}");
        let error = samples.timeline(9, &session).unwrap_err();
        assert!(error.to_string().contains("no sample 10 among 1"), "{error}");
    }
}
