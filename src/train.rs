//! A training loop on the stream.
//!
//! In: samples of a layout, a card, options. Out: a folder with `weights.safetensors` (best by a
//! metric of the validation), a checkpoint that resumes exactly, `curve.parquet`,
//! `metrics.parquet` and event files for TensorBoard. Promises: the same seed gives the same
//! weights on a CPU, whatever the workers. Refuses: a card that does not fit the layout, a loss or
//! a gradient that is not a number (the samples are named).

mod adam;
mod board;
mod checkpoint;
mod curve;
mod fit;
mod gradient;
mod identity;
mod job;
mod learn;
mod lesson;
mod loss;
mod measure;
mod monitor;
mod options;
mod pace;
mod replicas;
mod schedule;
mod validate;

pub use adam::Optimiser;
pub use curve::{Curve, Point};
pub use job::{TrainJob, TrainSummary, train};
pub use loss::Loss;
pub use measure::Measure;
pub use monitor::Monitor;
pub use options::TrainOptions;
pub use pace::Pace;
pub use schedule::Schedule;
