//! Products in: from the files of the space agencies' processing chains to archive and catalog.
//!
//! In: a folder with products below it. Out: pixels, cell counts and scenes of the archive.
//! Promises: a scene is in the catalog only when all its pixels are written; the same product a
//! second time changes no byte; a faulty product is set aside with its reason and the rest goes on.
//! Refuses: rasters that are truncated, sparse, oversized, off the tile's grid, or not GeoTIFF.

#[cfg(feature = "torch")]
mod codes;
mod convert;
mod crew;
mod dem;
mod fingerprint;
mod flags;
mod found;
mod plan;
mod raster;
mod repair;
mod run;
mod s1tiling;
mod series;
mod sigma;
mod tally;
#[cfg(test)]
mod tests;
mod theia;
mod walk;

#[cfg(feature = "torch")]
pub(crate) use codes::read_codes;
pub use run::{IngestOptions, IngestSummary, ingest};
