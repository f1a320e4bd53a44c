//! Pixels at rest: Zarr v3 arrays of one tile, read by patch or by window.
//!
//! In: whole scenes of one layer. Out: patches (mapped or decoded) and windows. Promises: every
//! chunk carries a checksum and a patch is never a silent fill; a file is whole or absent; a tile
//! opens in xarray as it stands. Refuses: an archive of another version, a write of half a shard.
//!
//! ```text
//! ROOT/archive.json                     format, cell, patch, codec
//! ROOT/pixels/TILE.zarr/zarr.json       attributes, and the metadata of all arrays in one place
//!     s2_10m s2_20m s2_mask s1 dem      pixels: a chunk is one date, all bands, one patch
//!     cells/{s2_cloudy,s2_nodata,s1_nodata}
//!     x y x_20m y_20m s2_time s1_time s2_10m_band s2_20m_band s1_band spatial_ref spatial_ref_20m
//! ```

mod about;
mod block;
mod cache;
mod cells;
mod chunks;
mod codec;
mod conventions;
mod cube;
mod layer;
mod node;
mod patch;
mod read;
mod root;
mod settings;
mod shard;
mod tile;
mod times;
mod verify;
mod write;
mod zarr_store;

#[cfg(test)]
mod tests;

pub use block::{Block, Values};
pub use cells::Cells;
pub use codec::Codec;
pub use cube::{Cube, CubeSpec};
pub use layer::{Kind, Layer, Sensor, mask};
pub use patch::{Patch, Stored};
pub use root::Archive;
pub use settings::{FORMAT, Settings};
pub use tile::Tile;
pub use verify::{Fault, Slot, VerifyReport};
