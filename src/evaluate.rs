//! Methods compared on the same samples.
//!
//! In: the samples of a layout's split, methods, negative controls. Out: scores by stratum, paired
//! differences, a row a patch, pictures of some. Promises: every method sees the same samples and is
//! scored on the same pixels, no-data never counts, each number comes with its definition,
//! intervals come from blocks of ground and date. Refuses: a network on ground that it was trained
//! on, a truth of other ground, a control that shuffles what no method takes, samples without a
//! pixel to score. Cost: each patch is read and run once; all tables are made from its sums.

mod answer;
mod blocks;
mod bootstrap;
mod clear;
mod coarse;
mod compare;
mod cover;
mod difference;
mod facts;
mod fetch;
mod ground;
mod holm;
mod judge;
mod look;
mod method;
mod named;
mod patch;
mod setting;
mod strata;
mod summary;
mod table;

pub use compare::{EvaluateOptions, Evaluation, evaluate};
pub use cover::Cover;
pub use difference::{Difference, read_differences, write_differences};
pub(crate) use facts::GROUPS;
pub use ground::same_ground;
pub use holm::holm;
pub use look::{Look, Seen};
pub(crate) use named::{built_in, check_file, named};
pub use patch::{PatchScore, write_patches};
pub use table::{Row, read_rows, write_rows};
