//! `arg_min(value, key)`: the value of the row with the least key.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result, not_impl_err};
use datafusion::functions_aggregate::first_last::first_value_udaf;
use datafusion::logical_expr::expr::{AggregateFunction, AggregateFunctionParams};
use datafusion::logical_expr::function::{AccumulatorArgs, AggregateFunctionSimplification};
use datafusion::logical_expr::{Accumulator, AggregateUDFImpl, Expr, Signature, Volatility};

/// Another way to write `first_value(value ORDER BY key)`, which is what it becomes.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct ArgMin {
    signature: Signature,
}

impl ArgMin {
    pub fn new() -> Self {
        Self { signature: Signature::any(2, Volatility::Immutable) }
    }
}

impl AggregateUDFImpl for ArgMin {
    fn name(&self) -> &str {
        "arg_min"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        Ok(types.first().cloned().unwrap_or(DataType::Null))
    }

    fn accumulator(&self, _: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        not_impl_err!("arg_min outside of GROUP BY")
    }

    fn simplify(&self) -> Option<AggregateFunctionSimplification> {
        Some(Box::new(|function: AggregateFunction, _| {
            let AggregateFunctionParams { mut args, distinct, filter, null_treatment, .. } =
                function.params;
            let key = args.pop().map(|key| key.sort(true, false));
            Ok(Expr::AggregateFunction(AggregateFunction::new_udf(
                first_value_udaf(),
                args,
                distinct,
                filter,
                key.into_iter().collect(),
                null_treatment,
            )))
        }))
    }
}
