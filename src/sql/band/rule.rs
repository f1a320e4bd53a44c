//! The last rule of the optimiser: it puts band joins in place.

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNodeRecursion};
use datafusion::common::{DFSchemaRef, JoinType, Result};
use datafusion::logical_expr::{Expr, Extension, LogicalPlan};

use super::compile::{Compiler, plain_column, plain_columns};
use super::drawing::drawn;
use super::flatten::Chain;
use super::folding::folded;
use super::node::BandJoin;
use super::program::Product;

/// Replaces chains of joins on an equal place and a band by one operator each. It wants a plan that
/// the other rules have done with: they decide which joins only ask whether there is a partner.
pub(super) fn rewrite(plan: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
    plan.transform_down_with_subqueries(|plan| {
        let done = match band_join(&plan)? {
            Some(node) => Some(LogicalPlan::Extension(Extension { node: Arc::new(node) })),
            None => folded(&plan)?,
        };
        Ok(match done {
            Some(done) => Transformed::new(done, true, TreeNodeRecursion::Jump),
            None => Transformed::no(plan),
        })
    })
}

/// The node that stands for a plan, if the whole of it is a chain of band joins.
fn band_join(plan: &LogicalPlan) -> Result<Option<BandJoin>> {
    let schema = Arc::clone(plan.schema());
    if let Some((compiler, chain)) = chain(plan) {
        return node(compiler, chain.product(), schema).map(Some);
    }
    if let Some((compiler, product)) = drawn(plan) {
        return node(compiler, product, schema).map(Some);
    }
    Ok(None)
}

/// A plan as a chain with at least one band, whatever holds the place.
pub(super) fn chain(plan: &LogicalPlan) -> Option<(Compiler, Chain)> {
    let (inner, shown) = below_names(plan)?;
    if !matches!(inner, LogicalPlan::Filter(_) | LogicalPlan::Aggregate(_) | LogicalPlan::Join(_)) {
        return None;
    }
    // The nearest of a window may be asked for without its place.
    if let LogicalPlan::Filter(filter) = inner
        && let (LogicalPlan::Window(window), _) = below_names(&filter.input)?
    {
        let (mut compiler, below) = chain(&window.input)?;
        let mut chain = Chain::of(compiler.ranked_of(filter, &below)?, &[]);
        chain.keys.clone_from(&below.keys);
        chain.keys.truncate(1);
        chain.columns = shown.iter().map(|i| chain.columns[*i]).collect();
        return Some((compiler, chain));
    }
    // All columns that are compared for equality; failing that, one of them.
    let all = places(inner)?;
    let singles = all.iter().map(|k| vec![*k]).filter(|_| all.len() > 1);
    for key in std::iter::once(all.clone()).chain(singles) {
        let mut compiler = Compiler::default();
        let Some(mut chain) = compiler.root(inner, &key) else { continue };
        if compiler.bands > 0 {
            chain.columns = shown.iter().map(|i| chain.columns[*i]).collect();
            return Some((compiler, chain));
        }
    }
    None
}

/// The plan below names and choices of columns, and which of its columns are chosen.
pub(super) fn below_names(plan: &LogicalPlan) -> Option<(&LogicalPlan, Vec<usize>)> {
    match plan {
        LogicalPlan::SubqueryAlias(alias) => below_names(&alias.input),
        LogicalPlan::Projection(projection) => {
            let (inner, shown) = below_names(&projection.input)?;
            let plain = plain_columns(&projection.expr, projection.input.schema())?;
            Some((inner, plain.iter().map(|p| shown[*p]).collect()))
        }
        other => Some((other, (0..other.schema().fields().len()).collect())),
    }
}

/// The finished node; what feeds it may hold band joins of its own.
pub(super) fn node(compiler: Compiler, product: Product, schema: DFSchemaRef) -> Result<BandJoin> {
    let (program, plans) = compiler.finish(product)?;
    let inputs = plans.into_iter().map(|p| Ok(rewrite(p)?.data)).collect::<Result<_>>()?;
    Ok(BandJoin { program, inputs, schema })
}

/// The columns of a plan that are compared for equality by the first join below it.
fn places(plan: &LogicalPlan) -> Option<Vec<usize>> {
    let through = |exprs: &[Expr], input: &LogicalPlan| {
        let below = places(input)?;
        let at = |k: &usize| exprs.iter().position(|e| plain_column(e, input.schema()) == Some(*k));
        below.iter().map(at).collect()
    };
    match plan {
        LogicalPlan::SubqueryAlias(alias) => places(&alias.input),
        LogicalPlan::Filter(filter) => places(&filter.input),
        LogicalPlan::Window(window) => places(&window.input),
        LogicalPlan::Projection(p) => through(&p.expr, &p.input),
        LogicalPlan::Aggregate(a) => through(&a.group_expr, &a.input),
        LogicalPlan::Join(join) => {
            // Of an outer join, the columns of the side that is kept.
            let first = join.left.schema().fields().len();
            let kept = |(l, r): &(Expr, Expr)| match join.join_type {
                JoinType::Right => plain_column(r, join.right.schema()).map(|k| k + first),
                _ => plain_column(l, join.left.schema()),
            };
            let all: Vec<usize> = join.on.iter().map(kept).collect::<Option<_>>()?;
            (!all.is_empty()).then_some(all)
        }
        _ => None,
    }
}
