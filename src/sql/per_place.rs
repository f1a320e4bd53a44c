//! `LIMIT n PER column`: a seeded draw from the rows of each place.

use datafusion::common::Column;
use datafusion::functions_window::row_number::row_number;
use datafusion::logical_expr::{
    Expr, ExprFunctionExt, LogicalPlan, LogicalPlanBuilder, ScalarUDF, lit,
};

use super::stable_hash::StableHash;
use super::sugar::Per;
use super::{fault, nearest};
use crate::error::{Error, Result};

/// The word for a place, whichever columns tell it.
const PLACE: &str = "place";
/// Name of the number that a row gets; nobody sees it.
const RANK: &str = "rank of the draw";

/// The rows of a plan whose `stable_hash`, over the seed and all columns, is least.
pub(super) fn draw(plan: LogicalPlan, per: &Per) -> Result<LogicalPlan> {
    if matches!(&plan, LogicalPlan::Explain(_) | LogicalPlan::Analyze(_)) {
        return Err(Error::usage("LIMIT … PER cannot be explained with EXPLAIN")
            .hint("use eclaircie sql --explain"));
    }
    let columns: Vec<Expr> = plan.schema().columns().into_iter().map(Expr::Column).collect();
    let place = place(&plan, per)?;
    let mut hashed = vec![lit(per.seed)];
    hashed.extend(columns.iter().cloned());
    let hash = ScalarUDF::from(StableHash::new()).call(hashed);
    let build = || {
        let rank = row_number()
            .partition_by(place)
            .order_by(vec![hash.sort(true, false)])
            .build()?
            .alias(RANK);
        let rank_column = Expr::Column(Column::new_unqualified(RANK));
        LogicalPlanBuilder::from(plan)
            .window(vec![rank])?
            .filter(rank_column.lt_eq(lit(per.rows)))?
            .project(columns)?
            .build()
    };
    build().map_err(|e| fault::plain(&e))
}

/// The columns that tell the place.
fn place(plan: &LogicalPlan, per: &Per) -> Result<Vec<Expr>> {
    let all = plan.schema().columns();
    let find = |name: &str| {
        all.iter().find(|c| c.name.eq_ignore_ascii_case(name)).cloned().map(Expr::Column)
    };
    if let Some(column) = find(&per.column) {
        return Ok(vec![column]);
    }
    if per.column.eq_ignore_ascii_case(PLACE) {
        if let Some(cell) = find("cell") {
            return Ok(vec![cell]);
        }
        if let (Some(tile), Some(row), Some(col)) = (find("tile"), find("row"), find("col")) {
            return Ok(vec![tile, row, col]);
        }
    }
    let at = per.at.as_ref().map_or_else(String::new, |p| format!(" ({p})"));
    let names: Vec<&str> = all.iter().map(|c| c.name.as_str()).collect();
    let guess = nearest(&per.column, names.iter().copied())
        .map_or_else(String::new, |n| format!("; did you mean '{n}'?"));
    let name = &per.column;
    Err(Error::usage(format!("LIMIT … PER {name}: the answer has no column '{name}'{at}{guess}"))
        .hint(format!("columns: {}", names.join(", "))))
}
