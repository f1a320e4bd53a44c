//! `a || b`: two texts as one, within a bound.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, StringBuilder};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use datafusion::common::{Result, ScalarValue, exec_err};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

use super::text::{Sizes, within};

/// Empty if either is; whatever is no text is written as one.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct JoinedText {
    signature: Signature,
}

impl JoinedText {
    pub const NAME: &'static str = "||";

    pub fn new() -> Self {
        Self { signature: Signature::any(2, Volatility::Immutable) }
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
        let [a, b] = arrays.as_slice() else { return exec_err!("|| takes two texts") };
        let (a, b) = (cast(a, &DataType::Utf8)?, cast(b, &DataType::Utf8)?);
        let (a, b) = (a.as_string::<i32>(), b.as_string::<i32>());
        let mut out = StringBuilder::new();
        let mut whole = String::new();
        for pair in a.iter().zip(b.iter()) {
            match pair {
                (Some(a), Some(b)) => {
                    whole.clear();
                    whole.push_str(a);
                    whole.push_str(b);
                    out.append_value(&whole);
                }
                _ => out.append_null(),
            }
        }
        let out: ArrayRef = Arc::new(out.finish());
        match scalar {
            true => Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&out, 0)?)),
            false => Ok(ColumnarValue::Array(out)),
        }
    }
}
