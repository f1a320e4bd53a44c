//! A training loop on the stream.
//!
//! In: samples of a layout, a card. Out: a folder with `weights.safetensors` (best by validation),
//! a checkpoint that resumes exactly, `curve.parquet`. Promises: the same seed gives the same
//! weights on a CPU, whatever the workers. Refuses: a card that does not fit the layout, a loss
//! that is not a number (the samples are named).

mod adam;
mod checkpoint;
mod curve;
mod fit;
mod job;
mod learn;
mod validate;

pub use curve::{Curve, Point};
pub use job::{TrainJob, TrainOptions, TrainSummary, train};
