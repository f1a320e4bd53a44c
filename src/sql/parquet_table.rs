//! A table of Parquet files that knows more about its rows than their types.

use std::collections::HashMap;
use std::fs::File;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use arrow::array::{Array, ArrayRef, AsArray, UInt32Array};
use arrow::compute::{cast, partition, take_arrays};
use arrow::datatypes::{DataType, Int64Type, SchemaRef};
use arrow::row::{OwnedRow, RowConverter, SortField};
use async_trait::async_trait;
use datafusion::catalog::{ScanArgs, ScanResult, Session, TableProvider};
use datafusion::common::Result;
use datafusion::datasource::TableType;
use datafusion::datasource::listing::ListingTable;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::physical_plan::ExecutionPlan;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};

use crate::limits;

/// Rows that are read at once while a fact is looked up.
const ROWS: usize = 1 << 16;

/// What is known of the keys of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keys {
    /// None comes twice.
    Unique,
    /// These two values do.
    Doubled(i64, i64),
    /// Cells are not in order, or not whole numbers.
    Unknown,
}

/// A listing of files, and facts about their rows, looked up in the files when somebody asks.
#[derive(Debug)]
pub(super) struct ParquetTable {
    listing: ListingTable,
    /// In the order in which a scan of one partition reads them.
    files: Vec<PathBuf>,
    sorted: Mutex<HashMap<Vec<usize>, bool>>,
    unique: Mutex<HashMap<usize, bool>>,
}

impl ParquetTable {
    pub fn new(listing: ListingTable, files: Vec<PathBuf>) -> Self {
        Self { listing, files, sorted: Mutex::default(), unique: Mutex::default() }
    }

    /// Whether the rows come in ascending order of these columns, none of them empty. Reads only
    /// these columns, once.
    pub fn is_sorted(&self, columns: &[usize]) -> bool {
        look_up(&self.sorted, columns.to_vec(), || self.find_sorted(columns).unwrap_or(false))
    }

    /// Whether no value of a column of whole numbers comes twice. False where it would take too
    /// much memory to know.
    pub fn is_unique(&self, column: usize) -> bool {
        look_up(&self.unique, column, || self.find_unique(column).unwrap_or(false))
    }

    /// Whether no two rows have the same cell and id, where the rows of a cell follow each other in
    /// the order of cells. Reads both columns; holds the ids of one cell.
    pub fn keys(&self, cell: usize, id: usize) -> Keys {
        self.find_keys(cell, id).unwrap_or(Keys::Unknown)
    }

    fn find_keys(&self, cell: usize, id: usize) -> Option<Keys> {
        let (columns, first) = ([cell.min(id), cell.max(id)], usize::from(cell > id));
        let (mut now, mut ids): (Option<i64>, Vec<i64>) = (None, Vec::new());
        for file in &self.files {
            for batch in self.reader(file, &columns)? {
                let batch = batch.ok()?;
                let [cells, values] = [first, 1 - first].map(|c| whole_numbers(batch.column(c)));
                let (cells, values) = (cells?, values?);
                if cells.null_count() > 0 || values.null_count() > 0 {
                    return None;
                }
                let cells = cells.as_primitive::<Int64Type>().values();
                let values = values.as_primitive::<Int64Type>().values();
                for (cell, id) in cells.iter().zip(values) {
                    if now != Some(*cell) {
                        if now.is_some_and(|last| last > *cell) {
                            return None;
                        }
                        if let Some(doubled) = doubled(now, &mut ids) {
                            return Some(doubled);
                        }
                        now = Some(*cell);
                    }
                    if ids.len() == limits::UNIQUE_ROWS_MAX {
                        return None;
                    }
                    ids.push(*id);
                }
            }
        }
        Some(doubled(now, &mut ids).unwrap_or(Keys::Unique))
    }

