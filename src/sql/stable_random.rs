//! `stable_random(a, b, …)`: a number from 0 up to but not 1, the same on every machine and day.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Float64Array};
use arrow::datatypes::{DataType, Int64Type};
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

use super::stable_hash::StableHash;

/// The upper 53 bits of `stable_hash` of the same values, as a fraction.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct StableRandom {
    hash: StableHash,
    signature: Signature,
}

impl StableRandom {
    pub fn new() -> Self {
        let signature = Signature::variadic_any(Volatility::Immutable);
        Self { hash: StableHash::new(), signature }
    }
}

impl ScalarUDFImpl for StableRandom {
    fn name(&self) -> &str {
        "stable_random"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Float64)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let hashes = ColumnarValue::values_to_arrays(&[self.hash.invoke_with_args(args)?])?;
        let Some(hashes) = hashes.first().and_then(|a| a.as_primitive_opt::<Int64Type>()) else {
            return exec_err!("stable_random has no values to draw from");
        };
        let fraction = |h: Option<i64>| h.map(|h| (h as u64 >> 11) as f64 / (1u64 << 53) as f64);
        let out: ArrayRef = Arc::new(hashes.iter().map(fraction).collect::<Float64Array>());
        Ok(ColumnarValue::Array(out))
    }
}
