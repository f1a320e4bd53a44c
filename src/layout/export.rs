//! The samples of a layout as a Parquet file, written as they are found.

use std::collections::HashMap;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, FieldRef, Int64Type, Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;

use super::Layout;
use super::rows::{named, role_names};
use crate::catalog::schema;
use crate::error::{Error, Result};
use crate::geo::Splitter;
use crate::sql::{Session, is_patch, patch_field};
use crate::store::Pending;

const COLUMNS: &str = include_str!("../../schemas/samples.json");
/// Columns that every file begins with.
const FIRST: [&str; 4] = ["tile", "row", "col", "split"];

impl Layout {
    /// Writes the rows of the query, in the order in which they are found: the columns of
    /// `schemas/samples.json`, for every role its patch and beside it `<role>_id` and
    /// `<role>_scene`, then the other columns of the query. Returns the number of rows.
    ///
    /// The tables must have been registered with [`Session::with_identity`]. Holds a few batches,
    /// whatever the number of rows. The file is published whole or not at all.
    pub(crate) fn export(&self, session: &Session, splitter: &Splitter, to: &Path) -> Result<u64> {
        let pending = Pending::new(to)?;
        let mut shape = Shape { splitter, splits: HashMap::new() };
        let (mut writer, mut rows) = (None, 0u64);
        let columns = session
            .stream(&self.sql, &self.params, &mut |batch| {
                let batch = shape.rows(&batch)?;
                rows += batch.num_rows() as u64;
                if writer.is_none() {
                    writer = Some(self.writer(pending.create()?, &batch.schema())?);
                }
                match writer.as_mut() {
                    Some(w) => w.write(&batch).map_err(unwritten),
                    None => Err(Error::internal("no file to write to")),
                }
            })
            .map_err(|e| e.context(format!("running layout {}", self.name)))?;
        let writer = match writer {
            Some(writer) => writer,
            // A file without rows still has its columns.
            None => {
                let empty = shape.rows(&RecordBatch::new_empty(columns))?;
                self.writer(pending.create()?, &empty.schema())?
            }
        };
        writer.close().map_err(unwritten)?;
        pending.commit()?;
        Ok(rows)
    }

    fn writer(&self, file: File, schema: &SchemaRef) -> Result<ArrowWriter<File>> {
        let level = ZstdLevel::try_new(1).map_err(unwritten)?;
        let about = [("eclaircie.layout", self.name.clone()), ("eclaircie.query", self.hash())];
        let about = about.map(|(k, v)| KeyValue::new(k.to_owned(), v)).to_vec();
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(level))
            .set_key_value_metadata(Some(about))
            .build();
        ArrowWriter::try_new(file, Arc::clone(schema), Some(properties)).map_err(unwritten)
    }
}

/// Turns the rows of a query into those of the file.
struct Shape<'a> {
    splitter: &'a Splitter,
    /// The split of every place seen so far: there are few places and many rows.
    splits: HashMap<String, HashMap<(i64, i64), &'static str>>,
}

