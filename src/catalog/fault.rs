//! What Arrow and Parquet fail with, in our words: a full disk stays a full disk.

use arrow::error::ArrowError;
use parquet::errors::ParquetError;

use crate::error::Error;

/// An error of writing rows as Parquet. That of the system comes wrapped.
pub(crate) fn from_parquet(doing: impl Into<String>, error: ParquetError) -> Error {
    match error {
        ParquetError::External(inner) => match inner.downcast::<std::io::Error>() {
            Ok(io) => Error::io(doing, *io),
            Err(other) => Error::internal(doing).with_source(other),
        },
        other => Error::internal(doing).with_source(other),
    }
}

/// An error of writing rows as something else.
pub(crate) fn from_arrow(doing: impl Into<String>, error: ArrowError) -> Error {
    match error {
        ArrowError::IoError(_, io) => Error::io(doing, io),
        other => Error::internal(doing).with_source(other),
    }
}
