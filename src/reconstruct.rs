//! Whole scenes without clouds: a network or gap-filling, piece by piece, into a cube.
//!
//! In: the rows of a scene layout. Out: a Zarr cube, published whole. Promises: pieces fit without
//! a seam, memory does not grow with the scene. Refuses: rows of several tiles, a card that does
//! not fit the layout.

mod scene;
mod sink;

pub use scene::{Method, ReconstructJob, ReconstructOptions, reconstruct};
