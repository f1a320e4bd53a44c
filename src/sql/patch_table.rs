//! The columns of `scenes` and of `patches`, `s2`, `s1`, `dem`, as the engine sees them.

use std::sync::Arc;

use arrow::datatypes::{Fields, Schema, SchemaRef};
use datafusion::catalog::TableProvider;
use datafusion::datasource::MemTable;

use super::fault;
use crate::catalog::patches_schema;
use crate::error::Result;

/// Columns of a table of patches.
pub(super) fn schema() -> Result<SchemaRef> {
    Ok(bare(&patches_schema()?))
}

/// The columns without marks and all nullable: inside the engine a mark that one side of a join has
/// and the other has not is an error; answers get their marks back at the end.
pub(super) fn bare(schema: &SchemaRef) -> SchemaRef {
    let field = |f: &Arc<arrow::datatypes::Field>| {
        let plain = f.as_ref().clone().with_metadata(Default::default());
        Arc::new(plain.with_nullable(true))
    };
    Arc::new(Schema::new(schema.fields().iter().map(field).collect::<Fields>()))
}

/// A table of patches without rows.
pub(super) fn empty() -> Result<Arc<dyn TableProvider>> {
    let table = MemTable::try_new(schema()?, vec![vec![]]).map_err(|e| fault::plain(&e))?;
    Ok(Arc::new(table))
}
