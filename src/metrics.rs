//! Image quality: one metric a file, one definition each, printed with the number.
//!
//! In: predictions and targets as reflectance `[b, c, h, w]`, a validity mask. Out: numbers with units.

mod scores;

pub use scores::{Score, Scores};
