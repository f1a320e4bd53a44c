//! `to_utc(t)`: a time as an instant, in microseconds UTC.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, TimestampMicrosecondArray};
use arrow::compute::{CastOptions, cast, cast_with_options};
use arrow::datatypes::{DataType, TimeUnit, TimestampMicrosecondType};
use arrow::error::ArrowError;
use datafusion::common::{Result, exec_err, plan_err};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

use super::patch_type::instant;

/// Times without a zone, dates and texts count as UTC.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct ToUtc {
    signature: Signature,
}

impl ToUtc {
    pub fn new() -> Self {
        Self { signature: Signature::any(1, Volatility::Immutable) }
    }
}

/// Instants of times of any kind. Refuses a text that is no time, instead of making it empty.
///
/// A plain cast of a time without a zone asks a calendar about each row what the clocks of the zone
/// said; in UTC they say the same, and the unit is all that can change.
pub(super) fn instants(times: &ArrayRef) -> Result<TimestampMicrosecondArray, ArrowError> {
    let whole = match times.data_type() {
        DataType::Timestamp(_, None) => {
            cast(times, &DataType::Timestamp(TimeUnit::Microsecond, None))?
        }
        _ => {
            let strict = CastOptions { safe: false, ..CastOptions::default() };
            cast_with_options(times, &instant(), &strict)?
        }
    };
    Ok(whole.as_primitive::<TimestampMicrosecondType>().clone().with_timezone("UTC"))
}

impl ScalarUDFImpl for ToUtc {
    fn name(&self) -> &str {
        "to_utc"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        match types {
            [t] if t.is_temporal() || t.is_string() || t.is_null() => Ok(instant()),
            _ => plan_err!("to_utc takes one time"),
        }
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let [times] = arrays.as_slice() else { return exec_err!("to_utc takes one time") };
        Ok(ColumnarValue::Array(Arc::new(instants(times)?)))
    }
}
