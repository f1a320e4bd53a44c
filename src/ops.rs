//! The verbs that run on the stream, one a file.
//!
//! In: samples of a layout, or windows of a scene. Out: batches of tensors, or finished pieces of a
//! cube. Promises: what an operator gives depends only on what it takes, so that any number of
//! workers gives the same run.

#[cfg(feature = "torch")]
mod augment;
#[cfg(feature = "torch")]
mod batch;
mod coarse;
#[cfg(feature = "torch")]
mod crop;
mod epoch;
mod fetch;
mod fill;
#[cfg(feature = "torch")]
mod gather;
mod interpolate;
mod loess;
mod mixing;
mod nearest;
#[cfg(feature = "torch")]
mod normalise;
mod order;
#[cfg(feature = "torch")]
mod piece;
mod places;
#[cfg(feature = "torch")]
mod predict;
mod read;
mod series;

#[cfg(feature = "torch")]
pub use augment::Augment;
#[cfg(feature = "torch")]
pub use batch::MakeBatch;
pub use coarse::check_coarse;
#[cfg(feature = "torch")]
pub use coarse::has_coarse;
#[cfg(feature = "torch")]
pub use crop::Crop;
pub use epoch::{Epoch, Share, Shuffle};
pub use fetch::Fetched;
pub use fill::{Fill, Filling};
#[cfg(feature = "torch")]
pub use gather::Gather;
pub use interpolate::interpolate;
pub use mixing::Mixing;
pub use nearest::nearest;
#[cfg(feature = "torch")]
pub use normalise::Normalise;
pub use order::{order, ordered, thin};
#[cfg(feature = "torch")]
pub use piece::{
    FillPiece, Observed, Piece, PieceInput, ReadPiece, SceneRole, Task, coarse_window, cut, halo,
};
#[cfg(feature = "torch")]
pub use predict::Predict;
pub use read::{Read, Want, wants};
pub use series::{Area, Series, load_series};
