//! The operator graph: nodes joined by queues that are bounded in bytes.
//!
//! In: a source, operators and a sink, each described before it runs. Out: a report of where time went.
//! Promises: nothing is dropped, back-pressure reaches the source, an error or a panic ends the run by name,
//! cancel is heard between two items. Knows nothing of rasters.

mod cancel;
mod graph;
mod node;

pub use cancel::Cancel;
pub use graph::{Graph, Pipe, Plan};
pub use node::{Emit, NodeStats, Operator, Report, Sink, Source, Weigh};
