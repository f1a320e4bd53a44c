//! The rule that puts overlap joins in place.

use std::sync::Arc;

use datafusion::common::tree_node::Transformed;
use datafusion::common::{JoinType, Result};
use datafusion::logical_expr::utils::split_conjunction;
use datafusion::logical_expr::{Expr, Extension, Join, LogicalPlan};

use super::node::OverlapJoin;
use super::ranges::{Range, ranges};
use crate::sql::band::bind;

/// Replaces joins without an equality whose condition bounds ranges of the right side.
pub(crate) fn rewrite(plan: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
    plan.transform_up_with_subqueries(|plan| {
        let LogicalPlan::Join(join) = &plan else { return Ok(Transformed::no(plan)) };
        Ok(match overlap_join(join) {
            Some(node) => {
                Transformed::yes(LogicalPlan::Extension(Extension { node: Arc::new(node) }))
            }
            None => Transformed::no(plan),
        })
    })
}

fn overlap_join(join: &Join) -> Option<OverlapJoin> {
    let known = matches!(
        join.join_type,
        JoinType::Inner | JoinType::Left | JoinType::LeftSemi | JoinType::LeftAnti
    );
    if !known || !join.on.is_empty() || join.null_aware {
        return None;
    }
    let condition = join.filter.as_ref()?;
    let split = join.left.schema().fields().len();
    let schema = join.left.schema().join(join.right.schema()).ok()?;
    let found = ranges(&split_conjunction(condition), &schema, split);
    if found.is_empty() {
        return None;
    }
    let own = |e: &Expr| bind(e, &schema, |i| i);
    let numbered = |r: &Range| {
        Some(Range {
            right_low: own(&r.right_low)?,
            right_high: own(&r.right_high)?,
            left_low: own(&r.left_low)?,
            left_high: own(&r.left_high)?,
        })
    };
    Some(OverlapJoin {
        left: join.left.as_ref().clone(),
        right: join.right.as_ref().clone(),
        kind: join.join_type,
        condition: own(condition)?,
        ranges: found.iter().map(numbered).collect::<Option<_>>()?,
        schema: Arc::clone(&join.schema),
    })
}
