//! `a || b || …`: texts as one, within a bound.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringArray, StringBuilder};
use arrow::datatypes::DataType;
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

use super::text::{Sizes, within};

/// Empty if any is; whatever is no text is written as one.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct JoinedText {
    signature: Signature,
}

impl JoinedText {
    pub const NAME: &'static str = "||";

    pub fn new() -> Self {
        Self { signature: Signature::variadic_any(Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for JoinedText {
    fn name(&self) -> &str {
        Self::NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn schema_name(&self, args: &[Expr]) -> Result<String> {
        let names: Vec<String> = args.iter().map(|a| a.schema_name().to_string()).collect();
        Ok(names.join(" || "))
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let rows = args.number_rows;
        let scalar = args.args.iter().all(|a| matches!(a, ColumnarValue::Scalar(_)));
        let mut texts = Vec::with_capacity(args.args.len());
        let mut bytes = 0u64;
        for value in &args.args {
            let text = value.cast_to(&DataType::Utf8, None)?;
            bytes = bytes.saturating_add(Sizes::of(&text)?.longest);
            texts.push(text);
        }
        within(Self::NAME, bytes, rows)?;
        let arrays = ColumnarValue::values_to_arrays(&texts)?;
        let columns: Vec<&StringArray> = arrays.iter().map(|a| a.as_string::<i32>()).collect();
        let mut out = StringBuilder::new();
        let mut whole = String::new();
        for row in 0..columns.first().map_or(0, |c| c.len()) {
            whole.clear();
            let parts = columns.iter().filter(|c| c.is_valid(row));
            let found = parts.map(|c| whole.push_str(c.value(row))).count();
            out.append_option((found == columns.len()).then_some(&whole));
        }
        let out: ArrayRef = Arc::new(out.finish());
        match scalar {
            true => Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&out, 0)?)),
            false => Ok(ColumnarValue::Array(out)),
        }
    }
}
