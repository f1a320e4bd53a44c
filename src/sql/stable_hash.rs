//! `stable_hash(a, b, …)`: a number that looks random but is the same on every machine and day.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, Int64Type, TimeUnit};
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

/// For seeded draws in an `ORDER BY`. A whole number counts by its value, whatever its width; a
/// text by its blake3; a struct by its parts.
///
/// Each value becomes a part by itself and the parts are added, so that a band join can prepare
/// them for each table and has one addition left for each combination.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct StableHash {
    signature: Signature,
    aliases: Vec<String>,
}

impl StableHash {
    pub const NAME: &'static str = "stable_hash";

    pub fn new() -> Self {
        let aliases = vec!["hash".to_owned()];
        Self { signature: Signature::variadic_any(Volatility::Immutable), aliases }
    }
}

/// The odd number nearest to 2^64 divided by the golden ratio: places of values far apart.
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;
/// What an empty value counts as.
const EMPTY: u64 = 0x6A09_E667_F3BC_C909;

/// The part of the value at a place of the argument list.
pub(super) fn parts(values: &ArrayRef, place: usize) -> Result<Vec<u64>> {
    let shift = GOLDEN.wrapping_mul(place as u64 + 1);
    Ok(bits(values)?.into_iter().map(|b| mix(b.wrapping_add(shift))).collect())
}

/// The number that the sum of all parts stands for.
pub(super) fn finish(sum: u64) -> i64 {
    mix(sum) as i64
}

/// The finaliser of SplitMix64: every bit of the result depends on every bit of the value.
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Sixty-four bits for each value.
fn bits(values: &ArrayRef) -> Result<Vec<u64>> {
    let some = |i: usize, bits: u64| if values.is_null(i) { EMPTY } else { bits };
    let kind = values.data_type();
    if let DataType::Struct(fields) = kind {
        let mut all = vec![0u64; values.len()];
        for place in 0..fields.len() {
            for (sum, part) in all.iter_mut().zip(parts(values.as_struct().column(place), place)?) {
                *sum = sum.wrapping_add(part);
            }
        }
        return Ok(all.into_iter().enumerate().map(|(i, sum)| some(i, mix(sum))).collect());
    }
    if kind.is_floating() {
        let wide = cast(values, &DataType::Float64)?;
        let wide = wide.as_primitive::<Float64Type>();
        return Ok((0..wide.len()).map(|i| some(i, wide.value(i).to_bits())).collect());
    }
    let whole = match kind {
        DataType::Timestamp(_, zone) => {
            let micros = DataType::Timestamp(TimeUnit::Microsecond, zone.clone());
            cast(&cast(values, &micros)?, &DataType::Int64)?
        }
        DataType::Boolean | DataType::Null => cast(values, &DataType::Int64)?,
        k if k.is_integer() || k.is_temporal() => cast(values, &DataType::Int64)?,
        _ => return text(values),
    };
    let whole = whole.as_primitive::<Int64Type>();
    Ok((0..whole.len()).map(|i| some(i, whole.value(i) as u64)).collect())
}

fn text(values: &ArrayRef) -> Result<Vec<u64>> {
    let Ok(text) = cast(values, &DataType::Utf8) else {
        return exec_err!("stable_hash cannot read a {}", values.data_type());
    };
    let text = text.as_string::<i32>();
    let hash = |i: usize| {
        if text.is_null(i) {
            return EMPTY;
        }
        let mut low = [0u8; 8];
        low.copy_from_slice(&blake3::hash(text.value(i).as_bytes()).as_bytes()[..8]);
        u64::from_le_bytes(low)
    };
    Ok((0..text.len()).map(hash).collect())
}

impl ScalarUDFImpl for StableHash {
    fn name(&self) -> &str {
        Self::NAME
    }

    fn aliases(&self) -> &[String] {
        &self.aliases
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Int64)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let mut sums = vec![0u64; arrays.first().map_or(0, |a| a.len())];
        for (place, values) in arrays.iter().enumerate() {
            for (sum, part) in sums.iter_mut().zip(parts(values, place)?) {
                *sum = sum.wrapping_add(part);
            }
        }
        let out: ArrayRef = Arc::new(sums.into_iter().map(finish).collect::<Int64Array>());
        Ok(ColumnarValue::Array(out))
    }
}