    fn find_sorted(&self, columns: &[usize]) -> Option<bool> {
        let schema = self.listing.schema();
        let field = |c: &usize| SortField::new(schema.field(*c).data_type().clone());
        let converter = RowConverter::new(columns.iter().map(field).collect()).ok()?;
        let mut last: Option<OwnedRow> = None;
        for file in &self.files {
            for batch in self.reader(file, columns)? {
                let batch = batch.ok()?;
                let values = batch.columns().to_vec();
                if batch.num_rows() == 0 {
                    continue;
                }
                if values.iter().any(|v| v.null_count() > 0) {
                    return Some(false);
                }
                let runs = partition(&values).ok()?.ranges();
                let heads: UInt32Array = runs.iter().map(|r| r.start as u32).collect();
                let heads = take_arrays(&values, &heads, None).ok()?;
                let rows = converter.convert_columns(&heads).ok()?;
                for row in &rows {
                    if last.as_ref().is_some_and(|l| l.row() > row) {
                        return Some(false);
                    }
                    last = Some(row.owned());
                }
            }
        }
        Some(true)
    }

    fn find_unique(&self, column: usize) -> Option<bool> {
        let mut all: Vec<i64> = Vec::new();
        for file in &self.files {
            for batch in self.reader(file, &[column])? {
                let batch = batch.ok()?;
                let values = whole_numbers(batch.column(0))?;
                if values.null_count() > 0 || all.len() + values.len() > limits::UNIQUE_ROWS_MAX {
                    return Some(false);
                }
                all.extend_from_slice(values.as_primitive::<Int64Type>().values());
            }
        }
        if !all.is_sorted() {
            all.sort_unstable();
        }
        Some(all.windows(2).all(|w| w[0] != w[1]))
    }

    /// Some columns of one file.
    fn reader(&self, file: &PathBuf, columns: &[usize]) -> Option<ParquetRecordBatchReader> {
        let builder = ParquetRecordBatchReaderBuilder::try_new(File::open(file).ok()?).ok()?;
        let schema = self.listing.schema();
        let wanted: Vec<&str> = columns.iter().map(|c| schema.field(*c).name().as_str()).collect();
        let places: Vec<usize> =
            wanted.iter().map(|n| builder.schema().index_of(n).ok()).collect::<Option<_>>()?;
        // A reader gives columns in the order of the file, so only that order can be looked up.
        if !places.is_sorted() {
            return None;
        }
        let mask = ProjectionMask::roots(builder.parquet_schema(), places);
        builder.with_projection(mask).with_batch_size(ROWS).build().ok()
    }
}

/// The key that comes twice among those of one cell, which are then forgotten.
fn doubled(cell: Option<i64>, ids: &mut Vec<i64>) -> Option<Keys> {
    if !ids.is_sorted() {
        ids.sort_unstable();
    }
    let twice = ids.windows(2).find(|w| w[0] == w[1]).map(|w| w[0]);
    ids.clear();
    Some(Keys::Doubled(cell?, twice?))
}

/// What is known, or what `find` finds.
fn look_up<K: Eq + std::hash::Hash>(
    known: &Mutex<HashMap<K, bool>>,
    key: K,
    find: impl FnOnce() -> bool,
) -> bool {
    let Ok(mut known) = known.lock() else { return false };
    *known.entry(key).or_insert_with(find)
}

fn whole_numbers(values: &ArrayRef) -> Option<ArrayRef> {
    let whole = values.data_type().is_integer() && *values.data_type() != DataType::UInt64;
    whole.then(|| cast(values, &DataType::Int64).ok()).flatten()
}

#[async_trait]
impl TableProvider for ParquetTable {
    fn schema(&self) -> SchemaRef {
        self.listing.schema()
    }

    fn table_type(&self) -> TableType {
        self.listing.table_type()
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        self.listing.scan(state, projection, filters, limit).await
    }

    async fn scan_with_args<'a>(
        &self,
        state: &dyn Session,
        args: ScanArgs<'a>,
    ) -> Result<ScanResult> {
        self.listing.scan_with_args(state, args).await
    }

    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> Result<Vec<TableProviderFilterPushDown>> {
        self.listing.supports_filters_pushdown(filters)
    }
}
