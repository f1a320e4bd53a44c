//! Which rows of the right side each row of the left may be paired with: a walk along both.

use std::sync::Arc;

use arrow::array::{Array, UInt32Array};
use arrow::buffer::ScalarBuffer;
use arrow::datatypes::{DataType, TimeUnit};
use datafusion::common::Result;

use super::prepare::{PairCondition, Paired};
use super::program::{Band, Bound};
use super::rows::{Rows, Units};
use super::wholes::Wholes;

/// Pairs whose condition is looked at in one go.
const PAIRS: usize = 1 << 16;

/// For each row of the left side, a run of partners.
#[derive(Debug)]
pub(super) struct Partners {
    start: Vec<u32>,
    end: Vec<u32>,
    /// The rows that the runs speak of, where they are not simply the right side's.
    rows: Option<Arc<Vec<u32>>>,
}

impl Partners {
    /// Finds them. Rows of places whose key is empty have none.
    pub fn find(on: &Paired, left: &Rows, right: &Rows, without_place: &[bool]) -> Result<Self> {
        let mut found = match &on.band {
            Some(band) => sweep(band, left, right)?,
            None => whole_places(left, right),
        };
        for (place, _) in without_place.iter().enumerate().filter(|(_, w)| **w) {
            let (a, b) = left.of(place);
            found.end[a..b].copy_from_slice(&found.start[a..b]);
        }
        match &on.rest {
            Some(rest) => found.only(rest, left, right),
            None => Ok(found),
        }
    }

    /// Number of partners of a row.
    pub fn count(&self, row: usize) -> usize {
        (self.end[row] - self.start[row]) as usize
    }

    /// For each row, the sum of the numbers of its partners.
    pub fn sums(&self, of: &Wholes) -> Wholes {
        let values = of.values();
        let mut all = if self.rows.is_some() {
            Wholes::of(self.fold(|total: i128, r| total + i128::from(values[r])).into_iter())
        } else {
            // Runs of neighbours: the difference of two sums from the beginning.
            let (mut sums, mut sum) = (Vec::with_capacity(values.len() + 1), 0i128);
            sums.push(sum);
            for value in values {
                sum += i128::from(*value);
                sums.push(sum);
            }
            let run = |(s, e): (&u32, &u32)| sums[*e as usize] - sums[*s as usize];
            Wholes::of(self.start.iter().zip(&self.end).map(run))
        };
        let lost = of.lost();
        if lost.contains(&true) {
            let among = self.fold(|any: bool, r| any || lost.get(r).is_some_and(|l| *l));
            among.iter().enumerate().filter(|(_, l)| **l).for_each(|(row, _)| all.lose(row));
        }
        all
    }

    /// As [`Partners::sums`]; the difference of two long sums would lose digits, so each run is
    /// added up by itself.
    pub fn float_sums(&self, values: &[f64]) -> Vec<f64> {
        self.fold(|total: f64, r| total + values[r])
    }

    fn fold<T: Default>(&self, add: impl Fn(T, usize) -> T) -> Vec<T> {
        let total = |row| {
            let run = self.start[row]..self.end[row];
            match &self.rows {
                Some(rows) => run.fold(T::default(), |t, k| add(t, rows[k as usize] as usize)),
                None => run.fold(T::default(), |t, k| add(t, k as usize)),
            }
        };
        (0..self.start.len()).map(total).collect()
    }

