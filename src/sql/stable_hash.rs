//! `stable_hash(a, b, …)`: a number that looks random but is the same on every machine and day.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

/// The first eight bytes of the blake3 of the values as text; for seeded draws in an `ORDER BY`.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct StableHash {
    signature: Signature,
}

impl StableHash {
    pub fn new() -> Self {
        Self { signature: Signature::variadic_any(Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for StableHash {
    fn name(&self) -> &str {
        "stable_hash"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Int64)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let mut texts = Vec::with_capacity(arrays.len());
        for array in &arrays {
            match cast(array, &DataType::Utf8) {
                Ok(text) => texts.push(text),
                Err(_) => return exec_err!("stable_hash cannot read a {}", array.data_type()),
            }
        }
        let rows = texts.first().map_or(0, |t| t.len());
        let hash = |row: usize| {
            let mut hasher = blake3::Hasher::new();
            for text in &texts {
                let text = text.as_string::<i32>();
                if text.is_valid(row) {
                    // Lengths keep ('ab', 'c') and ('a', 'bc') apart.
                    let value = text.value(row).as_bytes();
                    hasher.update(&(value.len() as u64).to_le_bytes()).update(value);
                } else {
                    hasher.update(&u64::MAX.to_le_bytes());
                }
            }
            let mut low = [0u8; 8];
            low.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
            i64::from_le_bytes(low)
        };
        let out: ArrayRef = Arc::new((0..rows).map(hash).collect::<Int64Array>());
        Ok(ColumnarValue::Array(out))
    }
}
