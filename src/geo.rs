//! Pure maths of place and time: no input or output.
//!
//! In: numbers. Out: grids, windows, instants and splits. Refuses: rotated or non-square grids and
//! coordinate systems other than the UTM zones on WGS 84 that Sentinel-2 tiles use.

mod crs;
mod grid;
mod split;
mod stamp;
mod window;

pub use crs::utm_wkt;
pub use grid::Grid;
pub use split::{Split, Splitter};
pub use stamp::Stamp;
pub use window::Window;
