//! Each row with the best of its partners.

use std::cmp::Ordering;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, UInt32Array, UInt64Array};
use arrow::buffer::ScalarBuffer;
use arrow::compute::{SortOptions, take};
use arrow::datatypes::{Float64Type, Int64Type};
use arrow::row::{RowConverter, SortField};
use datafusion::common::Result;

use super::prepare::{Best, SortKey, pair_column};
use super::product::{NONE, as_array};
use super::ranges::Partners;
use super::rows::Rows;

/// The rows of `of` that have partners (if `best` is outer, all), with columns of both sides and the
/// rank from 1.
pub(super) fn nearest(of: &Rows, with: &Rows, partners: &Partners, best: &Best) -> Result<Rows> {
    // By distance in time only neighbours of the row's own time can be the best.
    let neighbours = match best.apart {
        Some(apart) if best.keep == 1 => partners.neighbours(of, with, apart)?,
        _ => None,
    };
    let near = neighbours.is_some();
    let partners = neighbours.as_ref().unwrap_or(partners);
    if partners.are_single() {
        return only(of, with, partners, best.outer);
    }
    let (mut picked, mut counts, mut row) = (Picked::default(), Vec::new(), 0);
    while row < of.len() {
        let pairs = Pairs::of(of, with, partners, row);
        let order = Order::new(&pairs, best, near)?;
        for _ in 0..pairs.rows() {
            picked.row(row, &pairs, &order, best);
            counts.push(picked.left.len() as u32);
            row += 1;
        }
    }
    // Where the kept pairs of each place begin.
    let kept = |row: &u32| row.checked_sub(1).map_or(0, |last| counts[last as usize]);
    picked.rows(of, with, of.offsets.iter().map(kept).collect())
}

/// As [`nearest`], where no row has two partners: there is nothing to decide.
fn only(of: &Rows, with: &Rows, partners: &Partners, outer: bool) -> Result<Rows> {
    let mut picked = Picked::default();
    let mut offsets = vec![0u32];
    for place in 0..of.places() {
        let (a, b) = of.of(place);
        for row in a..b {
            match partners.count(row) {
                0 if !outer => {}
                0 => picked.push(row, NONE, 1),
                _ => picked.push(row, partners.get(row, 0), 1),
            }
        }
        offsets.push(picked.left.len() as u32);
    }
    picked.rows(of, with, offsets)
}

/// Pairs that are looked at in one go; a row with more of them is taken alone.
const PAIRS: usize = 1 << 16;

/// Some rows, each with every partner.
struct Pairs<'a> {
    of: &'a Rows,
    with: &'a Rows,
    lefts: UInt32Array,
    rights: UInt32Array,
    /// The first row.
    first: usize,
    /// Where the pairs of each row begin.
    starts: Vec<usize>,
}

impl<'a> Pairs<'a> {
    /// Those of the rows from `first` on, as many as fit.
    fn of(of: &'a Rows, with: &'a Rows, partners: &Partners, first: usize) -> Self {
        let (mut lefts, mut rights, mut starts) = (Vec::new(), Vec::new(), Vec::new());
        for row in first..of.len() {
            if row > first && rights.len() + partners.count(row) > PAIRS {
                break;
            }
            starts.push(rights.len());
            partners.append(row, 0, usize::MAX, &mut rights);
            lefts.resize(rights.len(), row as u32);
        }
        starts.push(rights.len());
        Self { of, with, lefts: lefts.into(), rights: rights.into(), first, starts }
    }

    /// The pairs of rows that have more than one.
    fn of_rows_with_two(&self) -> Vec<u32> {
        let several = self.starts.windows(2).filter(|w| w[1] - w[0] > 1);
        several.flat_map(|w| w[0] as u32..w[1] as u32).collect()
    }

    fn rows(&self) -> usize {
        self.starts.len() - 1
    }

    fn of_row(&self, row: usize) -> Range<usize> {
        self.starts[row - self.first]..self.starts[row - self.first + 1]
    }

    /// A key of some of the pairs.
    fn key(&self, key: &SortKey, lefts: &UInt32Array, rights: &UInt32Array) -> Result<ArrayRef> {
        let split = self.of.columns();
        key.value.run(lefts.len(), |c| pair_column(self.of, self.with, lefts, rights, split, c))
    }
}

/// An order of the pairs of each row: by one whole number where that is possible, and by the
/// other keys where it does not decide.
struct Order {
    first: Option<ScalarBuffer<i64>>,
    /// All keys, of pairs that the first leaves equal; where a pair's are.
    rest: Option<(Vec<u32>, arrow::row::Rows)>,
}

