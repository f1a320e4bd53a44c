//! `gap_hours(a, b)`: the distance of two instants in hours, never negative.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Float64Array};
use arrow::datatypes::{DataType, TimestampMicrosecondType};
use datafusion::common::{Result, exec_err, plan_err};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

use super::patch_type::to_instants;

/// Dates and texts count as instants, UTC. A whole number of hours comes out exact.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct GapHours {
    signature: Signature,
}

impl GapHours {
    pub fn new() -> Self {
        Self { signature: Signature::any(2, Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for GapHours {
    fn name(&self) -> &str {
        "gap_hours"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        for t in types {
            if !(t.is_temporal() || t.is_string() || t.is_null()) {
                return plan_err!("gap_hours compares two times, not a value of type {t}");
            }
        }
        Ok(DataType::Float64)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let [a, b] = arrays.as_slice() else { return exec_err!("gap_hours takes two times") };
        let (a, b) = (to_instants(a)?, to_instants(b)?);
        let (a, b) = (
            a.as_primitive::<TimestampMicrosecondType>(),
            b.as_primitive::<TimestampMicrosecondType>(),
        );
        let gap = |(a, b): (Option<i64>, Option<i64>)| Some(a?.abs_diff(b?) as f64 / 3_600e6);
        let out: ArrayRef = Arc::new(a.iter().zip(b.iter()).map(gap).collect::<Float64Array>());
        Ok(ColumnarValue::Array(out))
    }
}
