//! The value of an expression that no row can change.

use datafusion::sql::sqlparser::ast::{
    BinaryOperator as Op, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, UnaryOperator,
    Value,
};

use crate::sql::Param;

/// A number, if the expression is one once the parameters are in place.
pub(in crate::layout) fn number(expr: &Expr, params: &[(String, Param)]) -> Option<f64> {
    match expr {
        Expr::Nested(inner) => number(inner, params),
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => Some(-number(expr, params)?),
        Expr::UnaryOp { op: UnaryOperator::Plus, expr } => number(expr, params),
        Expr::Value(v) => match &v.value {
            Value::Number(text, _) => text.parse().ok(),
            Value::Placeholder(name) => match param(name, params)? {
                Param::Int(i) => Some(*i as f64),
                Param::Float(f) => Some(*f),
                Param::Text(_) => None,
            },
            _ => None,
        },
        Expr::BinaryOp { left, op, right } => {
            let (a, b) = (number(left, params)?, number(right, params)?);
            match op {
                Op::Plus => Some(a + b),
                Op::Minus => Some(a - b),
                Op::Multiply => Some(a * b),
                Op::Divide => Some(a / b),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Whether a condition holds or fails for every row; `None` if that depends on the row.
pub(in crate::layout) fn truth(expr: &Expr, params: &[(String, Param)]) -> Option<bool> {
    match expr {
        Expr::Nested(inner) => truth(inner, params),
        Expr::UnaryOp { op: UnaryOperator::Not, expr } => Some(!truth(expr, params)?),
        Expr::BinaryOp { left, op: Op::Or, right } => {
            match (truth(left, params), truth(right, params)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), other) | (other, Some(false)) => other,
                _ => None,
            }
        }
        Expr::BinaryOp { left, op: Op::And, right } => {
            match (truth(left, params), truth(right, params)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), other) | (other, Some(true)) => other,
                _ => None,
            }
        }
        Expr::BinaryOp { left, op, right } => {
            if let (Some(a), Some(b)) = (text(left, params), text(right, params)) {
                return compare(op, &a, &b);
            }
            compare(op, &number(left, params)?, &number(right, params)?)
        }
        _ => None,
    }
}

/// Hours from `alias.time` for `alias.time`, `alias.time + to_hours(n)`, `alias.time -
/// to_hours(n)`.
pub(in crate::layout) fn hours(
    expr: &Expr,
    alias: &str,
    params: &[(String, Param)],
) -> Option<f64> {
    match expr {
        Expr::Nested(inner) => hours(inner, alias, params),
        Expr::CompoundIdentifier(parts) => match parts.as_slice() {
            [a, name] if a.value == alias && name.value == "time" => Some(0.0),
            _ => None,
        },
        Expr::BinaryOp { left, op: Op::Plus, right } => {
            Some(hours(left, alias, params)? + length(right, params)?)
        }
        Expr::BinaryOp { left, op: Op::Minus, right } => {
            Some(hours(left, alias, params)? - length(right, params)?)
        }
        _ => None,
    }
}

/// `n` of `to_hours(n)`.
fn length(expr: &Expr, params: &[(String, Param)]) -> Option<f64> {
    let Expr::Function(f) = expr else { return None };
    let FunctionArguments::List(list) = &f.args else { return None };
    match list.args.as_slice() {
        [FunctionArg::Unnamed(FunctionArgExpr::Expr(n))]
            if f.name.to_string().eq_ignore_ascii_case("to_hours") =>
        {
            number(n, params)
        }
        _ => None,
    }
}

fn compare<T: PartialOrd>(op: &Op, a: &T, b: &T) -> Option<bool> {
    match op {
        Op::Eq => Some(a == b),
        Op::NotEq => Some(a != b),
        Op::Lt => Some(a < b),
        Op::LtEq => Some(a <= b),
        Op::Gt => Some(a > b),
        Op::GtEq => Some(a >= b),
        _ => None,
    }
}

fn text(expr: &Expr, params: &[(String, Param)]) -> Option<String> {
    let Expr::Value(v) = expr else { return None };
    match &v.value {
        Value::SingleQuotedString(text) => Some(text.clone()),
        Value::Placeholder(name) => match param(name, params)? {
            Param::Text(text) => Some(text.clone()),
            _ => None,
        },
        _ => None,
    }
}

fn param<'a>(name: &str, params: &'a [(String, Param)]) -> Option<&'a Param> {
    let bare = name.trim_start_matches('$');
    params.iter().find(|(n, _)| n == bare).map(|(_, value)| value)
}
