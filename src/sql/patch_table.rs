//! The columns of `patches`, `s2`, `s1`, `dem`.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef};
use datafusion::catalog::TableProvider;
use datafusion::datasource::MemTable;

use super::fault;
use super::patch_type::{instant, patch_fields};
use crate::error::Result;

/// Columns of a table of patches.
pub(super) fn schema() -> SchemaRef {
    Arc::new(Schema::new(Fields::from(vec![
        Field::new("id", DataType::Int64, true),
        Field::new("tile", DataType::Utf8, true),
        Field::new("sensor", DataType::Utf8, true),
        Field::new("scene", DataType::Utf8, true),
        Field::new("row", DataType::Int32, true),
        Field::new("col", DataType::Int32, true),
        Field::new("cell", DataType::Int64, true),
        Field::new("time", instant(), true),
        Field::new("slot", DataType::Int32, true),
        Field::new("cloud_percent", DataType::Float64, true),
        Field::new("valid", DataType::Boolean, true),
        Field::new("patch", DataType::Struct(patch_fields()), true),
    ])))
}

/// A table of patches without rows.
pub(super) fn empty() -> Result<Arc<dyn TableProvider>> {
    let table = MemTable::try_new(schema(), vec![vec![]]).map_err(|e| fault::plain(&e))?;
    Ok(Arc::new(table))
}