    /// Of each row's partners, those that are nearest in time: one, or more that are equally near.
    /// `apart` are the times on both sides, partners being sorted by theirs. None for times finer
    /// than the microseconds that distances are told in.
    pub fn neighbours(
        &self,
        left: &Rows,
        right: &Rows,
        apart: (usize, usize),
    ) -> Result<Option<Self>> {
        let fine = |kind: &DataType| {
            matches!(kind, DataType::Timestamp(TimeUnit::Nanosecond, _)) || !kind.is_temporal()
        };
        let (a, b) = (left.column(apart.0)?, right.column(apart.1)?);
        if a.data_type() != b.data_type() || fine(a.data_type()) {
            return Ok(None);
        }
        let (lefts, rights) = (left.units(apart.0, 1)?, right.units(apart.1, 1)?);
        let row_at = |k: u32| self.rows.as_ref().map_or(k, |rows| rows[k as usize]) as usize;
        let mut kept = Self { start: Vec::new(), end: Vec::new(), rows: self.rows.clone() };
        for row in 0..self.start.len() {
            let (start, end) = (self.start[row], self.end[row]);
            let time = lefts.values[row];
            let at = |k: u32| rights.values[row_at(k)];
            // The first partner that is not earlier than the row.
            let mut split = start;
            while split < end && at(split) < time {
                split += 1;
            }
            let before = (split > start).then(|| time.abs_diff(at(split - 1)));
            let after = (split < end).then(|| time.abs_diff(at(split)));
            let least = before.into_iter().chain(after).min();
            let (mut s, mut e) = (split, split);
            while s > start && Some(time.abs_diff(at(s - 1))) == least {
                s -= 1;
            }
            while e < end && Some(time.abs_diff(at(e))) == least {
                e += 1;
            }
            kept.start.push(s);
            kept.end.push(e);
        }
        Ok(Some(kept))
    }

    /// Bytes that the runs take.
    pub fn bytes(&self) -> usize {
        let rows = self.rows.as_ref().map_or(0, |rows| rows.len());
        (self.start.len() + self.end.len() + rows) * size_of::<u32>()
    }

    /// Whether no row has two.
    pub fn are_single(&self) -> bool {
        self.start.iter().zip(&self.end).all(|(s, e)| e - s <= 1)
    }

    /// Number of pairs.
    pub fn total(&self) -> usize {
        (0..self.start.len()).map(|row| self.count(row)).sum()
    }

    /// Appends the partners of a row, from the `from`-th on, at most `most`.
    pub fn append(&self, row: usize, from: usize, most: usize, out: &mut Vec<u32>) {
        let start = self.start[row] as usize + from;
        let end = (self.end[row] as usize).min(start.saturating_add(most));
        match &self.rows {
            Some(rows) => out.extend_from_slice(&rows[start..end]),
            None => out.extend(start as u32..end as u32),
        }
    }

    /// The `k`-th partner of a row.
    pub fn get(&self, row: usize, k: usize) -> u32 {
        let at = self.start[row] + k as u32;
        self.rows.as_ref().map_or(at, |rows| rows[at as usize])
    }

    /// Those pairs for which a condition holds.
    fn only(&self, rest: &PairCondition, left: &Rows, right: &Rows) -> Result<Self> {
        let mut kept = Self { start: Vec::new(), end: Vec::new(), rows: None };
        let mut rows: Vec<u32> = Vec::new();
        let (mut row, count) = (0, self.start.len());
        while row < count {
            // A chunk is whole rows of the left side.
            let (mut lefts, mut rights, first) = (Vec::new(), Vec::new(), row);
            while row < count && (row == first || rights.len() + self.count(row) <= PAIRS) {
                self.append(row, 0, usize::MAX, &mut rights);
                lefts.resize(rights.len(), row as u32);
                row += 1;
            }
            let (lefts, rights) = (UInt32Array::from(lefts), UInt32Array::from(rights));
            let holds = rest.evaluate(left, right, &lefts, &rights)?;
            let mut pair = 0;
            for l in first..row {
                kept.start.push(rows.len() as u32);
                for _ in 0..self.count(l) {
                    if holds.is_valid(pair) && holds.value(pair) {
                        rows.push(rights.value(pair));
                    }
                    pair += 1;
                }
                kept.end.push(rows.len() as u32);
            }
        }
        kept.rows = Some(Arc::new(rows));
        Ok(kept)
    }
}

/// Every row of a place.
fn whole_places(left: &Rows, right: &Rows) -> Partners {
    let (mut start, mut end) = (vec![0; left.len()], vec![0; left.len()]);
    for place in 0..left.places() {
        let ((a, b), (from, until)) = (left.of(place), right.of(place));
        start[a..b].fill(from as u32);
        end[a..b].fill(until as u32);
    }
    Partners { start, end, rows: None }
}

/// The right side's values in order within each place.
struct Sorted {
    values: ScalarBuffer<i64>,
    /// Rows in that order, if it is not their own.
    rows: Option<Arc<Vec<u32>>>,
    offsets: Vec<u32>,
}

