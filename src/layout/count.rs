//! How many samples a layout finds, without holding them.

use std::collections::BTreeMap;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type};

use super::Layout;
use super::rows::{named, role_names};
use crate::error::{Error, Result};
use crate::geo::{Split, Splitter};
use crate::sql::Session;

/// Rows of a layout by tile and split.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counts {
    /// Patch columns of the query.
    pub roles: Vec<String>,
    /// Rows by tile and split.
    pub rows: BTreeMap<(String, &'static str), u64>,
}

impl Counts {
    /// All rows.
    pub fn total(&self) -> u64 {
        self.rows.values().sum()
    }
}

impl Layout {
    /// Counts the rows of the query by place, and gives every place its split. Reads no column that
    /// the count does not need; a query that gives equal rows counts each of them.
    pub fn count(&self, session: &Session, splitter: &Splitter) -> Result<Counts> {
        let doing = |e: Error| e.context(format!("counting layout {}", self.name));
        let statement = self.statement();
        let none = format!("SELECT *\nFROM (\n{statement}\n) AS sample\nLIMIT 0");
        let schema = session.query(&none, &self.params).map_err(doing)?.schema;
        let roles = role_names(&schema)?;
        let mut keys = vec!["tile", "row", "col"];
        if schema.field_with_name("split").is_ok() {
            keys.push("split");
        }
        if let Some(lost) = keys.iter().find(|k| schema.field_with_name(k).is_err()) {
            return Err(Error::usage(format!("layout {} has no column {lost}", self.name))
                .hint(format!("add t.{lost} to its SELECT")));
        }
        let keys = keys.join(", ");
        let sql = format!(
            "SELECT {keys}, count(*) AS samples\nFROM (\n{statement}\n) AS sample\nGROUP BY {keys}"
        );
        let mut rows = BTreeMap::new();
        session
            .stream(&sql, &self.params, &mut |batch| add(&batch, splitter, &mut rows))
            .map_err(doing)?;
        Ok(Counts { roles, rows })
    }
}

fn add(
    batch: &RecordBatch,
    splitter: &Splitter,
    rows: &mut BTreeMap<(String, &'static str), u64>,
) -> Result<()> {
    let column = |name: &str, kind: DataType| -> Result<ArrayRef> {
        let found = batch.column_by_name(name);
        let found = found.ok_or_else(|| Error::internal("a count without its places"))?;
        cast(found, &kind)
            .map_err(|e| Error::usage(format!("column {name} is not {kind}")).with_source(e))
    };
    let (tiles, n) = (column("tile", DataType::Utf8)?, column("samples", DataType::Int64)?);
    let (tiles, n) = (tiles.as_string::<i32>(), n.as_primitive::<Int64Type>());
    let (row, col) = (column("row", DataType::Int64)?, column("col", DataType::Int64)?);
    let (row, col) = (row.as_primitive::<Int64Type>(), col.as_primitive::<Int64Type>());
    let splits = batch.column_by_name("split").map(|_| column("split", DataType::Utf8));
    let splits = splits.transpose()?;
    for i in 0..batch.num_rows() {
        let tile = tiles.value(i);
        let index = |v: i64| u32::try_from(v).unwrap_or(0);
        let split: Split = match splits.as_ref().map(|s| s.as_string::<i32>()) {
            Some(split) if split.is_valid(i) => named(split.value(i))?,
            _ => splitter.of(tile, index(row.value(i)), index(col.value(i))),
        };
        let count = u64::try_from(n.value(i)).unwrap_or(0);
        *rows.entry((tile.to_owned(), split.name())).or_default() += count;
    }
    Ok(())
}
