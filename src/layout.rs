//! Acquisition layouts: a SQL file becomes a checked list of roles, and its rows become samples.
//!
//! In: a query file and a session. Out: samples that name patches; no pixel is touched. Promises: the order is a
//! function of (snapshot, query, seed). Refuses: a layout without a column of type patch.

mod file;
mod samples;

pub use file::Layout;
pub use samples::{PatchRef, Role, Sample, Samples};
