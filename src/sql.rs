//! SQL over the catalog: the DataFusion session and what it may touch.
//!
//! In: query text and parameters. Out: Arrow batches. Promises: only `SELECT` over registered tables, inside
//! a memory limit. Refuses: statements that write, read files or set options.

mod session;

pub use session::{Answer, Param, Session};
