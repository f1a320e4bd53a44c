//! The steps of a program, one after the other, over one block.

use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::row::{RowConverter, SortField};
use datafusion::common::Result;

use super::blocks::Block;
use super::nearest::nearest;
use super::prepare::{Compute, Paired, Prepared, Ready};
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
                // What stands on a column that was not read is read by nobody.
                let is_there = |e: &&Compute| e.uses().iter().all(|c| of.is_read(*c));
                for column in columns {
                    let values = column.as_ref().filter(is_there);
                    let values = values.map(|e| e.run(of.len(), |c| of.column(c)));
                    computed.push(values.transpose()?);
                }
                of.project(computed)
            }
            Ready::Distinct { of, by } => distinct(&done[*of], by)?,
            Ready::Semi { of, with, on, anti } => {
                semi(&done[*of], &done[*with], on, *anti, &block.without_place)?
            }
            Ready::Nearest { of, with, on, best } => {
                let (of, with) = (&done[*of], &done[*with]);
                let partners = Partners::find(on, of, with, &block.without_place)?;
                nearest(of, with, &partners, best)?
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