impl Order {
    /// `near`: the first key leaves all pairs of a row equal.
    fn new(pairs: &Pairs, best: &Best, near: bool) -> Result<Self> {
        let first = match best.keys.first() {
            Some(key) if !key.descending && !near => {
                sortable(&pairs.key(key, &pairs.lefts, &pairs.rights)?)
            }
            _ => None,
        };
        let undecided: Vec<u32> = match &first {
            _ if near => pairs.of_rows_with_two(),
            Some(_) if best.keys.len() == 1 => Vec::new(),
            // Ties are rare: the other keys, names among them, are looked at only for these.
            Some(first) if best.keep == 1 => ties(pairs, first),
            _ => (0..pairs.lefts.len() as u32).collect(),
        };
        if undecided.is_empty() {
            return Ok(Self { first, rest: None });
        }
        let mut places = vec![u32::MAX; pairs.lefts.len()];
        for (place, pair) in undecided.iter().enumerate() {
            places[*pair as usize] = place as u32;
        }
        let undecided = UInt32Array::from(undecided);
        let lefts = take(&pairs.lefts, &undecided, None)?.as_primitive().clone();
        let rights = take(&pairs.rights, &undecided, None)?.as_primitive().clone();
        let (mut keys, mut fields) = (Vec::new(), Vec::new());
        for key in &best.keys {
            let values = pairs.key(key, &lefts, &rights)?;
            let options = SortOptions { descending: key.descending, nulls_first: key.nulls_first };
            fields.push(SortField::new_with_options(values.data_type().clone(), options));
            keys.push(values);
        }
        let rows = RowConverter::new(fields)?.convert_columns(&keys)?;
        Ok(Self { first, rest: Some((places, rows)) })
    }

    fn compare(&self, a: usize, b: usize) -> Ordering {
        let first = match &self.first {
            Some(values) => values[a].cmp(&values[b]),
            None => Ordering::Equal,
        };
        first.then_with(|| match &self.rest {
            Some((places, rows)) if places[a] != u32::MAX && places[b] != u32::MAX => {
                rows.row(places[a] as usize).cmp(&rows.row(places[b] as usize))
            }
            _ => Ordering::Equal,
        })
    }
}

/// Pairs that share the least value of their row with another.
fn ties(pairs: &Pairs, first: &ScalarBuffer<i64>) -> Vec<u32> {
    let mut all = Vec::new();
    for row in pairs.first..pairs.first + pairs.rows() {
        let mine = pairs.of_row(row);
        let Some(least) = first[mine.clone()].iter().min() else { continue };
        let from = all.len();
        all.extend(mine.filter(|p| first[*p] == *least).map(|p| p as u32));
        if all.len() == from + 1 {
            all.pop();
        }
    }
    all
}

/// Values whose order is that of whole numbers, none of them missing.
fn sortable(values: &ArrayRef) -> Option<ScalarBuffer<i64>> {
    if values.null_count() > 0 {
        return None;
    }
    if let Some(floats) = values.as_primitive_opt::<Float64Type>() {
        // The bits of floats, in the order that sorting gives them.
        let bits = |v: &f64| {
            let bits = v.to_bits() as i64;
            bits ^ (((bits >> 63) as u64) >> 1) as i64
        };
        return Some(floats.values().iter().map(bits).collect());
    }
    values.as_primitive_opt::<Int64Type>().map(|v| v.values().clone())
}

/// The pairs that were kept.
#[derive(Default)]
struct Picked {
    left: Vec<u32>,
    /// [`NONE`] where there is no partner.
    right: Vec<u32>,
    rank: Vec<u64>,
}

impl Picked {
    fn row(&mut self, row: usize, pairs: &Pairs, order: &Order, best: &Best) {
        let mine = pairs.of_row(row);
        let right = |p: usize| pairs.rights.value(p);
        if mine.is_empty() {
            if best.outer {
                self.push(row, NONE, 1);
            }
        } else if best.keep == 1 {
            let least = |best, p| if order.compare(p, best).is_lt() { p } else { best };
            self.push(row, mine.reduce(least).map_or(NONE, right), 1);
        } else {
            let mut all: Vec<usize> = mine.collect();
            all.sort_by(|a, b| order.compare(*a, *b));
            for (k, p) in all.into_iter().take(best.keep).enumerate() {
                self.push(row, right(p), k as u64 + 1);
            }
        }
    }

    fn push(&mut self, left: usize, right: u32, rank: u64) {
        self.left.push(left as u32);
        self.right.push(right);
        self.rank.push(rank);
    }

    fn rows(self, of: &Rows, with: &Rows, offsets: Vec<u32>) -> Result<Rows> {
        let left = of.choose(&UInt32Array::from(self.left), offsets.clone())?;
        let right = with.choose(&as_array(self.right), offsets.clone())?;
        let rank = Rows::new(vec![Some(Arc::new(UInt64Array::from(self.rank)))], offsets);
        Ok(left.beside(right).beside(rank))
    }
}
