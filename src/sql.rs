//! SQL over the catalog: the DataFusion session and what it may touch.
//!
//! In: query text and parameters. Out: Arrow batches, as a stream or whole. Promises: only reading
//! statements over registered tables, inside limits of memory, rows and time, on a stack that a
//! bounded text cannot overflow; an error names the line and what was probably meant. Refuses:
//! statements that write, read files or set options; texts, chains, plans and made texts beyond the
//! limits of `limits.rs`; answers beyond the memory limit, unless they are written to a file.

mod answer;
mod arg_min;
mod band;
#[cfg(test)]
mod catalogs;
mod complete;
#[cfg(test)]
mod completed;
mod epoch;
mod expansion;
mod fault;
mod field;
#[cfg(test)]
pub(crate) mod fixture;
mod gap_hours;
mod joined_text;
mod lengths;
mod overlap;
mod own_table;
mod parquet_file;
mod parquet_table;
mod patch_table;
mod patch_type;
mod per_place;
mod plan_size;
#[cfg(test)]
mod refusals;
mod region;
mod row_order;
mod run;
mod scene_table;
mod session;
mod similar;
mod spill;
mod split_rule;
mod stable_hash;
mod stable_random;
mod statement;
mod sugar;
#[cfg(test)]
mod sugar_tests;
mod syntax;
mod text;
mod text_limits;
mod to_hours;
mod to_utc;
mod unheard;
mod unwanted;
mod wording;
mod writing;
mod yielding;

pub use answer::Answer;
pub use session::{Param, Session};
pub use writing::Form;

pub(crate) use own_table::digest;
pub(crate) use patch_type::{is_patch, patch_field};
pub(crate) use similar::nearest;
pub(crate) use split_rule::split_rule;
pub(crate) use statement::{check_text, is_drawn, is_keyword, parameters, without_comments};
