//! How large a plan becomes when everything that is named is written out.
//!
//! A named query is planned once and shared, but the optimiser copies it for each use: forty lines
//! that each use the line before twice are a million million tables.

use std::collections::HashMap;

use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::{Expr, LogicalPlan};

use super::fault;
use crate::error::{Error, Result};
use crate::limits;

/// What is counted of a plan.
#[derive(Debug, Clone, Copy, Default)]
struct Size {
    steps: u64,
    tables: u64,
    /// Calls that make text longer than their arguments.
    texts: u64,
}

impl Size {
    fn add(&mut self, other: Self) {
        self.steps = self.steps.saturating_add(other.steps);
        self.tables = self.tables.saturating_add(other.tables);
        self.texts = self.texts.saturating_add(other.texts);
    }
}

/// Refuses a plan that is larger than the limits, before it is optimised.
pub(super) fn check(plan: &LogicalPlan) -> Result<()> {
    let mut known = HashMap::new();
    let size = measure(plan, &mut known)?;
    let bounds = [
        ("steps", size.steps, limits::SQL_STEPS_MAX),
        ("tables", size.tables, limits::SQL_TABLES_MAX),
        ("calls that make text", size.texts, limits::SQL_TEXT_CALLS_MAX),
    ];
    for (what, count, most) in bounds {
        if count > most {
            return Err(Error::usage(format!(
                "the query, written out, has {count} {what}, more than {most}"
            ))
            .hint("use a named query or a subquery fewer times, or ask several questions"));
        }
    }
    Ok(())
}

/// The size of a plan and all below it. A part that several share is walked once; it stays where
/// it is while the plan is borrowed, so that its address tells it.
fn measure(plan: &LogicalPlan, known: &mut HashMap<*const LogicalPlan, Size>) -> Result<Size> {
    if let Some(size) = known.get(&std::ptr::from_ref(plan)) {
        return Ok(*size);
    }
    let columns = plan.schema().fields().len();
    if columns > limits::SQL_COLUMNS_MAX {
        return Err(Error::usage(format!(
            "the query makes {columns} columns, more than {}",
            limits::SQL_COLUMNS_MAX
        ))
        .hint("name the columns that you want instead of writing *"));
    }
    let table = matches!(plan, LogicalPlan::TableScan(_));
    let mut size = Size { steps: 1, tables: u64::from(table), texts: 0 };
    for input in plan.inputs() {
        size.add(measure(input, known)?);
    }
    let mut inner = Ok(());
    let walked = plan.apply_expressions(|e| {
        e.apply(|e| {
            size.texts = size.texts.saturating_add(u64::from(makes_text(e)));
            let subquery = match e {
                Expr::ScalarSubquery(query) => Some(query),
                Expr::Exists(e) => Some(&e.subquery),
                Expr::InSubquery(e) => Some(&e.subquery),
                Expr::SetComparison(e) => Some(&e.subquery),
                _ => None,
            };
            match subquery.map(|s| measure(&s.subquery, known)) {
                Some(Ok(more)) => size.add(more),
                Some(Err(e)) => {
                    inner = Err(e);
                    return Ok(TreeNodeRecursion::Stop);
                }
                None => {}
            }
            Ok(TreeNodeRecursion::Continue)
        })
    });
    walked.map_err(|e| fault::plain(&e))?;
    inner?;
    known.insert(std::ptr::from_ref(plan), size);
    Ok(size)
}

fn makes_text(e: &Expr) -> bool {
    matches!(e, Expr::ScalarFunction(f) if super::text::GROWING.contains(&f.name()))
}