impl Sorted {
    fn of(right: &Rows, units: Units) -> Self {
        let is_sorted = |place| {
            let (a, b) = right.of(place);
            units.values[a..b].is_sorted()
        };
        if units.nulls.is_none() && (0..right.places()).all(is_sorted) {
            let offsets = right.offsets.to_vec();
            return Self { values: units.values, rows: None, offsets };
        }
        let (mut rows, mut offsets) = (Vec::with_capacity(right.len()), vec![0u32]);
        for place in 0..right.places() {
            let (a, b) = right.of(place);
            let from = rows.len();
            // What has no value is in no band.
            rows.extend((a..b).filter(|r| !units.is_null(*r)).map(|r| r as u32));
            rows[from..].sort_by_key(|r| units.values[*r as usize]);
            offsets.push(rows.len() as u32);
        }
        let values = rows.iter().map(|r| units.values[*r as usize]).collect();
        Self { values, rows: Some(Arc::new(rows)), offsets }
    }
}

fn sweep(band: &Band, left: &Rows, right: &Rows) -> Result<Partners> {
    let sorted = Sorted::of(right, right.units(band.column, band.factor)?);
    let limits = |bounds: &[Bound], open: i64, tighter: fn(i64, i64) -> i64| {
        let mut all: Option<Limits> = None;
        for bound in bounds {
            let mine = Limits::of(left, bound)?;
            all = Some(match all {
                Some(so_far) => so_far.and(mine, tighter),
                None => mine,
            });
        }
        Ok::<_, datafusion::common::DataFusionError>(
            all.unwrap_or(Limits { values: vec![open; left.len()], missing: None }),
        )
    };
    let low = limits(&band.low, i64::MIN, i64::max)?;
    let high = limits(&band.high, i64::MAX, i64::min)?;
    let (mut start, mut end) = (vec![0; left.len()], vec![0; left.len()]);
    for place in 0..left.places() {
        let (first, last) = (sorted.offsets[place] as usize, sorted.offsets[place + 1] as usize);
        let values = &sorted.values[..last];
        let (mut s, mut e) = (first, first);
        let (mut was_low, mut was_high) = (i64::MIN, i64::MIN);
        let (a, b) = left.of(place);
        for row in a..b {
            let (l, h) = (low.values[row], high.values[row]);
            // The left side is sorted by time as a rule: then both ends only move on.
            s = advance(values, first, s, l >= was_low, |v| v < l);
            e = advance(values, first, e, h >= was_high, |v| v <= h);
            (was_low, was_high) = (l, h);
            start[row] = s as u32;
            let missing = low.is_missing(row) || high.is_missing(row);
            end[row] = if missing { s } else { e.max(s) } as u32;
        }
    }
    Ok(Partners { start, end, rows: sorted.rows })
}

/// The first position whose value is not `before`: from `at` on if the limit has not sunk.
fn advance(
    values: &[i64],
    first: usize,
    mut at: usize,
    onwards: bool,
    before: impl Fn(i64) -> bool,
) -> usize {
    if !onwards {
        return first + values[first..].partition_point(|v| before(*v));
    }
    while at < values.len() && before(values[at]) {
        at += 1;
    }
    at
}

/// One limit for each row of the left side.
struct Limits {
    values: Vec<i64>,
    missing: Option<Vec<bool>>,
}

impl Limits {
    fn of(left: &Rows, bound: &Bound) -> Result<Self> {
        let units = left.units(bound.column, bound.factor)?;
        let values = units.values.iter().map(|v| v.saturating_add(bound.shift)).collect();
        let missing = units.nulls.as_ref().map(|n| n.iter().map(|valid| !valid).collect());
        Ok(Self { values, missing })
    }

    fn and(mut self, other: Self, tighter: fn(i64, i64) -> i64) -> Self {
        for (mine, its) in self.values.iter_mut().zip(other.values) {
            *mine = tighter(*mine, its);
        }
        self.missing = match (self.missing, other.missing) {
            (Some(a), Some(b)) => Some(a.iter().zip(b).map(|(a, b)| *a || b).collect()),
            (a, b) => a.or(b),
        };
        self
    }

    fn is_missing(&self, row: usize) -> bool {
        self.missing.as_ref().is_some_and(|m| m[row])
    }
}
