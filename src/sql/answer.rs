//! The rows of an answer, and how they are shown.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Float64Array, RecordBatch, RecordBatchOptions, StringArray,
};
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, Field, Fields, Int32Type, Schema, SchemaRef, TimestampMicrosecondType,
};
use arrow::error::ArrowError;
use arrow::util::pretty::pretty_format_batches_with_schema;

use super::patch_type::is_patch;
use super::writing::{Form, Writer};
use crate::error::{Error, Result};
use crate::geo::Stamp;
use crate::store::Pending;

/// The rows of an answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Columns.
    pub schema: SchemaRef,
    /// Rows.
    pub batches: Vec<RecordBatch>,
}

impl Answer {
    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    /// Two number columns as pairs, for a drawing. Refuses a column that is missing or not float64.
    pub fn pairs(&self, x: &str, y: &str) -> Result<Vec<(f64, f64)>> {
        let mut all = Vec::with_capacity(self.rows());
        for batch in &self.batches {
            let column = |name: &str| {
                let found = batch.column_by_name(name).and_then(|c| c.as_primitive_opt());
                found.ok_or_else(|| Error::usage(format!("the answer has no numbers in '{name}'")))
            };
            let (xs, ys): (&Float64Array, &Float64Array) = (column(x)?, column(y)?);
            all.extend(xs.values().iter().copied().zip(ys.values().iter().copied()));
        }
        Ok(all)
    }

    /// An aligned table for a terminal; a patch is one short text, as `s2
    /// r3c7 2018-08-04T10:50:22Z`.
    pub fn to_table(&self) -> Result<String> {
        let (schema, batches) = self.plain()?;
        let table = pretty_format_batches_with_schema(schema, &batches).map_err(unwritten)?;
        Ok(format!("{table}\n"))
    }

    /// CSV with a header line; a patch is one short text.
    pub fn to_csv(&self) -> Result<String> {
        let (schema, batches) = self.plain()?;
        let mut out = Vec::new();
        let mut writer = arrow::csv::Writer::new(&mut out);
        // An answer without rows still has its header.
        writer.write(&RecordBatch::new_empty(schema)).map_err(unwritten)?;
        for batch in &batches {
            writer.write(batch).map_err(unwritten)?;
        }
        drop(writer);
        String::from_utf8(out).map_err(|e| Error::internal("CSV is not text").with_source(e))
    }

    /// A JSON array with one object a row; empty values are `null`.
    pub fn to_json(&self) -> Result<String> {
        let mut out = Vec::new();
        let mut writer = arrow::json::WriterBuilder::new()
            .with_explicit_nulls(true)
            .build::<_, arrow::json::writer::JsonArray>(&mut out);
        for batch in &self.batches {
            writer.write(batch).map_err(unwritten)?;
        }
        writer.finish().map_err(unwritten)?;
        drop(writer);
        let mut text = String::from_utf8(out)
            .map_err(|e| Error::internal("JSON is not text").with_source(e))?;
        if text.is_empty() {
            text.push_str("[]");
        }
        text.push('\n');
        Ok(text)
    }

    /// A Parquet file (zstd), published whole; patch columns keep their type.
    pub fn to_parquet(&self, path: &Path) -> Result<()> {
        let pending = Pending::new(path)?;
        let mut writer = Writer::new(pending.create()?, Form::Parquet, &self.schema)?;
        for batch in &self.batches {
            writer.write(batch.clone())?;
        }
        writer.close()?;
        pending.commit()
    }

    /// The same rows with every patch as text.
    pub(super) fn plain(&self) -> Result<(SchemaRef, Vec<RecordBatch>)> {
        let as_text = |f: &Arc<Field>| match is_patch(f) {
            true => Arc::new(Field::new(f.name(), DataType::Utf8, true)),
            false => Arc::clone(f),
        };
        let fields: Fields = self.schema.fields().iter().map(as_text).collect();
        let schema = Arc::new(Schema::new(fields));
        let mut batches = Vec::with_capacity(self.batches.len());
        for batch in &self.batches {
            let mut columns = Vec::with_capacity(batch.num_columns());
            for (column, field) in batch.columns().iter().zip(self.schema.fields()) {
                let text = is_patch(field).then(|| words(column)).transpose()?;
                columns.push(text.unwrap_or_else(|| Arc::clone(column)));
            }
            let rows = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
            let plain = RecordBatch::try_new_with_options(Arc::clone(&schema), columns, &rows);
            batches.push(plain.map_err(unwritten)?);
        }
        Ok((schema, batches))
    }
}

/// A patch column as text.
fn words(column: &ArrayRef) -> Result<ArrayRef> {
    let parts = column.as_struct();
    let part = |name: &str, kind: &DataType| {
        let found = parts.column_by_name(name);
        let found = found.ok_or_else(|| Error::internal("a patch without its parts"))?;
        cast(found, kind).map_err(unwritten)
    };
    let sensor = part("sensor", &DataType::Utf8)?;
    let (row, col) = (part("row", &DataType::Int32)?, part("col", &DataType::Int32)?);
    let time = part("time", &super::patch_type::instant())?;
    let (sensor, time) =
        (sensor.as_string::<i32>(), time.as_primitive::<TimestampMicrosecondType>());
    let (row, col) = (row.as_primitive::<Int32Type>(), col.as_primitive::<Int32Type>());
    let text = |i: usize| {
        if parts.is_null(i) {
            return None;
        }
        let place = match row.value(i) {
            ..0 => "whole".to_owned(),
            r => format!("r{r}c{}", col.value(i)),
        };
        let dated = time.is_valid(i) && time.value(i) != 0;
        let stamp = if dated { format!(" {}", Stamp(time.value(i))) } else { String::new() };
        Some(format!("{} {place}{stamp}", sensor.value(i)))
    };
    Ok(Arc::new((0..parts.len()).map(text).collect::<StringArray>()))
}

pub(super) fn unwritten(error: ArrowError) -> Error {
    Error::usage("the answer cannot be shown")
        .with_source(error)
        .hint("CAST the column that is in the way to a plain type")
}
