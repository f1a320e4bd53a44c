//! The band join as a node of a logical plan.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use datafusion::common::{DFSchemaRef, Result};
use datafusion::logical_expr::{Expr, LogicalPlan, UserDefinedLogicalNodeCore};

use super::program::Program;

/// A program and the plans that feed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BandJoin {
    pub program: Program,
    pub inputs: Vec<LogicalPlan>,
    /// Columns that come out: those of the plan that this node stands for.
    pub schema: DFSchemaRef,
}

impl Hash for BandJoin {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.program.hash(state);
        self.inputs.hash(state);
    }
}

impl PartialOrd for BandJoin {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        let order = self.program.partial_cmp(&other.program)?;
        Some(order.then(self.inputs.partial_cmp(&other.inputs)?)).filter(|o| {
            // Equal only where the derived equality says so.
            *o != Ordering::Equal || self == other
        })
    }
}

impl UserDefinedLogicalNodeCore for BandJoin {
    fn name(&self) -> &str {
        "BandJoin"
    }

    fn inputs(&self) -> Vec<&LogicalPlan> {
        self.inputs.iter().collect()
    }

    fn schema(&self) -> &DFSchemaRef {
        &self.schema
    }

    fn expressions(&self) -> Vec<Expr> {
        // Those of the program speak of its steps; no rule may touch them.
        Vec::new()
    }

    fn fmt_for_explain(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "BandJoin: {}", self.program)
    }

    fn with_exprs_and_inputs(&self, _: Vec<Expr>, inputs: Vec<LogicalPlan>) -> Result<Self> {
        Ok(Self { program: self.program.clone(), inputs, schema: DFSchemaRef::clone(&self.schema) })
    }
}
