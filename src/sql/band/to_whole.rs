//! A sum of many whole numbers as one again, or an error.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array};
use arrow::datatypes::{DataType, Decimal128Type};
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

use super::wholes::TOO_LARGE;

/// Digits of a whole number of 64 bits.
const DIGITS: u8 = 19;

/// The type in which whole numbers are added up: the engine's own sum of them wraps around.
pub(super) const WIDE: DataType = DataType::Decimal128(DIGITS, 0);

/// Made by the plans of the band join, not known to SQL.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct ToWhole {
    signature: Signature,
}

impl ToWhole {
    pub fn new() -> Self {
        Self { signature: Signature::any(1, Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for ToWhole {
    fn name(&self) -> &str {
        "to_whole"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Int64)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let Some(sums) = arrays.first().and_then(|a| a.as_primitive_opt::<Decimal128Type>()) else {
            return exec_err!("to_whole takes a decimal");
        };
        let whole: Result<Vec<Option<i64>>, _> =
            sums.iter().map(|s| s.map(i64::try_from).transpose()).collect();
        let Ok(whole) = whole else { return exec_err!("{TOO_LARGE}") };
        let out: ArrayRef = Arc::new(Int64Array::from(whole));
        Ok(ColumnarValue::Array(out))
    }
}
