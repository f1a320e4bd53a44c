//! `patch['slot']`: a part of a struct.

use datafusion::common::{DFSchema, Result, plan_err};
use datafusion::functions::core::get_field;
use datafusion::logical_expr::planner::{ExprPlanner, PlannerResult, RawFieldAccessExpr};
use datafusion::logical_expr::{GetFieldAccess, lit};

/// The engine leaves brackets to its functions of lists, which a session does not have.
#[derive(Debug)]
pub(super) struct Field;

impl ExprPlanner for Field {
    fn plan_field_access(
        &self,
        raw: RawFieldAccessExpr,
        _: &DFSchema,
    ) -> Result<PlannerResult<RawFieldAccessExpr>> {
        match raw.field_access {
            GetFieldAccess::NamedStructField { name } => {
                Ok(PlannerResult::Planned(get_field().call(vec![raw.expr, lit(name)])))
            }
            _ => plan_err!("a part of a struct is named by a text, as patch['slot']"),
        }
    }
}
