//! Acquisition layouts: a SQL file becomes a checked list of roles, and its rows become samples.
//!
//! In: a query file and a session. Out: samples that name patches; no pixel is touched. Promises:
//! the order is a function of (snapshot, query, seed), for any number of threads. Refuses: a layout
//! without a column of type patch, a role that is empty in some rows only, a sample whose patches
//! lie at different places.

mod chosen;
mod coarse;
mod compat;
mod control;
mod count;
mod counted;
#[cfg(feature = "torch")]
mod dates;
#[cfg(test)]
mod decloud;
mod difference;
mod draw;
#[cfg(feature = "torch")]
mod exchange;
mod export;
mod file;
mod funnel;
mod header;
mod import;
mod lint;
mod manifest;
mod ranges;
mod rows;
mod samples;
#[cfg(test)]
mod scenes;
#[cfg(test)]
mod semantics;
mod shape;
mod shipped;
mod splits;
mod suggest;
mod timeline;

pub use coarse::{coarse_name, fine_name};
pub use control::Control;
pub use count::Counts;
#[cfg(feature = "torch")]
pub use dates::Dates;
pub use difference::Difference;
pub use draw::{Balance, Draw, Season};
#[cfg(feature = "torch")]
pub use exchange::Exchange;
pub use file::Layout;
pub use funnel::{Funnel, FunnelClause};
pub use import::import;
pub use lint::Warning;
pub use manifest::{SampleCounts, SampleManifest};
#[cfg(feature = "torch")]
pub use samples::taught;
pub use samples::{PatchRef, Role, Sample, Samples};
pub use splits::SplitPlan;
pub use suggest::{Suggested, Suggestion, Waits};
pub use timeline::{Acquisition, Timeline, TimelineRow};

pub(crate) use counted::counted;
