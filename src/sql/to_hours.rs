//! `to_hours(n)`: a length of time of `n` hours (a fraction is fine), as in `t.time +
//! to_hours(72)`.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, DurationMicrosecondArray};
use arrow::datatypes::{DataType, Float64Type, TimeUnit};
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

/// A thousand years: beyond it, adding to a date overflows.
const HOURS_MAX: f64 = 8_766_000.0;

/// Exact to the microsecond; the engine folds a constant before it reads a row.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct ToHours {
    signature: Signature,
}

impl ToHours {
    pub fn new() -> Self {
        Self { signature: Signature::exact(vec![DataType::Float64], Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for ToHours {
    fn name(&self) -> &str {
        "to_hours"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Duration(TimeUnit::Microsecond))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let Some(hours) = arrays.first().and_then(|a| a.as_primitive_opt::<Float64Type>()) else {
            return exec_err!("to_hours takes one number");
        };
        if let Some(bad) = hours.iter().flatten().find(|h| h.is_nan() || h.abs() > HOURS_MAX) {
            return exec_err!("to_hours({bad:?}) is longer than a thousand years");
        }
        let micros = hours.iter().map(|h| h.map(|h| (h * 3_600e6).round() as i64));
        let out: ArrayRef = Arc::new(micros.collect::<DurationMicrosecondArray>());
        Ok(ColumnarValue::Array(out))
    }
}
