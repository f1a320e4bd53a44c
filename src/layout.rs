//! Acquisition layouts: a SQL file becomes a checked list of roles, and its rows become samples.
//!
//! In: a query file and a session. Out: samples that name patches; no pixel is touched. Promises:
//! the order is a function of (snapshot, query, seed), for any number of threads. Refuses: a layout
//! without a column of type patch, a role that is empty in some rows only, a sample whose patches
//! lie at different places.

#[cfg(test)]
mod decloud;
mod file;
mod funnel;
mod header;
mod rows;
mod samples;
#[cfg(test)]
mod scenes;
#[cfg(test)]
mod semantics;
mod shape;
mod shipped;
mod table;
mod timeline;

pub use file::Layout;
pub use funnel::{Funnel, FunnelClause};
pub use samples::{PatchRef, Role, Sample, Samples};
pub use timeline::{Acquisition, Timeline, TimelineRow};
