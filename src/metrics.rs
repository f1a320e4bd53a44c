//! Image quality: one metric a file, one definition each, printed with the number.
//!
//! In: predictions and targets as reflectance `[b, c, h, w]`, a validity mask. Out: numbers with
//! units. Promises: a masked pixel changes no number; totals run in float64, so batches of any size
//! give the same answer; with nothing masked `psnr`, `mse`, `ssim` and `sam` are the study's.
//! Refuses: shapes that differ, and predictions that are not numbers where they count.

mod bias;
mod edge;
#[cfg(test)]
mod golden;
mod mae;
mod maps;
mod metric;
mod mse;
mod ndvi;
#[cfg(test)]
mod parity;
mod pixels;
mod psnr;
mod sam;
mod scores;
mod ssim;
mod target;
mod totals;

pub use maps::Maps;
pub use scores::{Score, Scores};
pub use target::Target;
pub use totals::Totals;
