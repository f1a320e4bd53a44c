//! The overlap join as a node of a logical plan.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use datafusion::common::{DFSchemaRef, JoinType, Result, internal_err};
use datafusion::logical_expr::{Expr, LogicalPlan, UserDefinedLogicalNodeCore};

use super::ranges::Range;

/// A join whose condition the ranges are a part of. Expressions name columns `#0`, `#1`, …, those
/// of the right side after those of the left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OverlapJoin {
    pub left: LogicalPlan,
    pub right: LogicalPlan,
    /// Inner, left, left semi or left anti.
    pub kind: JoinType,
    pub condition: Expr,
    pub ranges: Vec<Range>,
    pub schema: DFSchemaRef,
}

impl Hash for OverlapJoin {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.left, &self.right, &self.condition).hash(state);
    }
}

impl PartialOrd for OverlapJoin {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        let order = self.left.partial_cmp(&other.left)?;
        let order = order.then(self.right.partial_cmp(&other.right)?);
        let order = order.then(self.condition.partial_cmp(&other.condition)?);
        // Equal only where the derived equality says so.
        Some(order).filter(|o| *o != Ordering::Equal || self == other)
    }
}

impl UserDefinedLogicalNodeCore for OverlapJoin {
    fn name(&self) -> &str {
        "OverlapJoin"
    }

    fn inputs(&self) -> Vec<&LogicalPlan> {
        vec![&self.left, &self.right]
    }

    fn schema(&self) -> &DFSchemaRef {
        &self.schema
    }

    fn expressions(&self) -> Vec<Expr> {
        // Ours speak of numbered columns; no rule may touch them.
        Vec::new()
    }

    fn fmt_for_explain(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "OverlapJoin: {} over {} ranges", self.kind, self.ranges.len())
    }

    fn with_exprs_and_inputs(&self, _: Vec<Expr>, inputs: Vec<LogicalPlan>) -> Result<Self> {
        let Ok([left, right]) = <[LogicalPlan; 2]>::try_from(inputs) else {
            return internal_err!("an overlap join has two inputs");
        };
        Ok(Self { left, right, ..self.clone() })
    }
}
