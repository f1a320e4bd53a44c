//! The open end that shards are written to.

use std::io::{BufWriter, Write};

use arrow::error::ArrowError;
use parquet::errors::ParquetError;

use super::Entry;
use crate::catalog;
use crate::error::{Error, Result, While};

/// A file or a pipe.
pub(super) type Out = Box<dyn Write + Send>;

/// What is done when writing fails.
pub(super) const DOING: &str = "writing samples";

/// A file, buffered.
pub(super) fn buffered(file: std::fs::File) -> Out {
    Box::new(BufWriter::with_capacity(1 << 20, file))
}

/// Hands everything on, so that a full disk is heard of.
pub(super) fn flush(mut out: Out) -> Result<()> {
    out.flush().during(|| DOING)
}

/// An entry that does not hold what its set holds.
pub(super) fn unlike(entry: &Entry, what: &str) -> Error {
    Error::internal(format!("sample {} has no {what}", entry.name))
}

pub(super) fn from_arrow(error: ArrowError) -> Error {
    catalog::from_arrow(DOING, error)
}

pub(super) fn from_parquet(error: ParquetError) -> Error {
    catalog::from_parquet(DOING, error)
}
