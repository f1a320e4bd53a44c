//! What exists: scenes and patches as Arrow tables in Parquet.
//!
//! In: scenes that were written to the archive, and counts per cell. Out: `catalog/scenes.parquet`
//! and `catalog/patches/tile=T/{s2,s1,dem}.parquet`. Promises: each table is published whole,
//! pixels come first and `scenes.parquet` last; equal scenes make equal bytes; the tables are what
//! `schemas/` says. Refuses: a scene whose pixels or counts are not in the archive, two scenes in
//! one slot, a table that we did not write.
//!
//! `scenes.parquet`, if need be an empty one, is there before the first table of patches. So
//! `catalog/patches` without it is damage, and pixels without either are an ingest that was stopped
//! before its first commit: an empty catalog.

mod fault;
mod number;
mod patches;
mod scene;
mod schema;
mod table;
mod tables;
mod verify;

#[cfg(test)]
mod tests;

pub(crate) use fault::{from_arrow, from_parquet};
pub use number::{cell_number, patch_id, tile_number};
pub use scene::Scene;
pub use schema::{EXTENSION, PATCH_TYPE, patches_schema, scenes_schema, schema};
#[cfg(feature = "torch")]
pub(crate) use table::{read as read_table, write as write_table};
pub use tables::Catalog;
pub use verify::CatalogReport;
