//! The overlap join: footprints of different grids, or bands without an equal place.
//!
//! In: a join without an equality whose condition bounds values of the right side by values of the
//! left (`a.x_min <= b.x_max AND a.x_max >= b.x_min AND b.time BETWEEN …`). Out: one operator that
//! keeps the right side in an R-tree over up to three of these ranges and asks it for every row of
//! the left. Promises: the same rows as the plan had, since the tree only proposes pairs and the
//! whole condition decides; the right side and its tree stay inside the memory limit. Refuses:
//! nothing. Where no range is bounded on both sides, the plan stays as it was.

mod exec;
mod node;
mod ranges;
mod rule;
#[cfg(test)]
mod tests;
mod tree;

pub(super) use exec::OverlapJoinExec;
pub(super) use node::OverlapJoin;
pub(super) use rule::rewrite;
