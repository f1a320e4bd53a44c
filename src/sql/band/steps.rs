//! The steps of a program, one after the other, over one block.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, UInt32Array, UInt64Array};
use arrow::compute::SortOptions;
use arrow::datatypes::Int64Type;
use arrow::row::{RowConverter, SortField};
use datafusion::common::Result;

use super::blocks::Block;
use super::prepare::{Paired, Prepared, Ready, SortKey, pair_column};
use super::ranges::Partners;
use super::rows::Rows;

/// The rows of every step.
pub(super) fn run(program: &Prepared, block: &Block) -> Result<Vec<Rows>> {
    let mut done: Vec<Rows> = Vec::with_capacity(program.steps.len());
    for step in &program.steps {
        let rows = match step {
            Ready::Source { input, columns } => {
                let (batch, offsets) = &block.inputs[*input];
                let column = |c: &Option<usize>| c.map(|c| Arc::clone(batch.column(c)));
                Rows::new(columns.iter().map(column).collect(), offsets.clone())
            }
            Ready::Filter { of, keep } => {
                let of = &done[*of];
                of.filter(&keep.holds(of.len(), |c| of.column(c))?)?
            }
            Ready::Project { of, columns } => {
                let of = &done[*of];
                let mut computed = Vec::with_capacity(columns.len());
                for column in columns {
                    let values = column.as_ref().map(|e| e.run(of.len(), |c| of.column(c)));
                    computed.push(values.transpose()?);
                }
                of.project(computed)
            }
            Ready::Distinct { of, by } => distinct(&done[*of], by)?,
            Ready::Semi { of, with, on, anti } => {
                semi(&done[*of], &done[*with], on, *anti, &block.without_place)?
            }
            Ready::Nearest { of, with, on, best, keep, outer } => {
                let partners = Partners::find(on, &done[*of], &done[*with], &block.without_place)?;
                nearest(&done[*of], &done[*with], &partners, best, *keep, *outer)?
            }
        };
        done.push(rows);
    }
    Ok(done)
}

fn semi(of: &Rows, with: &Rows, on: &Paired, anti: bool, without: &[bool]) -> Result<Rows> {
    let partners = Partners::find(on, of, with, without)?;
    let keep = (0..of.len()).map(|row| Some((partners.count(row) > 0) != anti)).collect();
    of.filter(&keep)
}

/// Of the rows of one place that agree in all of `by`, the first.
fn distinct(of: &Rows, by: &[usize]) -> Result<Rows> {
    // Where a whole number only grows, no two rows agree: the usual case, and cheap to see.
    for column in by {
        let values = of.column(*column)?;
        if !values.data_type().is_integer() && !values.data_type().is_temporal() {
            continue;
        }
        let Ok(units) = of.units(*column, 1) else { continue };
        let grows = |place| {
            let (a, b) = of.of(place);
            units.values[a..b].is_sorted_by(|x, y| x < y)
        };
        if units.nulls.is_none() && (0..of.places()).all(grows) {
            return Ok(of.clone());
        }
    }
    let columns = by.iter().map(|c| of.column(*c)).collect::<Result<Vec<ArrayRef>>>()?;
    let fields = columns.iter().map(|c| SortField::new(c.data_type().clone())).collect();
    let rows = RowConverter::new(fields)?.convert_columns(&columns)?;
    let mut keep = vec![false; of.len()];
    let mut seen = std::collections::HashSet::new();
    for place in 0..of.places() {
        seen.clear();
        let (a, b) = of.of(place);
        for (row, kept) in keep.iter_mut().enumerate().take(b).skip(a) {
            *kept = seen.insert(rows.row(row));
        }
    }
    of.filter(&keep.into())
}

/// Each row with its best partners, ranked from 1.
fn nearest(
    of: &Rows,
    with: &Rows,
    partners: &Partners,
    best: &[SortKey],
    keep: usize,
    outer: bool,
) -> Result<Rows> {
    let total = partners.total();
    let (mut lefts, mut rights) = (Vec::with_capacity(total), Vec::with_capacity(total));
    for row in 0..of.len() {
        partners.append(row, 0, usize::MAX, &mut rights);
        lefts.resize(rights.len(), row as u32);
    }
    let (lefts, rights) = (UInt32Array::from(lefts), UInt32Array::from(rights));
    let order = Order::new(of, with, &lefts, &rights, best)?;
    let mut picked = Picked::default();
    let mut pair = 0;
    for place in 0..of.places() {
        let (a, b) = of.of(place);
        for row in a..b {
            let pairs = pair..pair + partners.count(row);
            pair = pairs.end;
            picked.row(row, pairs, &order, &rights, keep, outer);
        }
        picked.offsets.push(picked.left.len() as u32);
    }
    picked.rows(of, with)
}

