//! "Some of each place", in plain SQL: the first of a window in the order of `stable_hash`.

use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::utils::split_conjunction;
use datafusion::logical_expr::{Expr, LogicalPlan};

use super::compile::{Compiler, bind, plain_column};
use super::program::{Draw, Product};
use super::ranked::{at_most, row_number};
use super::rule::{below_names, chain};
use crate::sql::stable_hash::StableHash;

/// `WHERE draw <= n` over `row_number() OVER (PARTITION BY place ORDER BY stable_hash(…)) AS draw`
/// over a chain of band joins.
pub(super) fn drawn(plan: &LogicalPlan) -> Option<(Compiler, Product)> {
    let (LogicalPlan::Filter(filter), shown) = below_names(plan)? else { return None };
    let (LogicalPlan::Window(window), inner) = below_names(&filter.input)? else { return None };
    let [expr] = window.window_expr.as_slice() else { return None };
    let (order, partition) = row_number(expr)?;
    let input = window.input.schema();
    let rank = input.fields().len();
    let [condition] = split_conjunction(&filter.predicate)[..] else { return None };
    let schema = filter.input.schema();
    let is_rank = |e: &Expr| plain_column(e, schema).is_some_and(|i| inner[i] == rank);
    let keep = at_most(condition, is_rank)?;

    let (compiler, chain) = chain(&window.input)?;
    // One partition is one place.
    let place = |e: &Expr| {
        let (role, column) = chain.columns[plain_column(e, input)?];
        chain.keys[role].iter().position(|k| *k == column)
    };
    let mut places = partition.iter().map(place).collect::<Option<Vec<usize>>>()?;
    places.sort_unstable();
    places.dedup();
    if places.len() != chain.keys[0].len() || !chain.rest.is_empty() {
        return None;
    }
    // A role that may be missing has no place of its own, and no values.
    if chain.roles.iter().any(|r| r.link.as_ref().is_some_and(|l| l.outer)) {
        let outer = |role: usize| chain.roles[role].link.as_ref().is_some_and(|l| l.outer);
        let touched = partition.iter().chain(order.iter().map(|s| &s.expr));
        let columns = touched.flat_map(Expr::column_refs);
        let mut roles = columns.filter_map(|c| input.index_of_column(c).ok());
        if roles.any(|i| outer(chain.columns[i].0)) {
            return None;
        }
    }
    let [sort] = order else { return None };
    // `hash` is another name of `stable_hash`, and is shown as it was written.
    let hash = sort.expr.clone().unalias();
    let Expr::ScalarFunction(ScalarFunction { func, args }) = &hash else { return None };
    if func.name() != StableHash::NAME || !sort.asc {
        return None;
    }
    let mut values = Vec::with_capacity(args.len());
    for arg in args {
        let mut role = None;
        for column in arg.column_refs() {
            let here = chain.columns[input.index_of_column(column).ok()?].0;
            if role.is_some_and(|r| r != here) {
                return None;
            }
            role = Some(here);
        }
        values.push((role, bind(arg, input, |i| chain.columns[i].1)?));
    }
    let (mut output, mut ranks) = (Vec::new(), Vec::new());
    for (at, column) in shown.iter().map(|s| inner[*s]).enumerate() {
        if column == rank {
            ranks.push(at);
        } else {
            output.push(chain.columns[column]);
        }
    }
    let draw = Some(Draw { keep, values, ranks });
    Some((compiler, Product { roles: chain.roles, rest: None, output, fold: None, draw }))
}
