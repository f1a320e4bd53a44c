//! An aggregate over a chain of joins becomes an aggregate over totals of the reference's rows.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field};
use datafusion::common::{Column, DFSchema, Result};
use datafusion::functions_aggregate::sum::sum;
use datafusion::logical_expr::expr::AggregateFunction;
use datafusion::logical_expr::{
    Aggregate, Expr, ExprSchemable, Extension, LogicalPlan, LogicalPlanBuilder, ScalarUDF, cast,
    lit, when,
};

use super::compile::{Compiler, bind, plain_columns};
use super::flatten::Chain;
use super::program::{Fold, Product, Total};
use super::rule::{chain, node};
use super::to_whole::{ToWhole, WIDE};

/// The plan that stands for an aggregate, if all that it asks for are totals of one role each, by
/// columns of the reference.
pub(super) fn folded(plan: &LogicalPlan) -> Result<Option<LogicalPlan>> {
    let LogicalPlan::Aggregate(aggregate) = plan else { return Ok(None) };
    let Some((compiler, chain)) = chain(&aggregate.input) else { return Ok(None) };
    if chain.roles.len() < 2 || !chain.rest.is_empty() {
        return Ok(None);
    }
    let Some(fold) = fold(aggregate, &chain) else { return Ok(None) };
    build(compiler, chain, fold, aggregate).map(Some)
}

/// Columns of groups and totals, in the order of the aggregate's own.
fn fold(aggregate: &Aggregate, chain: &Chain) -> Option<Fold> {
    let schema = aggregate.input.schema();
    let groups = plain_columns(&aggregate.group_expr, schema)?;
    let columns = groups.iter().map(|g| match chain.columns[*g] {
        (0, column) => Some(column),
        _ => None,
    });
    let columns = columns.collect::<Option<Vec<usize>>>()?;
    let total = |e: &Expr| total(e, schema, chain);
    let totals = aggregate.aggr_expr.iter().map(total).collect::<Option<Vec<Total>>>()?;
    (!totals.is_empty()).then_some(Fold { columns, totals })
}

/// `count(*)`, `count(x)` or `sum(x)`, `x` being of one role.
fn total(expr: &Expr, schema: &DFSchema, chain: &Chain) -> Option<Total> {
    let expr = match expr {
        Expr::Alias(alias) => alias.expr.as_ref(),
        other => other,
    };
    let Expr::AggregateFunction(AggregateFunction { func, params }) = expr else { return None };
    if params.distinct || params.filter.is_some() || !params.order_by.is_empty() {
        return None;
    }
    let [value] = params.args.as_slice() else { return None };
    let counts = match func.name() {
        "count" => true,
        "sum" => false,
        _ => return None,
    };
    let mut roles: Vec<usize> = Vec::new();
    for column in value.column_refs() {
        roles.push(chain.columns[schema.index_of_column(column).ok()?].0);
    }
    let role = roles.first().copied();
    if role.is_some_and(|first| roles.iter().any(|r| *r != first)) {
        return None;
    }
    if counts && matches!(value, Expr::Literal(v, _) if !v.is_null()) {
        return Some(Total { role: 0, value: None, counts });
    }
    // A constant is no value of an outer role that has no row.
    let role = role?;
    let kind = value.get_type(schema).ok()?;
    let known = counts || matches!(kind, DataType::Int64 | DataType::Float64);
    let value = bind(value, schema, |i| chain.columns[i].1)?;
    known.then_some(Total { role, value: Some(value), counts })
}

fn build(
    compiler: Compiler,
    chain: Chain,
    fold: Fold,
    aggregate: &Aggregate,
) -> Result<LogicalPlan> {
    let input = aggregate.input.schema();
    let mut fields = Vec::new();
    for (number, group) in aggregate.group_expr.iter().enumerate() {
        fields.push(Field::new(format!("group {number}"), group.get_type(input)?, true));
    }
    let own = aggregate.schema.fields().get(fields.len()..).unwrap_or_default();
    for (number, field) in own.iter().enumerate() {
        fields.push(Field::new(format!("total {number}"), field.data_type().clone(), true));
    }
    let schema = DFSchema::try_from(arrow::datatypes::Schema::new(fields))?;
    let counts: Vec<bool> = fold.totals.iter().map(|t| t.counts).collect();
    let product = Product {
        roles: chain.roles,
        rest: None,
        output: Vec::new(),
        fold: Some(fold),
        draw: None,
    };
    let join = node(compiler, product, Arc::new(schema))?;
    let name = |what: &str, k: usize| Expr::Column(Column::new_unqualified(format!("{what} {k}")));
    let groups: Vec<Expr> = (0..aggregate.group_expr.len()).map(|k| name("group", k)).collect();
    let is_whole = |k: usize| *own[k].data_type() == DataType::Int64;
    let total = |k: usize| match is_whole(k) {
        true => cast(name("total", k), WIDE),
        false => name("total", k),
    };
    let sums = (0..counts.len()).map(|k| sum(total(k)).alias(format!("sum {k}")));
    let join = LogicalPlan::Extension(Extension { node: Arc::new(join) });
    let totals = LogicalPlanBuilder::from(join).aggregate(groups.clone(), sums)?;
    let to_whole = ScalarUDF::from(ToWhole::new());
    let summed = |k: usize| match is_whole(k) {
        true => to_whole.call(vec![name("sum", k)]),
        false => name("sum", k),
    };
    let values = counts.iter().enumerate().map(|(k, counts)| match counts {
        // No rows at all are none.
        true => when(name("sum", k).is_null(), lit(0i64)).otherwise(summed(k)),
        false => Ok(summed(k)),
    });
    let values = values.collect::<Result<Vec<Expr>>>()?;
    let columns = groups.into_iter().chain(values).zip(aggregate.schema.iter());
    let named = columns.map(|(e, (table, f))| e.alias_qualified(table.cloned(), f.name()));
    totals.project(named)?.build()
}
