//! Functions that make text longer than their arguments, each with a bound on what it makes.
//!
//! The memory limit of the engine does not see what a function makes, so the bytes are counted
//! before the function is called.

use std::sync::Arc;

use arrow::array::{Array, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, FieldRef, Int64Type};
use datafusion::common::{DFSchema, Result, resources_datafusion_err};
use datafusion::functions::{string, unicode};
use datafusion::logical_expr::planner::{ExprPlanner, PlannerResult, RawBinaryExpr};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ExprSchemable, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF,
    ScalarUDFImpl, Signature,
};
use datafusion::sql::sqlparser::ast::BinaryOperator;

use super::joined_text::JoinedText;
use crate::limits;

/// Names of the functions that are counted.
pub(super) const GROWING: [&str; 7] =
    ["concat", "concat_ws", "repeat", "replace", "lpad", "rpad", JoinedText::NAME];

/// The functions of the engine that make text, within bounds.
pub(super) fn bounded() -> Vec<ScalarUDF> {
    let engine = [
        string::concat(),
        string::concat_ws(),
        string::repeat(),
        string::replace(),
        unicode::lpad(),
        unicode::rpad(),
    ];
    engine.into_iter().map(|inner| ScalarUDF::from(Bounded { inner })).collect()
}

/// A function of the engine that refuses to make too much.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Bounded {
    inner: Arc<ScalarUDF>,
}

impl ScalarUDFImpl for Bounded {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn aliases(&self) -> &[String] {
        self.inner.aliases()
    }

    fn signature(&self) -> &Signature {
        self.inner.signature()
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        self.inner.return_type(types)
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        self.inner.return_field_from_args(args)
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        self.inner.coerce_types(types)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let rows = args.number_rows;
        let sizes: Vec<Sizes> = args.args.iter().map(Sizes::of).collect::<Result<_>>()?;
        let bytes = match (self.name(), sizes.as_slice()) {
            ("repeat", [text, times]) => text.longest.saturating_mul(times.number),
            ("lpad" | "rpad", [text, width, ..]) => {
                // A letter of the filling has up to four bytes.
                text.longest.saturating_add(width.number.saturating_mul(4))
            }
            ("replace", [text, part, by]) => {
                let places = text.longest / part.shortest.max(1) + 1;
                text.longest.saturating_add(places.saturating_mul(by.longest))
            }
            ("concat_ws", [by, all @ ..]) => all
                .iter()
                .fold(0, |sum: u64, s| sum.saturating_add(s.longest).saturating_add(by.longest)),
            (_, all) => all.iter().fold(0, |sum: u64, s| sum.saturating_add(s.longest)),
        };
        within(self.name(), bytes, rows)?;
        self.inner.invoke_with_args(args)
    }
}

/// Refuses a value or a batch of values that is too large.
pub(super) fn within(name: &str, bytes: u64, rows: usize) -> Result<()> {
    if bytes > limits::TEXT_VALUE_BYTES_MAX {
        return Err(resources_datafusion_err!(
            "{name} would make a text of up to {bytes} bytes in one of {rows} rows, more than {}",
            limits::TEXT_VALUE_BYTES_MAX
        ));
    }
    Ok(())
}

/// How large the values of an argument are.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sizes {
    /// Bytes of the longest text.
    pub longest: u64,
    shortest: u64,
    /// The largest number, if it holds numbers.
    number: u64,
}

impl Sizes {
    pub fn of(value: &ColumnarValue) -> Result<Self> {
        let array = match value {
            ColumnarValue::Array(array) => Arc::clone(array),
            ColumnarValue::Scalar(value) => value.to_array_of_size(1)?,
        };
        if array.data_type().is_numeric() {
            let numbers = cast(&array, &DataType::Int64)?;
            let most = numbers.as_primitive::<Int64Type>().iter().flatten().max().unwrap_or(0);
            // A number that becomes text has some twenty letters.
            return Ok(Self { longest: 24, shortest: 1, number: u64::try_from(most).unwrap_or(0) });
        }
        let lengths = |all: &mut dyn Iterator<Item = usize>| {
            let (least, most) = all.fold((usize::MAX, 0), |(a, b), n| (a.min(n), b.max(n)));
            Self { longest: most as u64, shortest: least.min(most) as u64, number: 0 }
        };
        Ok(match array.data_type() {
            DataType::Utf8 => lengths(&mut array.as_string::<i32>().iter().flatten().map(str::len)),
            DataType::LargeUtf8 => {
                lengths(&mut array.as_string::<i64>().iter().flatten().map(str::len))
            }
            DataType::Utf8View => {
                lengths(&mut array.as_string_view().iter().flatten().map(str::len))
            }
            _ => Self { longest: array.get_array_memory_size() as u64, shortest: 0, number: 0 },
        })
    }
}

/// Makes `a || b` one of these functions.
#[derive(Debug)]
pub(super) struct JoinTexts;

impl ExprPlanner for JoinTexts {
    fn plan_binary_op(
        &self,
        raw: RawBinaryExpr,
        schema: &DFSchema,
    ) -> Result<PlannerResult<RawBinaryExpr>> {
        if raw.op != BinaryOperator::StringConcat {
            return Ok(PlannerResult::Original(raw));
        }
        let binary = |e: &Expr| e.get_type(schema).is_ok_and(|t| t.is_binary());
        if binary(&raw.left) || binary(&raw.right) {
            return Ok(PlannerResult::Original(raw));
        }
        // A chain is one call: calls inside of calls would be named and checked once a level.
        let mut parts = match raw.left {
            Expr::ScalarFunction(chain) if chain.name() == JoinedText::NAME => chain.args,
            other => vec![other],
        };
        parts.push(raw.right);
        Ok(PlannerResult::Planned(ScalarUDF::from(JoinedText::new()).call(parts)))
    }
}