#[derive(Default)]
struct Picked {
    left: Vec<u32>,
    right: Vec<Option<u32>>,
    rank: Vec<u64>,
    offsets: Vec<u32>,
}

impl Picked {
    fn row(
        &mut self,
        row: usize,
        pairs: std::ops::Range<usize>,
        order: &Order,
        rights: &UInt32Array,
        keep: usize,
        outer: bool,
    ) {
        if pairs.is_empty() {
            if outer {
                self.push(row, None, 1);
            }
        } else if keep == 1 {
            let best = pairs.reduce(|best, p| if order.less(p, best) { p } else { best });
            self.push(row, best.map(|p| rights.value(p)), 1);
        } else {
            let mut all: Vec<usize> = pairs.collect();
            all.sort_by(|a, b| order.compare(*a, *b));
            for (k, p) in all.into_iter().take(keep).enumerate() {
                self.push(row, Some(rights.value(p)), k as u64 + 1);
            }
        }
    }

    fn push(&mut self, left: usize, right: Option<u32>, rank: u64) {
        self.left.push(left as u32);
        self.right.push(right);
        self.rank.push(rank);
    }

    fn rows(self, of: &Rows, with: &Rows) -> Result<Rows> {
        let offsets: Vec<u32> = std::iter::once(0).chain(self.offsets).collect();
        let left = of.choose(&UInt32Array::from(self.left), offsets.clone())?;
        let right = with.choose(&UInt32Array::from(self.right), offsets.clone())?;
        let rank = Rows::new(vec![Some(Arc::new(UInt64Array::from(self.rank)))], offsets);
        Ok(left.beside(right).beside(rank))
    }
}

/// An order of pairs: by one whole number first where that is possible, then by all keys.
struct Order {
    first: Option<arrow::buffer::ScalarBuffer<i64>>,
    rows: Option<arrow::row::Rows>,
}

impl Order {
    fn new(
        of: &Rows,
        with: &Rows,
        lefts: &UInt32Array,
        rights: &UInt32Array,
        best: &[SortKey],
    ) -> Result<Self> {
        let split = of.columns();
        let column = |c| pair_column(of, with, lefts, rights, split, c);
        let mut keys = Vec::with_capacity(best.len());
        for key in best {
            keys.push(key.value.run(lefts.len(), column)?);
        }
        let whole = match (keys.first(), best.first()) {
            (Some(values), Some(key)) if !key.descending => sortable(values),
            _ => None,
        };
        if whole.is_some() && keys.len() == 1 {
            return Ok(Self { first: whole, rows: None });
        }
        let field = |(values, key): (&ArrayRef, &SortKey)| {
            let options = SortOptions { descending: key.descending, nulls_first: key.nulls_first };
            SortField::new_with_options(values.data_type().clone(), options)
        };
        let fields = keys.iter().zip(best).map(field).collect();
        let rows = RowConverter::new(fields)?.convert_columns(&keys)?;
        Ok(Self { first: whole, rows: Some(rows) })
    }

    fn compare(&self, a: usize, b: usize) -> std::cmp::Ordering {
        let first = match &self.first {
            Some(values) => values[a].cmp(&values[b]),
            None => std::cmp::Ordering::Equal,
        };
        first.then_with(|| match &self.rows {
            Some(rows) => rows.row(a).cmp(&rows.row(b)),
            None => std::cmp::Ordering::Equal,
        })
    }

    fn less(&self, a: usize, b: usize) -> bool {
        self.compare(a, b).is_lt()
    }
}

/// Values whose order is that of whole numbers, none of them missing.
fn sortable(values: &ArrayRef) -> Option<arrow::buffer::ScalarBuffer<i64>> {
    if values.null_count() > 0 {
        return None;
    }
    if let Some(floats) = values.as_primitive_opt::<arrow::datatypes::Float64Type>() {
        // The bits of floats, in the order that sorting gives them.
        let bits = |v: &f64| {
            let bits = v.to_bits() as i64;
            bits ^ (((bits >> 63) as u64) >> 1) as i64
        };
        return Some(floats.values().iter().map(bits).collect());
    }
    values.as_primitive_opt::<Int64Type>().map(|v| v.values().clone())
}
