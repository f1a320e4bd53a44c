//! Acquisition layouts: a SQL file becomes a checked list of roles, and its rows become samples.
//!
//! In: a query file and a session. Out: samples that name patches; no pixel is touched. Promises:
//! the order is a function of (snapshot, query, seed), for any number of threads. Refuses: a layout
//! without a column of type patch, a role that is empty in some rows only, a sample whose patches
//! lie at different places.

mod compat;
mod count;
#[cfg(test)]
mod decloud;
mod export;
mod file;
mod header;
mod import;
mod rows;
mod samples;
#[cfg(test)]
mod scenes;
#[cfg(test)]
mod semantics;
mod shipped;
mod table;

pub use count::Counts;
pub use file::Layout;
pub use import::import;
pub use samples::{PatchRef, Role, Sample, Samples};
