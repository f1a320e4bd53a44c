//! The last rule of the optimiser: it puts band joins in place.

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNodeRecursion};
use datafusion::common::Result;
use datafusion::logical_expr::{Expr, Extension, LogicalPlan};

use super::compile::{Compiler, plain_column};
use super::node::BandJoin;

/// Replaces chains of joins on an equal place and a band by one operator each. It wants a plan that
/// the other rules have done with: they decide which joins only ask whether there is a partner.
pub(super) fn rewrite(plan: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
    plan.transform_down_with_subqueries(|plan| {
        let Some(node) = band_join(&plan)? else { return Ok(Transformed::no(plan)) };
        let extension = LogicalPlan::Extension(Extension { node: Arc::new(node) });
        Ok(Transformed::new(extension, true, TreeNodeRecursion::Jump))
    })
}

/// The node that stands for a plan, if the whole of it is a chain of band joins.
fn band_join(plan: &LogicalPlan) -> Result<Option<BandJoin>> {
    if !matches!(
        plan,
        LogicalPlan::Projection(_)
            | LogicalPlan::Filter(_)
            | LogicalPlan::Aggregate(_)
            | LogicalPlan::Join(_)
    ) {
        return Ok(None);
    }
    let Some(all) = places(plan) else { return Ok(None) };
    let singles = all.iter().map(|k| vec![*k]).filter(|_| all.len() > 1);
    for key in std::iter::once(all.clone()).chain(singles) {
        let mut compiler = Compiler::default();
        let Some(chain) = compiler.root(plan, &key) else { continue };
        if compiler.bands == 0 {
            continue;
        }
        let (program, plans) = compiler.finish(chain.product())?;
        let inputs = plans.into_iter().map(|p| Ok(rewrite(p)?.data)).collect::<Result<_>>()?;
        return Ok(Some(BandJoin { program, inputs, schema: Arc::clone(plan.schema()) }));
    }
    Ok(None)
}

/// The columns of a plan that are compared for equality by the first join below it.
fn places(plan: &LogicalPlan) -> Option<Vec<usize>> {
    let through = |exprs: &[Expr], input: &LogicalPlan| {
        let below = places(input)?;
        let at = |k: &usize| {
            exprs.iter().position(|e| plain_column(e, input.schema()) == Some(*k))
        };
        below.iter().map(at).collect()
    };
    match plan {
        LogicalPlan::SubqueryAlias(alias) => places(&alias.input),
        LogicalPlan::Filter(filter) => places(&filter.input),
        LogicalPlan::Window(window) => places(&window.input),
        LogicalPlan::Projection(p) => through(&p.expr, &p.input),
        LogicalPlan::Aggregate(a) => through(&a.group_expr, &a.input),
        LogicalPlan::Join(join) => {
            let left = |(l, _): &(Expr, Expr)| plain_column(l, join.left.schema());
            let all: Vec<usize> = join.on.iter().map(left).collect::<Option<_>>()?;
            (!all.is_empty()).then_some(all)
        }
        _ => None,
    }
}
