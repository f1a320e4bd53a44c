//! The distance of two times, compared with a length of days: a day is 24 hours.
//!
//! The engine compares lengths by months, then by days, then by nanoseconds. A difference of two
//! times is counted in nanoseconds alone, so that by itself every one would be less than one day.

use arrow::datatypes::{DataType, IntervalMonthDayNano, IntervalUnit};
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{DFSchema, Result, ScalarValue, plan_err};
use datafusion::config::ConfigOptions;
use datafusion::logical_expr::expr::{Between, BinaryExpr, Cast};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan, Operator};
use datafusion::optimizer::AnalyzerRule;

/// Nanoseconds of a day: in UTC none is shorter or longer.
const DAY: i64 = 86_400_000_000_000;

/// Counts the constant that a difference is compared with in nanoseconds. Refuses one of months.
#[derive(Debug)]
pub(super) struct Lengths;

impl AnalyzerRule for Lengths {
    fn name(&self) -> &str {
        "lengths"
    }

    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        let done = plan.transform_up_with_subqueries(|plan| {
            let inputs = plan.inputs();
            let schema = match inputs.is_empty() {
                true => plan.schema().as_ref().clone(),
                false => merge_schema(&inputs),
            };
            let names = NamePreserver::new(&plan);
            plan.map_expressions(|expr| {
                let name = names.save(&expr);
                let done = expr.transform_up(|e| compared(e, &schema))?;
                Ok(if done.transformed { done.update_data(|e| name.restore(e)) } else { done })
            })
        });
        Ok(done?.data)
    }
}

fn compared(expr: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
    match expr {
        Expr::BinaryExpr(BinaryExpr { left, op, right }) if compares(op) => {
            let (left, right) = match (is_difference(&left, schema), is_difference(&right, schema))
            {
                (true, false) => (left, in_nanoseconds(right)?),
                (false, true) => (in_nanoseconds(left)?, right),
                _ => return Ok(Transformed::no(Expr::BinaryExpr(BinaryExpr { left, op, right }))),
            };
            Ok(Transformed::yes(Expr::BinaryExpr(BinaryExpr { left, op, right })))
        }
        Expr::Between(between) if is_difference(&between.expr, schema) => {
            let (low, high) = (in_nanoseconds(between.low)?, in_nanoseconds(between.high)?);
            Ok(Transformed::yes(Expr::Between(Between { low, high, ..between })))
        }
        other => Ok(Transformed::no(other)),
    }
}

fn compares(op: Operator) -> bool {
    use Operator as O;
    matches!(op, O::Eq | O::NotEq | O::Lt | O::LtEq | O::Gt | O::GtEq)
        || matches!(op, O::IsDistinctFrom | O::IsNotDistinctFrom)
}

/// Whether an expression is the difference of two times, made an interval to be compared with one.
fn is_difference(expr: &Expr, schema: &DFSchema) -> bool {
    let Expr::Cast(Cast { expr, field }) = expr else { return false };
    let interval = DataType::Interval(IntervalUnit::MonthDayNano);
    *field.data_type() == interval && matches!(expr.get_type(schema), Ok(DataType::Duration(_)))
}

/// A constant length in nanoseconds; what is no constant stays.
fn in_nanoseconds(expr: Box<Expr>) -> Result<Box<Expr>> {
    let Some((months, days, nanos)) = constant(&expr) else { return Ok(expr) };
    if months != 0 {
        return plan_err!(
            "a difference of two times has no months, they are not equally long: \
             write INTERVAL '30' DAY, or compare b.time with a.time + INTERVAL '1' MONTH"
        );
    }
    match days.checked_mul(DAY).and_then(|d| d.checked_add(nanos)) {
        Some(nanos) => {
            let value = IntervalMonthDayNano::new(0, 0, nanos);
            Ok(Box::new(Expr::Literal(ScalarValue::IntervalMonthDayNano(Some(value)), None)))
        }
        None => plan_err!("a difference of two times is less than 292 years"),
    }
}

/// Months, days and nanoseconds of a constant.
fn constant(expr: &Expr) -> Option<(i64, i64, i64)> {
    match expr {
        Expr::Alias(alias) => constant(&alias.expr),
        Expr::Cast(Cast { expr, .. }) => constant(expr),
        Expr::Negative(inner) => constant(inner).map(|(m, d, n)| (-m, -d, n.saturating_neg())),
        Expr::Literal(ScalarValue::IntervalMonthDayNano(Some(v)), _) => {
            Some((v.months.into(), v.days.into(), v.nanoseconds))
        }
        Expr::Literal(ScalarValue::IntervalDayTime(Some(v)), _) => {
            Some((0, v.days.into(), i64::from(v.milliseconds) * 1_000_000))
        }
        Expr::Literal(ScalarValue::IntervalYearMonth(Some(months)), _) => {
            Some(((*months).into(), 0, 0))
        }
        _ => None,
    }
}
