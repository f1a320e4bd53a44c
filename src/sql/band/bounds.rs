//! A condition that compares one column of each side becomes a bound of a band.

use arrow::datatypes::{DataType, IntervalUnit, TimeUnit};
use datafusion::common::{DFSchema, ScalarValue};
use datafusion::logical_expr::expr::{BinaryExpr, Cast};
use datafusion::logical_expr::{Expr, ExprSchemable, Operator};

use super::program::{Band, Bound};

/// Nanoseconds of a day: a day is no longer or shorter in UTC.
const DAY: i128 = 86_400_000_000_000;

/// `column + shift` of whole numbers, the unit being nanoseconds for times and 1 for integers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Linear {
    /// Position in the schema that the expression was bound to.
    pub column: usize,
    /// Units of one step of the column.
    step: i128,
    shift: i128,
    is_time: bool,
}

/// `right >= left` or `right <= left`, of two linear terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Comparison {
    pub right: Linear,
    pub left: Linear,
    pub is_low: bool,
    /// Whether the two may be equal.
    inclusive: bool,
}

impl Comparison {
    /// Reads a condition over `schema`, whose columns from `split` on are the right side's.
    pub fn read(condition: &Expr, schema: &DFSchema, split: usize) -> Option<Self> {
        let Expr::BinaryExpr(BinaryExpr { left, op, right }) = condition else { return None };
        let (a, op, b) = match (Linear::read(left, schema), Linear::read(right, schema)) {
            (Some(a), Some(b)) => (a, *op, b),
            _ => apart(left, *op, right, schema)?,
        };
        let (op, right, left) = match (a.column >= split, b.column >= split) {
            (true, false) => (op, a, b),
            (false, true) => (op.swap()?, b, a),
            _ => return None,
        };
        if right.is_time != left.is_time {
            return None;
        }
        let (is_low, inclusive) = match op {
            Operator::GtEq => (true, true),
            Operator::Gt => (true, false),
            Operator::LtEq => (false, true),
            Operator::Lt => (false, false),
            _ => return None,
        };
        Some(Self { right, left, is_low, inclusive })
    }
}

/// One band from comparisons of one right column; `None` if their units do not fit.
pub(super) fn band(all: &[Comparison], split: usize) -> Option<Band> {
    let first = all.first()?;
    // The finest unit in which all terms are whole: the greatest common divisor of steps and
    // shifts.
    let unit = all.iter().fold(first.right.step, |unit, c| {
        let shift = c.left.shift - c.right.shift;
        gcd(gcd(gcd(unit, c.left.step), c.right.step), shift)
    });
    let whole = |value: i128| i64::try_from(value / unit).ok();
    let (mut low, mut high) = (Vec::new(), Vec::new());
    for c in all {
        // A strict bound of whole numbers is the next whole number.
        let strict = match (c.inclusive, c.is_low) {
            (true, _) => 0,
            (false, true) => 1,
            (false, false) => -1,
        };
        let shift = whole(c.left.shift - c.right.shift)?.checked_add(strict)?;
        let bound = Bound { column: c.left.column, factor: whole(c.left.step)?, shift };
        if c.is_low { low.push(bound) } else { high.push(bound) }
    }
    let factor = whole(first.right.step)?;
    Some(Band { column: first.right.column - split, factor, low, high })
}

impl Linear {
    fn read(expr: &Expr, schema: &DFSchema) -> Option<Self> {
        match expr {
            Expr::Alias(alias) => Self::read(&alias.expr, schema),
            Expr::Column(column) => {
                let index = schema.maybe_index_of_column(column)?;
                let (step, is_time) = step(schema.field(index).data_type())?;
                Some(Self { column: index, step, shift: 0, is_time })
            }
            Expr::Cast(Cast { expr: inner, field }) => {
                let term = Self::read(inner, schema)?;
                // Only a finer or equal unit keeps every value.
                let (to, is_time) = step(field.data_type())?;
                let widens = term.step % to == 0 && (term.is_time == is_time);
                let narrow = !is_time && !matches!(field.data_type(), DataType::Int64);
                (widens && !narrow).then_some(term)
            }
            Expr::BinaryExpr(BinaryExpr { left, op, right }) => {
                let (term, literal, sign) = match (op, left.as_ref(), right.as_ref()) {
                    (Operator::Plus, term, Expr::Literal(value, _)) => (term, value, 1),
                    (Operator::Plus, Expr::Literal(value, _), term) => (term, value, 1),
                    (Operator::Minus, term, Expr::Literal(value, _)) => (term, value, -1),
                    _ => return None,
                };
                let mut term = Self::read(term, schema)?;
                term.shift += sign * amount(literal, term.is_time)?;
                Some(term)
            }
            _ => None,
        }
    }
}

