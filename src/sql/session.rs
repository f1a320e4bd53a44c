//! The DataFusion session.

use std::path::Path;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use crate::catalog::Catalog;
use crate::error::Result;

/// The value of a `$name`.
#[derive(Debug, Clone, PartialEq)]
pub enum Param {
    /// Whole number.
    Int(i64),
    /// Number.
    Float(f64),
    /// Text.
    Text(String),
}

/// The rows of an answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Columns.
    pub schema: SchemaRef,
    /// Rows.
    pub batches: Vec<RecordBatch>,
}

/// A session over the tables of a catalog and any further Parquet files.
pub struct Session {}

impl Session {
    /// An empty session with a memory limit in bytes.
    pub fn new(memory_bytes_max: usize) -> Result<Self> {
        let _ = memory_bytes_max;
        todo!()
    }
    /// Registers `scenes`, `patches`, `s2`, `s1`, `dem` of a catalog: rows are patches.
    pub fn with_catalog(self, catalog: &Catalog) -> Result<Self> {
        let _ = catalog;
        todo!()
    }
    /// As [`Session::with_catalog`], but the rows of `s2`, `s1`, `dem` are whole scenes (`row` and `col` 0).
    pub fn with_scenes(self, catalog: &Catalog) -> Result<Self> {
        let _ = catalog;
        todo!()
    }
    /// Registers a Parquet file as a table.
    pub fn with_table(self, name: &str, file: &Path) -> Result<Self> {
        let _ = (name, file);
        todo!()
    }
    /// Answers one `SELECT`.
    pub fn query(&self, sql: &str, params: &[(String, Param)]) -> Result<Answer> {
        let _ = (sql, params);
        todo!()
    }
    /// The physical plan as text.
    pub fn explain(&self, sql: &str, params: &[(String, Param)]) -> Result<String> {
        let _ = (sql, params);
        todo!()
    }
}
