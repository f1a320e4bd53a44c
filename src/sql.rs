//! SQL over the catalog: the DataFusion session and what it may touch.
//!
//! In: query text and parameters. Out: Arrow batches, as a stream or whole. Promises: only reading
//! statements over registered tables, inside a memory limit, on a stack that a bounded text cannot
//! overflow; an error names the line and what was probably meant. Refuses: statements that write,
//! read files or set options; texts and chains beyond the limits; answers beyond the memory limit.

mod answer;
mod arg_min;
mod band;
#[cfg(test)]
mod catalogs;
mod complete;
#[cfg(test)]
mod completed;
mod epoch;
mod fault;
#[cfg(test)]
pub(crate) mod fixture;
mod gap_hours;
mod instants;
mod overlap;
mod parquet_file;
mod parquet_table;
mod patch_table;
mod patch_type;
mod per_place;
#[cfg(test)]
mod refusals;
mod run;
mod scene_table;
mod session;
mod similar;
mod stable_hash;
mod stable_random;
mod statement;
mod sugar;
#[cfg(test)]
mod sugar_tests;
mod to_hours;
mod yielding;

pub use answer::Answer;
pub use session::{Param, Session};

pub(crate) use patch_type::{is_patch, patch_field, patch_fields};
pub(crate) use similar::nearest;
pub(crate) use statement::{is_keyword, parameters, without_comments};
