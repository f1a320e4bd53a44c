//! The verbs that run on the stream, one a file.
//!
//! In: samples of a layout, or windows of a scene. Out: batches of tensors, or finished pieces of a
//! cube. Promises: what an operator gives depends only on what it takes, so that any number of
//! workers gives the same run.

mod augment;
mod batch;
mod fetch;
mod interpolate;
mod normalise;
mod order;
mod piece;
mod predict;
mod read;
mod series;

pub use augment::Augment;
pub use batch::MakeBatch;
pub use fetch::Fetched;
pub use interpolate::{Fill, interpolate};
pub use normalise::Normalise;
pub use order::{order, ordered, thin};
pub use piece::{FillPiece, HALO, Observed, Piece, PieceInput, ReadPiece, SceneRole, Task, cut};
pub use predict::Predict;
pub use read::{Read, Want, wants};
pub use series::{Area, Series, load_series};
