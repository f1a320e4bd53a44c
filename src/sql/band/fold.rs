//! Totals over all combinations, without any of them written down.
//!
//! Roles hang on each other as a tree, so the number of combinations of a row is the product, over
//! the roles that hang on it, of the sum over its partners; and a total of one role's values is
//! carried up the same way. A total that does not fit 64 bits is an error.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Float64Array, Int64Array, RecordBatch};
use arrow::compute::{cast, filter_record_batch};
use arrow::datatypes::{DataType, Float64Type, Int64Type, SchemaRef};
use datafusion::common::Result;

use super::blocks::Block;
use super::prepare::Prepared;
use super::product::roles;
use super::program::{Fold, Program, Total};
use super::ranges::Partners;
use super::rows::Rows;
use super::wholes::Wholes;

/// One row for each row of the reference that has combinations.
pub(super) fn run(
    fold: &Fold,
    program: &Program,
    prepared: &Prepared,
    block: &Block,
    schema: &SchemaRef,
) -> Result<RecordBatch> {
    let (rows, links) = roles(program, prepared, block)?;
    let mut trees: Vec<Tree> = rows.iter().map(|r| Tree::new(r.len())).collect();
    for (number, (total, value)) in fold.totals.iter().zip(&prepared.totals).enumerate() {
        let rows = &rows[total.role];
        let values = match value {
            Some(value) => Some(value.run(rows.len(), |c| rows.column(c))?),
            None => None,
        };
        trees[total.role].items.push((number, Item::new(total, values, rows)?));
    }
    // Roles hang on earlier ones, so the last has nothing below it that is not yet counted.
    for (link, (to, partners)) in links.iter().enumerate().rev() {
        let role = link + 1;
        let outer = program.product.roles[role].link.as_ref().is_some_and(|l| l.outer);
        let child = std::mem::replace(&mut trees[role], Tree::new(0));
        trees[*to].hang(&child, partners, outer);
    }
    let Some(mut root) = trees.into_iter().next() else {
        return Ok(RecordBatch::new_empty(Arc::clone(schema)));
    };
    root.items.sort_by_key(|(number, _)| *number);
    let mut columns: Vec<ArrayRef> = Vec::with_capacity(schema.fields().len());
    for column in &fold.columns {
        columns.push(rows[0].column(*column)?);
    }
    for (_, item) in root.items {
        columns.push(item.finish()?);
    }
    let batch = RecordBatch::try_new(Arc::clone(schema), columns)?;
    let some: BooleanArray = root.count.values().iter().map(|n| Some(*n != 0)).collect();
    Ok(filter_record_batch(&batch, &some)?)
}

/// What is known of each row of a role: its combinations with the roles below, and totals.
struct Tree {
    count: Wholes,
    items: Vec<(usize, Item)>,
}

impl Tree {
    fn new(rows: usize) -> Self {
        Self { count: Wholes::new(vec![1; rows]), items: Vec::new() }
    }

    /// Multiplies by the partners of each row.
    fn hang(&mut self, child: &Self, partners: &Partners, outer: bool) {
        let mut sums = partners.sums(&child.count);
        if outer {
            for row in 0..sums.values().len() {
                if partners.count(row) == 0 {
                    sums.set(row, 1);
                }
            }
        }
        for (_, item) in &mut self.items {
            item.multiply(&sums);
        }
        for (number, item) in &child.items {
            let mut sum = item.sums(partners);
            sum.multiply(&self.count);
            self.items.push((*number, sum));
        }
        self.count.multiply(&sums);
    }
}

/// A total and the number of values in it; without values it is empty.
enum Item {
    Count(Wholes),
    Whole { sum: Wholes, values: Wholes },
    Float { sum: Vec<f64>, values: Wholes },
}

impl Item {
    fn new(total: &Total, values: Option<ArrayRef>, rows: &Rows) -> Result<Self> {
        let Some(values) = values else { return Ok(Self::Count(Wholes::new(vec![1; rows.len()]))) };
        let some = Wholes::new(match values.logical_nulls() {
            Some(nulls) => nulls.iter().map(i64::from).collect(),
            None => vec![1; values.len()],
        });
        if total.counts {
            return Ok(Self::Count(some));
        }
        if values.data_type().is_floating() {
            let values = cast(&values, &DataType::Float64)?;
            let values = values.as_primitive::<Float64Type>();
            let sum = values.iter().map(Option::unwrap_or_default).collect();
            return Ok(Self::Float { sum, values: some });
        }
        let values = cast(&values, &DataType::Int64)?;
        let values = values.as_primitive::<Int64Type>();
        let sum = Wholes::new(values.iter().map(Option::unwrap_or_default).collect());
        Ok(Self::Whole { sum, values: some })
    }

    fn multiply(&mut self, by: &Wholes) {
        match self {
            Self::Count(n) => n.multiply(by),
            Self::Whole { sum, values } => {
                sum.multiply(by);
                values.multiply(by);
            }
            Self::Float { sum, values } => {
                sum.iter_mut().zip(by.values()).for_each(|(s, b)| *s *= *b as f64);
                values.multiply(by);
            }
        }
    }

    fn sums(&self, partners: &Partners) -> Self {
        let whole = |v: &Wholes| partners.sums(v);
        match self {
            Self::Count(n) => Self::Count(whole(n)),
            Self::Whole { sum, values } => Self::Whole { sum: whole(sum), values: whole(values) },
            // The difference of two long sums would lose digits.
            Self::Float { sum, values } => {
                Self::Float { sum: partners.float_sums(sum), values: whole(values) }
            }
        }
    }

    /// The total of every row. Refuses one that does not fit.
    fn finish(self) -> Result<ArrayRef> {
        Ok(match self {
            Self::Count(n) => Arc::new(Int64Array::from(n.known()?)),
            Self::Whole { sum, values } => {
                let some = sum.known()?.into_iter().zip(values.values());
                Arc::new(some.map(|(s, n)| (*n != 0).then_some(s)).collect::<Int64Array>())
            }
            Self::Float { sum, values } => {
                // Where the number of combinations is lost, so is what was multiplied by it.
                let some = sum.into_iter().zip(values.known()?);
                Arc::new(some.map(|(s, n)| (n != 0).then_some(s)).collect::<Float64Array>())
            }
        })
    }
}
