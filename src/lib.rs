//! Éclaircie: a streaming dataflow engine for satellite patch archives.
//!
//! An archive is a database, a layout is a query, a run is a stream. Products enter through
//! `ingest` into an [`Archive`] (Zarr pixels and Parquet tables); a [`Layout`] is SQL whose rows
//! are training samples; the rows flow through one bounded operator graph (`stream`) into libtorch
//! for training or inference, and back to Zarr and Parquet.
//!
//! Where a patch of a tile lies, when it was seen, and whether it trains or tests:
//!
//! ```
//! use eclaircie::{Grid, Splitter, Stamp, Window};
//!
//! # fn main() -> eclaircie::Result<()> {
//! let tile = Grid::new(32631, 300_000.0, 4_900_020.0, 10.0, 10_980, 10_980)?;
//! let patch = tile.crop(&Window::patch(3, 5, 256))?;
//! assert_eq!(patch.bounds(), [312_800.0, 4_889_780.0, 315_360.0, 4_892_340.0]);
//!
//! let (before, after) = (Stamp::parse("2018-08-04T10:50:22")?, Stamp::parse("2018-08-09")?);
//! assert!(after.days_since(before) < 5.0);
//!
//! // The same patch has the same use on every machine: a function of ground and seed.
//! let splitter = Splitter::default();
//! assert_eq!(splitter.of("31TCJ", 2, 4), splitter.of("31TCJ", 3, 5));
//! # Ok(())
//! # }
//! ```
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
mod exchange;
mod geo;
#[cfg(feature = "gdal")]
mod ingest;
mod layout;
mod limits;
#[cfg(feature = "torch")]
mod metrics;
#[cfg(feature = "torch")]
mod models;
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

// The public face, room by room.
pub use archive::{
    Archive, Block, Cells, Codec, Cube, CubeSpec, FORMAT, Fault, Kind, Layer, Patch, Sensor,
    Settings, Slot, Stored, Tile, Values, VerifyReport, mask,
};
pub use catalog::{
    Catalog, CatalogReport, EXTENSION, PATCH_TYPE, Scene, cell_number, patch_id, patches_schema,
    scenes_schema, schema, tile_number,
};
pub use cli::main;
#[cfg(feature = "gdal")]
pub use cog::write_cog;
pub use error::{Error, Kind as ErrorKind, Result, While};
#[cfg(feature = "torch")]
pub use evaluate::{
    Cover, Difference as ScoreDifference, EvaluateOptions, Evaluation, Look, PatchScore, Row, Seen,
    evaluate, holm, read_rows, write_differences, write_patches, write_rows,
};
pub use exchange::{
    Contents, Decode, Describe, Entry, Form as ShardForm, Image, Origin, Place, Record, Records,
    Scalar, Scenes, Shards, Target, Tensor as ShardTensor, write_events,
};
pub use geo::{Grid, Ground, Regions, Split, SplitBy, Splitter, Stamp, Utm, Window, utm_wkt};
#[cfg(feature = "gdal")]
pub use ingest::{IngestOptions, IngestSummary, ingest};
pub use layout::{
    Acquisition, Balance, Control, Counts, Difference, Draw, Funnel, FunnelClause, Layout,
    PatchRef, Role, Sample, SampleCounts, SampleManifest, Samples, Season, SplitPlan, Suggested,
    Suggestion, Timeline, TimelineRow, Waits, Warning, coarse_name, fine_name, import,
};
#[cfg(feature = "torch")]
pub use metrics::{Score, Scores};
#[cfg(feature = "torch")]
pub use models::{
    Card, Estimate, Head, Imported, Manner, Model, Network, RunOptions, fill_arrays, filled_by,
    import as import_weights, run_arrays,
};
pub use ops::{
    Area, Epoch, Fetched, Fill, Filling, Mixing, Read, Series, Share, Shuffle, Want, check_coarse,
    interpolate, load_series, nearest, order, ordered, thin, wants,
};
#[cfg(feature = "torch")]
pub use ops::{
    Augment, Crop, FillPiece, Gather, MakeBatch, Normalise, Observed, Piece, PieceInput, Predict,
    ReadPiece, SceneRole, Task, coarse_window, cut, halo,
};
#[cfg(feature = "torch")]
pub use reconstruct::{Method, ReconstructJob, ReconstructOptions, reconstruct};
pub use report::{
    Cloudiness, Comparison, Curve, Page, Picture, ScoreRow, View, timeline_svg, write_page,
};
#[cfg(feature = "gdal")]
pub use simulate::{
    Cause, Checked, Gate, Measure as GateMeasure, Region, Summary, World, check as check_world,
    simulate, table as gate_table,
};
pub use sql::{Answer, Form, Param, Session};
pub use store::{
    Map, Pending, PendingFolder, Scratch, check_name, probe, publish, read_json, read_text,
    write_json,
};
pub use stream::{
    Cancel, Collect, Each, Emit, Graph, Items, NodeStats, Operator, Pipe, Plan, Report, Sink,
    Source, Trace, Weigh, cores,
};
#[cfg(feature = "torch")]
pub use tensors::{
    Batch, Stack, denormalise_s2, from_block, keep_heap, limit_threads, normalise, pick_device,
    role_layer, scale, search_kernels,
};
#[cfg(feature = "torch")]
pub use train::{
    Curve as LossCurve, Loss, Measure, Monitor, Optimiser, Pace, Point, Schedule, TrainJob,
    TrainOptions, TrainSummary, train,
};
