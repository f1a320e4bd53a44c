//! A table of Parquet files that knows more about its rows than their types.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Int64Type, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{ScanArgs, ScanResult, Session, TableProvider};
use datafusion::common::Result;
use datafusion::datasource::TableType;
use datafusion::datasource::listing::ListingTable;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::physical_plan::ExecutionPlan;

use super::row_order::{self, RowOrder, whole_numbers};
use crate::limits;

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

/// What rows are ordered by: the columns of a place, and another one within it.
type By = (Vec<usize>, Option<usize>);

/// A listing of files, and facts about their rows, looked up in the files when somebody asks.
#[derive(Debug)]
pub(super) struct ParquetTable {
    listing: ListingTable,
    /// In the order in which a scan of one partition reads them.
    files: Vec<PathBuf>,
    orders: Mutex<HashMap<By, RowOrder>>,
    unique: Mutex<HashMap<usize, bool>>,
}

impl ParquetTable {
    pub fn new(listing: ListingTable, files: Vec<PathBuf>) -> Self {
        Self { listing, files, orders: Mutex::default(), unique: Mutex::default() }
    }

    /// Whether the rows come in ascending order of these columns, none of them empty. Reads only
    /// these columns, once.
    pub fn is_sorted(&self, place: &[usize]) -> bool {
        let known = self.orders.lock().is_ok_and(|orders| {
            orders.iter().any(|((of, _), order)| of == place && *order >= RowOrder::Places)
        });
        known || self.order(place, None) >= RowOrder::Places
    }

    /// Whether the rows come in that order of a place, and one of the other columns is a time that only
    /// grows within a place: then no two rows agree in these columns. Reads them once.
    pub fn is_distinct(&self, place: &[usize], columns: &[usize]) -> bool {
        let schema = self.listing.schema();
        let is_time =
            |c: &&usize| !place.contains(c) && schema.field(**c).data_type().is_temporal();
        let time = columns.iter().find(is_time);
        place.iter().all(|p| columns.contains(p))
            && time.is_some_and(|t| self.order(place, Some(*t)) == RowOrder::Strict)
    }

    fn order(&self, place: &[usize], then: Option<usize>) -> RowOrder {
        let find = || RowOrder::find(&self.files, &self.listing.schema(), place, then);
        look_up(&self.orders, (place.to_vec(), then), || find().unwrap_or(RowOrder::Any))
            .unwrap_or(RowOrder::Any)
    }

    /// Whether no value of a column of whole numbers comes twice. False where it would take too
    /// much memory to know.
    pub fn is_unique(&self, column: usize) -> bool {
        look_up(&self.unique, column, || self.find_unique(column).unwrap_or(false)).unwrap_or(false)
    }

    /// Whether no two rows have the same cell and id, where the rows of a cell follow each other in
    /// the order of cells. Reads both columns; holds the ids of one cell.
    pub fn keys(&self, cell: usize, id: usize) -> Keys {
        self.find_keys(cell, id).unwrap_or(Keys::Unknown)
    }

    fn find_keys(&self, cell: usize, id: usize) -> Option<Keys> {
        let (mut now, mut ids): (Option<i64>, Vec<i64>) = (None, Vec::new());
        for file in &self.files {
            for batch in self.columns(file, &[cell, id])? {
                let batch = batch?;
                let [cells, values] = [0, 1].map(|c| whole_numbers(batch.column(c)));
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

    fn find_unique(&self, column: usize) -> Option<bool> {
        let mut all: Vec<i64> = Vec::new();
        for file in &self.files {
            for batch in self.columns(file, &[column])? {
                let batch = batch?;
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

    fn columns(
        &self,
        file: &PathBuf,
        columns: &[usize],
    ) -> Option<impl Iterator<Item = Option<RecordBatch>> + use<>> {
        row_order::columns(file, None, &self.listing.schema(), columns)
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
fn look_up<K: Eq + std::hash::Hash, V: Copy>(
    known: &Mutex<HashMap<K, V>>,
    key: K,
    find: impl FnOnce() -> V,
) -> Option<V> {
    Some(*known.lock().ok()?.entry(key).or_insert_with(find))
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