/// `x - y <= length` of two times, or `length >= x - y`, as `x <= y + length`.
fn apart(
    left: &Expr,
    op: Operator,
    right: &Expr,
    schema: &DFSchema,
) -> Option<(Linear, Operator, Linear)> {
    let (difference, op, length) = match (left, right) {
        (_, Expr::Literal(length, _)) => (left, op, length),
        (Expr::Literal(length, _), _) => (right, op.swap()?, length),
        _ => return None,
    };
    // Intervals are compared day by day first, and a difference has no days.
    if matches!(length, ScalarValue::IntervalMonthDayNano(Some(v)) if v.days != 0)
        || matches!(length, ScalarValue::IntervalDayTime(_))
    {
        return None;
    }
    let (x, mut y) = times(difference, schema)?;
    y.shift += amount(length, true)?;
    Some((x, op, y))
}

/// The two times of a difference that keeps all of their digits.
fn times(difference: &Expr, schema: &DFSchema) -> Option<(Linear, Linear)> {
    match difference {
        Expr::Alias(alias) => times(&alias.expr, schema),
        Expr::Cast(Cast { expr, field }) => {
            let keeps = match (expr.get_type(schema).ok()?, field.data_type()) {
                (DataType::Duration(from), DataType::Duration(to)) => nanos(&from) >= nanos(to),
                (DataType::Duration(_), DataType::Interval(IntervalUnit::MonthDayNano)) => true,
                _ => false,
            };
            times(expr, schema).filter(|_| keeps)
        }
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Minus, right }) => {
            let (x, y) = (Linear::read(left, schema)?, Linear::read(right, schema)?);
            (x.is_time && y.is_time).then_some((x, y))
        }
        _ => None,
    }
}

/// Nanoseconds of a unit.
fn nanos(unit: &TimeUnit) -> i128 {
    match unit {
        TimeUnit::Second => 1_000_000_000,
        TimeUnit::Millisecond => 1_000_000,
        TimeUnit::Microsecond => 1_000,
        TimeUnit::Nanosecond => 1,
    }
}

/// Units of one step of a column of this type, and whether it is a time.
fn step(kind: &DataType) -> Option<(i128, bool)> {
    match kind {
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => Some((1, false)),
        DataType::UInt8 | DataType::UInt16 | DataType::UInt32 => Some((1, false)),
        DataType::Timestamp(unit, None) => Some((nanos(unit), true)),
        // Elsewhere a day may have 23 hours.
        DataType::Timestamp(unit, Some(zone)) if matches!(&**zone, "UTC" | "+00:00" | "Z") => {
            Some((nanos(unit), true))
        }
        DataType::Date32 => Some((DAY, true)),
        _ => None,
    }
}

/// A constant in units: a length of time without months, or a whole number.
fn amount(value: &ScalarValue, is_time: bool) -> Option<i128> {
    let time = match value {
        ScalarValue::IntervalMonthDayNano(Some(v)) if v.months == 0 => {
            Some(i128::from(v.days) * DAY + i128::from(v.nanoseconds))
        }
        ScalarValue::IntervalDayTime(Some(v)) => {
            Some(i128::from(v.days) * DAY + i128::from(v.milliseconds) * 1_000_000)
        }
        ScalarValue::DurationSecond(Some(v)) => Some(i128::from(*v) * 1_000_000_000),
        ScalarValue::DurationMillisecond(Some(v)) => Some(i128::from(*v) * 1_000_000),
        ScalarValue::DurationMicrosecond(Some(v)) => Some(i128::from(*v) * 1_000),
        ScalarValue::DurationNanosecond(Some(v)) => Some(i128::from(*v)),
        _ => None,
    };
    if is_time {
        return time;
    }
    match value {
        ScalarValue::Int64(Some(v)) => Some(i128::from(*v)),
        ScalarValue::Int32(Some(v)) => Some(i128::from(*v)),
        ScalarValue::Int16(Some(v)) => Some(i128::from(*v)),
        ScalarValue::Int8(Some(v)) => Some(i128::from(*v)),
        _ => None,
    }
}

fn gcd(a: i128, b: i128) -> i128 {
    if b == 0 { a.abs() } else { gcd(b, a % b) }
}
