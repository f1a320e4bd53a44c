//! The band join: "same place, time in a band" as a walk along sorted rows.
//!
//! In: a logical plan of plain SQL whose joins compare a place for equality and a time (or another
//! whole number) with a band. Out: one operator that reads every table once, in the order of
//! places, and answers all joins of a chain for some thousand rows at a time. Promises: the same
//! rows as the plan had; cost linear in rows and matches; memory bounded by the largest place, not
//! by the answer. Refuses: nothing. Where a shape is not known, the plan stays as it was.
//!
//! The walk through the room: `rule` finds such plans; `compile`, `flatten` and `ranked` turn one
//! into a `program` over its tables, with `bounds` read from conditions; `node` carries the program
//! through the optimiser; `planner` and `prepare` make it executable; `exec` runs it over `blocks`
//! of whole places, with `steps`, `ranges` and `product` on `rows`.

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
mod used;

pub(super) use compile::bind;
pub(super) use planner::BandPlanner;
pub(super) use prepare::Compute;
