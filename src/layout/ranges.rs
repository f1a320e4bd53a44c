//! Windows and cloud ranges that a layout's conditions leave to its roles.

use std::collections::BTreeMap;

use datafusion::sql::sqlparser::ast::{BinaryOperator as Op, Expr};

use super::shape::{Ask, REFERENCE, Shape, hours, number, truth};
use crate::sql::Param;

type Range = (f64, f64);
const ALL: Range = (f64::NEG_INFINITY, f64::INFINITY);

/// What the conditions of a shape say about time and cloud.
pub(super) struct Ranges {
    windows: Vec<Range>,
    clouds: BTreeMap<String, Range>,
    apart: Vec<(String, String)>,
    tied: Vec<(String, String)>,
}

impl Ranges {
    pub fn of(shape: &Shape, params: &[(String, Param)]) -> Self {
        let windows = vec![ALL; shape.relations.len()];
        let mut ranges =
            Self { windows, clouds: BTreeMap::new(), apart: Vec::new(), tied: Vec::new() };
        let facts = shape.clauses.iter().filter_map(|c| match &c.ask {
            Ask::Fact(fact, _) => Some(fact.as_ref()),
            Ask::Row(_) => None,
        });
        for term in shape.relations.iter().flat_map(|r| &r.on).chain(facts) {
            ranges.read(term, shape, params);
        }
        ranges
    }

    /// Hours from the reference, both ends included.
    pub fn window(&self, relation: usize) -> Range {
        self.windows.get(relation).copied().unwrap_or(ALL)
    }

    /// Percent.
    pub fn cloud(&self, name: &str) -> Range {
        self.clouds.get(name).copied().unwrap_or(ALL)
    }

    /// Whether two roles may be equally cloudy.
    pub fn meet(&self, a: &str, b: &str) -> bool {
        let (a, b) = (self.cloud(a), self.cloud(b));
        a.0.max(b.0) <= a.1.min(b.1)
    }

    /// Whether a condition says that two roles are different images.
    pub fn apart(&self, a: &str, b: &str) -> bool {
        pair(&self.apart, a, b)
    }

    /// Whether a condition makes one the other's own row: it is then no second image.
    pub fn tied(&self, a: &str, b: &str) -> bool {
        pair(&self.tied, a, b)
    }

    fn read(&mut self, term: &Expr, shape: &Shape, params: &[(String, Param)]) {
        match term {
            Expr::Nested(inner) => self.read(inner, shape, params),
            Expr::Between { expr, negated: false, low, high } => {
                self.bound(expr, &Op::GtEq, low, shape, params);
                self.bound(expr, &Op::LtEq, high, shape, params);
            }
            // A term that a parameter has switched off leaves the other.
            Expr::BinaryOp { left, op: Op::Or, right } => {
                match (truth(left, params), truth(right, params)) {
                    (Some(false), _) => self.read(right, shape, params),
                    (_, Some(false)) => self.read(left, shape, params),
                    _ => {}
                }
            }
            Expr::InList { expr, list, negated: true } => {
                let Some((a, "id")) = column(expr) else { return };
                for other in list {
                    if let Some((b, "id")) = column(other) {
                        self.apart.push((a.to_owned(), b.to_owned()));
                    }
                }
            }
            Expr::BinaryOp { left, op: Op::NotEq, right } => {
                if let (Some((a, "id")), Some((b, "id"))) = (column(left), column(right)) {
                    self.apart.push((a.to_owned(), b.to_owned()));
                }
            }
            Expr::BinaryOp { left, op, right } => {
                if let (Op::Eq, Some((a, "id")), Some((b, "id"))) =
                    (op, column(left), column(right))
                {
                    self.tied.push((a.to_owned(), b.to_owned()));
                }
                self.bound(left, op, right, shape, params);
                if let Some(turned) = turned(op) {
                    self.bound(right, &turned, left, shape, params);
                }
            }
            _ => {}
        }
    }

    /// `left` is a column, `right` what bounds it.
    fn bound(
        &mut self,
        left: &Expr,
        op: &Op,
        right: &Expr,
        shape: &Shape,
        params: &[(String, Param)],
    ) {
        let Some((name, what)) = column(left) else { return };
        let range = match what {
            "cloud_percent" => self.clouds.entry(name.to_owned()).or_insert(ALL),
            "time" => {
                let at = shape.relations.iter().position(|r| r.name == name);
                let Some(range) = at.and_then(|at| self.windows.get_mut(at)) else { return };
                range
            }
            _ => return,
        };
        let value =
            if what == "time" { hours(right, REFERENCE, params) } else { number(right, params) };
        let Some(value) = value else { return };
        match op {
            Op::Gt | Op::GtEq => range.0 = range.0.max(value),
            Op::Lt | Op::LtEq => range.1 = range.1.min(value),
            Op::Eq => *range = (range.0.max(value), range.1.min(value)),
            _ => {}
        }
    }
}

fn pair(list: &[(String, String)], a: &str, b: &str) -> bool {
    list.iter().any(|(x, y)| (x == a && y == b) || (x == b && y == a))
}

fn column(expr: &Expr) -> Option<(&str, &str)> {
    match expr {
        Expr::Nested(inner) => column(inner),
        Expr::CompoundIdentifier(parts) => match parts.as_slice() {
            [name, what] => Some((&name.value, &what.value)),
            _ => None,
        },
        _ => None,
    }
}

fn turned(op: &Op) -> Option<Op> {
    match op {
        Op::Gt => Some(Op::Lt),
        Op::GtEq => Some(Op::LtEq),
        Op::Lt => Some(Op::Gt),
        Op::LtEq => Some(Op::GtEq),
        Op::Eq => Some(Op::Eq),
        _ => None,
    }
}
