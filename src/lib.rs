//! Éclaircie: a streaming dataflow engine for satellite patch archives.
//!
//! An archive is a database, a layout is a query, a run is a stream. Products enter through `ingest` into an
//! [`Archive`] (Zarr pixels and Parquet tables); a [`Layout`] is SQL whose rows are training samples; the rows flow
//! through one bounded operator graph (`stream`) into libtorch for training or inference, and back to Zarr and Parquet.
// Tests make the broken files that the code must refuse.
#![cfg_attr(test, allow(clippy::disallowed_methods))]

mod archive;
mod catalog;
mod cli;
#[cfg(feature = "gdal")]
mod cog;
mod error;
#[cfg(feature = "torch")]
mod evaluate;
mod geo;
#[cfg(feature = "gdal")]
mod ingest;
mod layout;
mod limits;
#[cfg(feature = "torch")]
mod metrics;
#[cfg(feature = "torch")]
mod models;
#[cfg(feature = "torch")]
mod ops;
#[cfg(feature = "torch")]
mod reconstruct;
mod report;
#[cfg(feature = "gdal")]
mod simulate;
mod sql;
mod store;
mod stream;
#[cfg(feature = "torch")]
mod tensors;
#[cfg(feature = "torch")]
mod train;

pub use archive::*;
pub use catalog::*;
pub use cli::main;
#[cfg(feature = "gdal")]
pub use cog::write_cog;
pub use error::{Error, Kind as ErrorKind, Result, While};
#[cfg(feature = "torch")]
pub use evaluate::*;
pub use geo::*;
#[cfg(feature = "gdal")]
pub use ingest::*;
pub use layout::*;
#[cfg(feature = "torch")]
pub use metrics::*;
#[cfg(feature = "torch")]
pub use models::*;
#[cfg(feature = "torch")]
pub use ops::*;
#[cfg(feature = "torch")]
pub use reconstruct::*;
pub use report::*;
#[cfg(feature = "gdal")]
pub use simulate::*;
pub use sql::*;
pub use store::*;
pub use stream::*;
#[cfg(feature = "torch")]
pub use tensors::*;
#[cfg(feature = "torch")]
pub use train::{Point, TrainOptions, TrainSummary, train};
