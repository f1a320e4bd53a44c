//! What exists: scenes and patches as Arrow tables in Parquet.
//!
//! In: scenes that were written to the archive, and counts per cell. Out: `catalog/scenes.parquet` and
//! `catalog/patches/tile=T/{s2,s1,dem}.parquet`. Promises: each table is published whole.

mod scene;

pub use scene::{Catalog, Scene};
