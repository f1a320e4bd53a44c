//! Éclaircie: a streaming dataflow engine for satellite patch archives.
//!
//! An archive is a database, a layout is a query, a run is a stream. Products enter through `ingest` into an
//! [`Archive`] (Zarr pixels and Parquet tables); a [`Layout`] is SQL whose rows are training samples; the rows flow
//! through one bounded operator graph (`stream`) into libtorch for training or inference, and back to Zarr and Parquet.
#![warn(missing_docs)]
#![deny(unsafe_code)]

mod archive;
mod catalog;
mod error;
mod geo;
mod layout;
mod limits;
#[cfg(feature = "torch")]
mod metrics;
#[cfg(feature = "torch")]
mod models;
#[cfg(feature = "gdal")]
mod simulate;
mod sql;
mod store;
mod stream;
#[cfg(feature = "torch")]
mod tensors;

pub use archive::*;
pub use catalog::*;
pub use error::{Error, Kind as ErrorKind, Result, While};
pub use geo::*;
pub use layout::*;
#[cfg(feature = "torch")]
pub use metrics::*;
#[cfg(feature = "torch")]
pub use models::*;
#[cfg(feature = "gdal")]
pub use simulate::*;
pub use sql::*;
pub use store::*;
pub use stream::*;
#[cfg(feature = "torch")]
pub use tensors::*;
