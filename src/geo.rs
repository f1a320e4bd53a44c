//! Pure maths of place and time: no input or output.
//!
//! In: numbers. Out: grids, windows, instants and splits. Refuses: rotated or non-square grids and
//! coordinate systems other than the UTM zones on WGS 84 that Sentinel-2 tiles use.

mod blocks;
mod crs;
mod grid;
mod ground;
mod polygon;
mod regions;
mod split;
mod stamp;
mod utm;
mod window;

pub use crs::utm_wkt;
pub use grid::Grid;
pub use ground::Ground;
pub use regions::Regions;
pub use split::{Split, SplitBy, Splitter};
pub use stamp::Stamp;
pub use utm::Utm;
pub use window::Window;
