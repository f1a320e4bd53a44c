//! An answer that goes to a file batch by batch, so that it may be larger than the memory.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::csv;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::json::writer::{JsonArray, WriterBuilder};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;

use super::{Answer, Param, Session};
use crate::error::{Error, Result, While};
use crate::store::Pending;

/// How an answer is written to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A header line, then a line a row; a patch is one short text.
    Csv,
    /// An array with one object a row; empty values are `null`.
    Json,
    /// Compressed with zstd; patch columns keep their type.
    Parquet,
}

impl Session {
    /// Writes the answer of one `SELECT` to a file, published whole, and says how many rows it has.
    /// Holds a few batches, so that the answer may be larger than the memory limit.
    pub fn write(
        &self,
        sql: &str,
        params: &[(String, Param)],
        form: Form,
        to: &Path,
    ) -> Result<u64> {
        let pending = Pending::new(to)?;
        let (mut writer, mut rows) = (None, 0u64);
        let columns = self.stream(sql, params, &mut |batch| {
            rows += batch.num_rows() as u64;
            if writer.is_none() {
                writer = Some(Writer::new(pending.create()?, form, &batch.schema())?);
            }
            writer.as_mut().map_or(Ok(()), |w| w.write(batch))
        })?;
        let writer = match writer {
            Some(writer) => writer,
            // A file without rows still has its columns.
            None => Writer::new(pending.create()?, form, &columns)?,
        };
        writer.close()?;
        pending.commit()?;
        Ok(rows)
    }
}

/// A file that takes batches.
pub(super) enum Writer {
    Csv(csv::Writer<BufWriter<File>>),
    Json { file: arrow::json::Writer<BufWriter<File>, JsonArray>, any: bool },
    Parquet(Box<ArrowWriter<File>>),
}

impl Writer {
    pub fn new(file: File, form: Form, schema: &SchemaRef) -> Result<Self> {
        match form {
            Form::Csv => {
                let mut writer = csv::Writer::new(BufWriter::new(file));
                // A file without rows still has its header.
                let plain = Answer { schema: Arc::clone(schema), batches: Vec::new() }.plain()?;
                writer.write(&RecordBatch::new_empty(plain.0)).map_err(unwritten)?;
                Ok(Self::Csv(writer))
            }
            Form::Json => {
                let nulls = WriterBuilder::new().with_explicit_nulls(true);
                Ok(Self::Json { file: nulls.build(BufWriter::new(file)), any: false })
            }
            Form::Parquet => {
                let level = ZstdLevel::try_new(3).map_err(unpacked)?;
                let properties =
                    WriterProperties::builder().set_compression(Compression::ZSTD(level)).build();
                let writer = ArrowWriter::try_new(file, Arc::clone(schema), Some(properties));
                Ok(Self::Parquet(Box::new(writer.map_err(unpacked)?)))
            }
        }
    }

    pub fn write(&mut self, batch: RecordBatch) -> Result<()> {
        match self {
            Self::Csv(writer) => {
                let (_, plain) = Answer { schema: batch.schema(), batches: vec![batch] }.plain()?;
                plain.iter().try_for_each(|b| writer.write(b)).map_err(unwritten)
            }
            Self::Json { file, any } => {
                *any |= batch.num_rows() > 0;
                file.write(&batch).map_err(unwritten)
            }
            Self::Parquet(writer) => writer.write(&batch).map_err(unpacked),
        }
    }

    pub fn close(self) -> Result<()> {
        let flush = |mut file: BufWriter<File>| file.flush().during(|| DOING);
        match self {
            Self::Csv(writer) => flush(writer.into_inner()),
            Self::Json { mut file, any } => {
                file.finish().map_err(unwritten)?;
                let mut file = file.into_inner();
                let end: &[u8] = if any { b"\n" } else { b"[]\n" };
                file.write_all(end).during(|| DOING)?;
                flush(file)
            }
            Self::Parquet(writer) => writer.close().map(drop).map_err(unpacked),
        }
    }
}

const DOING: &str = "writing the answer";

fn unwritten(error: ArrowError) -> Error {
    match error {
        ArrowError::IoError(_, io) => Error::io(DOING, io),
        other => super::answer::unwritten(other),
    }
}

fn unpacked(error: ParquetError) -> Error {
    match error {
        // A full disk comes wrapped.
        ParquetError::External(inner) => match inner.downcast::<std::io::Error>() {
            Ok(io) => Error::io(DOING, *io),
            Err(other) => Error::internal(DOING).with_source(other),
        },
        other => Error::usage("the answer does not fit a Parquet file")
            .with_source(other)
            .hint("CAST the column that is in the way to a plain type"),
    }
}
