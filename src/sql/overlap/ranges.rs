//! Comparisons across a join become ranges that can be indexed.

use datafusion::common::DFSchema;
use datafusion::logical_expr::expr::BinaryExpr;
use datafusion::logical_expr::{Expr, ExprSchemable, Operator};

/// Ranges that one index holds: two of place and one of time.
pub(super) const MOST: usize = 3;

/// `right_low <= left_high AND right_high >= left_low`: two intervals have something in common.
/// For a point of the right side both ends are the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd)]
pub(crate) struct Range {
    pub right_low: Expr,
    pub right_high: Expr,
    pub left_low: Expr,
    pub left_high: Expr,
}

/// One comparison, the right side's value first.
struct Side {
    right: Expr,
    left: Expr,
    /// Whether the right side's value is the greater one.
    above: bool,
}

/// The ranges that a list of conditions bounds on both sides, at most [`MOST`]. Columns of
/// `schema` from `split` on are the right side's.
pub(super) fn ranges(conditions: &[&Expr], schema: &DFSchema, split: usize) -> Vec<Range> {
    let mut sides: Vec<Side> =
        conditions.iter().filter_map(|c| Side::read(c, schema, split)).collect();
    let mut found = Vec::new();
    while found.len() < MOST {
        // The two that are most alike: the same column, or x_min with x_max.
        let mut best: Option<(usize, usize, usize)> = None;
        for (a, above) in sides.iter().enumerate().filter(|(_, s)| s.above) {
            for (b, below) in sides.iter().enumerate().filter(|(_, s)| !s.above) {
                let alike = likeness(&above.right, &below.right);
                if best.is_none_or(|(most, _, _)| alike > most) {
                    best = Some((alike, a, b));
                }
            }
        }
        let Some((_, a, b)) = best else { break };
        let (above, below) = if a > b {
            let above = sides.remove(a);
            (above, sides.remove(b))
        } else {
            let below = sides.remove(b);
            (sides.remove(a), below)
        };
        found.push(Range {
            right_low: below.right,
            right_high: above.right,
            left_low: above.left,
            left_high: below.left,
        });
    }
    found
}

impl Side {
    fn read(condition: &Expr, schema: &DFSchema, split: usize) -> Option<Self> {
        let Expr::BinaryExpr(BinaryExpr { left: a, op, right: b }) = condition else { return None };
        let of = |e: &Expr| -> Option<bool> {
            let mut sides = Vec::new();
            for column in e.column_refs() {
                sides.push(schema.index_of_column(column).ok()? >= split);
            }
            let first = *sides.first()?;
            sides.iter().all(|s| *s == first).then_some(first)
        };
        let (right, left, op) = match (of(a)?, of(b)?) {
            (true, false) => (a, b, *op),
            (false, true) => (b, a, op.swap()?),
            _ => return None,
        };
        let above = match op {
            Operator::GtEq | Operator::Gt => true,
            Operator::LtEq | Operator::Lt => false,
            _ => return None,
        };
        let ordered = |e: &Expr| {
            let kind = e.get_type(schema).ok()?;
            let known = (kind.is_numeric() || kind.is_temporal()) && !e.is_volatile();
            known.then_some(kind)
        };
        // Values are compared as they are only if their types agree.
        let same = ordered(left)? == ordered(right)?;
        same.then(|| Self { right: *right.clone(), left: *left.clone(), above })
    }
}

/// Letters that two expressions have in common at their beginnings and ends; equal ones win.
fn likeness(a: &Expr, b: &Expr) -> usize {
    if a == b {
        return usize::MAX;
    }
    let (a, b) = (a.to_string(), b.to_string());
    let head = a.chars().zip(b.chars()).take_while(|(x, y)| x == y).count();
    let tail = a.chars().rev().zip(b.chars().rev()).take_while(|(x, y)| x == y).count();
    head + tail
}