impl Shape<'_> {
    fn rows(&mut self, batch: &RecordBatch) -> Result<RecordBatch> {
        let from = batch.schema();
        role_names(&from)?;
        let mut fields: Vec<FieldRef> = schema(COLUMNS)?.fields().iter().cloned().collect();
        let mut columns = self.place(batch, &fields)?;
        let patches = from.fields().iter().zip(batch.columns());
        for (field, column) in patches.clone().filter(|(f, _)| is_patch(f)) {
            for (field, column) in role(field.name(), column)? {
                fields.push(field);
                columns.push(column);
            }
        }
        for (field, column) in patches {
            if !is_patch(field) && !fields.iter().any(|f| f.name() == field.name()) {
                fields.push(Arc::clone(field));
                columns.push(Arc::clone(column));
            }
        }
        RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).map_err(unfit)
    }

    /// Tile, row, column and split.
    fn place(&mut self, batch: &RecordBatch, fields: &[FieldRef]) -> Result<Vec<ArrayRef>> {
        let column = |at: usize| -> Result<ArrayRef> {
            let (name, kind) = (FIRST[at], fields[at].data_type());
            let found = batch.column_by_name(name).ok_or_else(|| {
                Error::usage(format!("the layout has no column {name}"))
                    .hint(format!("add t.{name} to its SELECT"))
            })?;
            let fit = cast(found, kind).map_err(unfit)?;
            match fit.null_count() {
                0 => Ok(fit),
                n => Err(Error::usage(format!("{n} rows of the layout have no {name}"))),
            }
        };
        let (tile, row, col) = (column(0)?, column(1)?, column(2)?);
        let given = batch.column_by_name("split").map(|c| cast(c, &DataType::Utf8).map_err(unfit));
        let given = given.transpose()?;
        let (tiles, rows, cols) = (tile.as_string::<i32>(), wide(&row)?, wide(&col)?);
        let mut splits = Vec::with_capacity(batch.num_rows());
        for i in 0..batch.num_rows() {
            splits.push(match given.as_ref().map(|g| g.as_string::<i32>()) {
                Some(given) if given.is_valid(i) => named(given.value(i))?.name(),
                _ => self.split(tiles.value(i), rows.value(i), cols.value(i)),
            });
        }
        let split: ArrayRef = Arc::new(StringArray::from(splits));
        Ok(vec![tile, row, col, split])
    }

    fn split(&mut self, tile: &str, row: i64, col: i64) -> &'static str {
        if !self.splits.contains_key(tile) {
            self.splits.insert(tile.to_owned(), HashMap::new());
        }
        let index = |v: i64| u32::try_from(v).unwrap_or(0);
        let draw = || self.splitter.of(tile, index(row), index(col)).name();
        match self.splits.get_mut(tile) {
            Some(places) => places.entry((row, col)).or_insert_with(draw),
            None => draw(),
        }
    }
}

fn wide(column: &ArrayRef) -> Result<Int64Array> {
    Ok(cast(column, &DataType::Int64).map_err(unfit)?.as_primitive::<Int64Type>().clone())
}

/// The patch of a role, and what tells other programs which image it is.
fn role(name: &str, column: &ArrayRef) -> Result<Vec<(FieldRef, ArrayRef)>> {
    let parts = column.as_struct();
    let field = patch_field(name);
    let DataType::Struct(words) = field.data_type() else {
        return Err(Error::internal("a patch is no struct"));
    };
    let mut kept = Vec::with_capacity(words.len());
    for word in words {
        let part = parts.column_by_name(word.name());
        let part = part.ok_or_else(|| Error::internal("a patch without its parts"))?;
        kept.push(cast(part, word.data_type()).map_err(unfit)?);
    }
    let patch = arrow::array::StructArray::try_new(words.clone(), kept, parts.nulls().cloned());
    let mut all: Vec<(FieldRef, ArrayRef)> =
        vec![(Arc::new(field), Arc::new(patch.map_err(unfit)?))];
    for (word, kind) in [("id", DataType::Int64), ("scene", DataType::Utf8)] {
        if let Some(part) = parts.column_by_name(word) {
            let flat = cast(&masked(part, parts.nulls())?, &kind).map_err(unfit)?;
            all.push((Arc::new(Field::new(format!("{name}_{word}"), kind, true)), flat));
        }
    }
    Ok(all)
}

/// A part of a struct, empty where the struct is.
fn masked(part: &ArrayRef, nulls: Option<&arrow::buffer::NullBuffer>) -> Result<ArrayRef> {
    let Some(nulls) = nulls else { return Ok(Arc::clone(part)) };
    let absent = arrow::array::BooleanArray::new(!nulls.inner(), None);
    arrow::compute::nullif(part, &absent).map_err(unfit)
}

fn unfit(error: arrow::error::ArrowError) -> Error {
    Error::usage("the rows of the layout do not fit a file of samples").with_source(error)
}

fn unwritten(error: parquet::errors::ParquetError) -> Error {
    Error::internal("writing samples as Parquet").with_source(error)
}
