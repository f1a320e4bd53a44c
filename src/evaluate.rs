//! Methods compared on the same samples.
//!
//! In: the test samples of a layout, methods. Out: a table of scores, printed and as Parquet. Promises: every method
//! sees the same samples, no-data never counts, each number comes with its definition.

mod compare;
mod interval;
mod judge;
mod table;

pub use compare::{EvaluateOptions, Evaluation, evaluate};
pub use table::{Row, read_rows, write_rows};
