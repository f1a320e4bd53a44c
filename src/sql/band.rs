//! The band join: "same place, time in a band" as a walk along sorted rows.
//!
//! In: a logical plan of plain SQL whose joins compare a place for equality and a time (or another
//! whole number) with a band. Out: one operator that reads every table once, in the order of
//! places, and answers all joins of a chain for some thousand rows at a time. Promises: the same
//! rows as the plan had; cost linear in rows and matches; memory bounded by the largest place, not
//! by the answer. Refuses: nothing. Where a shape is not known, the plan stays as it was.
//!
//! The walk through the room: `planner` asks `rule` for such plans when the engine's own rules are
//! done; `compile`, `flatten`, `ranked`, `folding` and `drawing` turn one into a `program` over its
//! tables, with `bounds` read from conditions; `node` carries it; `prepare` makes it ready to run;
//! `exec` runs it over `blocks` of whole places: `steps`, `nearest` and `ranges` on `rows`, then
//! `product`, `fold` or `draw`.

mod blocks;
mod bounds;
mod compile;
mod draw;
mod drawing;
mod exec;
mod flatten;
mod fold;
mod folding;
mod in_order;
mod nearest;
mod node;
mod planner;
mod prepare;
mod product;
mod program;
mod ranges;
mod ranked;
mod rows;
mod rule;
mod steps;
#[cfg(test)]
mod tests;
mod to_whole;
mod used;
mod wholes;

pub(super) use compile::{as_parquet, bind};
pub(super) use planner::BandPlanner;
pub(super) use prepare::Compute;
