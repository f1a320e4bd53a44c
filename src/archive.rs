//! Pixels at rest: Zarr v3 arrays of one tile, read by patch or by window.
//!
//! In: whole scenes of one layer. Out: patches (mapped or decoded) and windows. Promises: every chunk
//! carries a checksum and a patch is never a silent fill. Refuses: an archive of another version.

mod block;
mod codec;
mod layer;
mod settings;
mod tile;

pub use block::{Block, Values};
pub use codec::Codec;
pub use layer::{Kind, Layer, Sensor, mask};
pub use settings::{FORMAT, Settings};
pub use tile::{Archive, Cells, Patch, Tile};
