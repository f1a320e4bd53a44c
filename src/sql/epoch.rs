//! `epoch(t)`: seconds since 1970, with their fraction.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Float64Array};
use arrow::datatypes::{DataType, TimestampMicrosecondType};
use datafusion::common::{Result, exec_err, plan_err};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

use super::patch_type::to_instants;

/// Dates and texts count as instants, UTC. Exact to the microsecond.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Epoch {
    signature: Signature,
}

impl Epoch {
    pub fn new() -> Self {
        Self { signature: Signature::any(1, Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for Epoch {
    fn name(&self) -> &str {
        "epoch"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        match types {
            [t] if t.is_temporal() || t.is_string() || t.is_null() => Ok(DataType::Float64),
            _ => plan_err!("epoch takes one time"),
        }
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let [times] = arrays.as_slice() else { return exec_err!("epoch takes one time") };
        let times = to_instants(times)?;
        let times = times.as_primitive::<TimestampMicrosecondType>();
        let out: ArrayRef =
            Arc::new(times.iter().map(|t| t.map(|t| t as f64 / 1e6)).collect::<Float64Array>());
        Ok(ColumnarValue::Array(out))
    }
}
