//! The operator graph: nodes joined by queues that are bounded in bytes.
//!
//! In: a source, operators and a sink, each described before it runs. Out: a report of where time
//! went. Promises: nothing is dropped, order is kept, back-pressure reaches the source, the bytes
//! that rest on edges never pass the budget, an error or a panic ends the run by name, cancel is
//! heard between two items, no thread outlives the run. Refuses: a graph without budget or workers,
//! and an item that is larger than the whole budget. Knows nothing of rasters.

mod advice;
mod cancel;
mod collect;
mod control;
mod crew;
mod each;
mod edge;
mod gate;
mod graph;
mod items;
mod marks;
mod node;
mod outlet;
mod plan;
mod progress;
mod report;
mod roll;
mod shape;
mod sync;
mod trace;
mod watch;
mod weigh;
mod work;

#[cfg(test)]
mod tests;

pub use cancel::Cancel;
pub use collect::Collect;
pub use each::Each;
pub use graph::{Graph, Pipe};
pub use items::Items;
pub use node::{Emit, Operator, Sink, Source};
pub use plan::Plan;
pub use report::{NodeStats, Report};
pub use sync::cores;
pub use trace::Trace;
pub use weigh::Weigh;
