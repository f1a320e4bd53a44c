//! The conditions of all layers, said about one row of the table below.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    BinaryOperator as Op, Expr, Ident, TableAlias, TableFactor, visit_expressions_mut,
};

use super::columns::{Column, Columns, of_reference};
use super::layer::{Chain, How, Layer, word};
use super::{Ask, Clause, REFERENCE, Relation, Shape, constant, counting, unread};
use crate::error::Result;
use crate::sql::Param;

/// Why a condition cannot be said about the table's rows.
enum Miss {
    Rank,
    Window,
    Plain(String),
}

pub(super) fn shape(chain: Chain, params: &[(String, Param)]) -> Result<Shape> {
    let main = chain.layers.iter().position(|l| !l.joins.is_empty()).unwrap_or(0);
    let alias = chain.layers.get(main).map(|l| l.alias.clone()).unwrap_or_default();
    let mut shape = Shape {
        with: chain.with,
        base: chain.base,
        alias,
        relations: Vec::new(),
        clauses: Vec::new(),
        notes: Vec::new(),
        check: None,
    };
    let mut columns = Columns::of_table();
    for (at, layer) in chain.layers.iter().enumerate().rev() {
        let mut reader = Reader { layer, columns: &columns, params, known: BTreeMap::new() };
        reader.read(&mut shape, at > main, at < main)?;
        columns = columns.above(layer);
        let id = columns.get("id");
        if let Some(above) = at.checked_sub(1).filter(|a| *a >= main)
            && let Some(Column::Value(id)) = id
            && *id == of_reference("id")
            && let Some(cte) = chain.layers.get(above).and_then(|l| l.from_cte.clone())
        {
            shape.check = Some((shape.clauses.len(), counting::all_of(&shape.with, &cte)));
        }
    }
    Ok(shape)
}

/// An expression of a layer about the reference alone.
pub(super) fn value(expr: &Expr, columns: &Columns, layer: &Layer) -> Option<Expr> {
    let reader = Reader { layer, columns, params: &[], known: BTreeMap::new() };
    reader.rewrite(expr).ok().map(|(expr, _)| expr)
}

/// One layer, over the columns of the one below it.
struct Reader<'a> {
    layer: &'a Layer,
    columns: &'a Columns,
    params: &'a [(String, Param)],
    /// The relations of this layer that a condition may name: their number and new name.
    known: BTreeMap<String, (usize, String)>,
}

impl Reader<'_> {
    /// Adds the clauses of this layer: of a query that feeds the reference, what it asks of the
    /// reference alone comes first.
    fn read(&mut self, shape: &mut Shape, feeds: bool, outside: bool) -> Result<()> {
        let first = shape.clauses.len();
        for join in &self.layer.joins {
            if join.how == How::Left {
                continue;
            }
            let at = shape.relations.len();
            let name = free_name(&join.name, &shape.relations);
            self.known.insert(join.name.clone(), (at, name.clone()));
            let (mut on, mut beside) = (Vec::new(), BTreeSet::new());
            for term in &join.on {
                let (term, touched) = self.rewrite(term).map_err(|m| refuse(m, &join.text))?;
                beside.extend(touched.into_iter().filter(|t| *t != at));
                on.push(term);
            }
            let anti = join.how == How::Anti;
            if anti {
                self.known.remove(&join.name);
                if !beside.is_empty() {
                    return Err(unread(format!("{} names other relations", join.text)));
                }
            }
            let factor = called(&join.factor, &name);
            let beside = beside.into_iter().collect();
            shape.relations.push(Relation { name, factor, on, beside, anti });
            let bound = if anti { None } else { bound(&join.on) };
            shape.clauses.push(Clause { text: join.text.clone(), ask: Ask::Row(at), bound });
        }
        let mut alone = first;
        for term in &self.layer.conditions {
            if self.is_idle(term) {
                continue;
            }
            let (fact, touched) = match self.rewrite(term) {
                Ok(found) => found,
                Err(Miss::Window) if outside => {
                    shape.notes.push(format!(
                        "not counted: {term} (it draws among samples; the counts are before it)"
                    ));
                    continue;
                }
                Err(miss) => return Err(refuse(miss, &term.to_string())),
            };
            let text = format!("WHERE {term}");
            let here = feeds && touched.is_empty();
            let bound = bound(std::slice::from_ref(term));
            let clause = Clause { text, ask: Ask::Fact(Box::new(fact), touched), bound };
            if here {
                shape.clauses.insert(alone, clause);
                alone += 1;
            } else {
                shape.clauses.push(clause);
            }
        }
        Ok(())
    }

    /// Whether a condition removes no reference: it holds for every row, or it keeps the first row
    /// of each reference.
    fn is_idle(&self, term: &Expr) -> bool {
        if constant::truth(term, self.params) == Some(true) {
            return true;
        }
        let Expr::BinaryOp { left, op, right } = term else { return false };
        let rank = matches!(self.rewrite(left), Err(Miss::Rank));
        let limit = constant::number(right, self.params);
        rank && match (op, limit) {
            (Op::Eq, Some(n)) => n == 1.0,
            (Op::LtEq, Some(n)) => n >= 1.0,
            (Op::Lt, Some(n)) => n > 1.0,
            _ => false,
        }
    }

    /// The condition about the reference and relations by their new names, and which relations.
    fn rewrite(&self, expr: &Expr) -> Result<(Expr, Vec<usize>), Miss> {
        let (mut out, mut touched) = (expr.clone(), BTreeSet::new());
        let flow = visit_expressions_mut(&mut out, |e| match self.replace(e, &mut touched) {
            Ok(()) => ControlFlow::Continue(()),
            Err(miss) => ControlFlow::Break(miss),
        });
        match flow {
            ControlFlow::Break(miss) => Err(miss),
            ControlFlow::Continue(()) => Ok((out, touched.into_iter().collect())),
        }
    }

    fn replace(&self, e: &mut Expr, touched: &mut BTreeSet<usize>) -> Result<(), Miss> {
        let plain = |text: String| Err(Miss::Plain(text));
        match e {
            Expr::Exists { .. } | Expr::InSubquery { .. } | Expr::Subquery(_) => {
                plain("a query inside a condition".to_owned())
            }
            Expr::Identifier(ident) if self.layer.joins.is_empty() => {
                *e = self.of_below(&word(ident), &[])?;
                Ok(())
            }
            Expr::Identifier(ident) => {
                plain(format!("{ident} does not say whose column it is; write t.{ident}"))
            }
            Expr::CompoundIdentifier(parts) => {
                let [alias, name, rest @ ..] = parts.as_slice() else { return Ok(()) };
                let alias = word(alias);
                if alias == REFERENCE {
                    return Ok(());
                }
                if alias == self.layer.alias {
                    *e = self.of_below(&word(name), rest)?;
                    return Ok(());
                }
                let Some((at, new)) = self.known.get(&alias) else {
                    return plain(format!(
                        "{alias} is not joined before it, or by a LEFT or ANTI JOIN"
                    ));
                };
                touched.insert(*at);
                if let Some(first) = parts.first_mut() {
                    *first = Ident::new(new.clone());
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn of_below(&self, name: &str, rest: &[Ident]) -> Result<Expr, Miss> {
        let value = match self.columns.get(name) {
            Some(Column::Value(value)) => *value,
            Some(Column::Rank) => return Err(Miss::Rank),
            Some(Column::Window) => return Err(Miss::Window),
            Some(Column::Other) => {
                return Err(Miss::Plain(format!("{name} is no column of the reference's own row")));
            }
            None => return Err(Miss::Plain(format!("no column {name} in the query below"))),
        };
        match (value, rest) {
            (Expr::CompoundIdentifier(mut parts), [..]) => {
                parts.extend(rest.iter().cloned());
                Ok(Expr::CompoundIdentifier(parts))
            }
            // In parentheses, so that it stays one term where it is put.
            (value, []) => Ok(Expr::Nested(Box::new(value))),
            _ => Err(Miss::Plain(format!("a part of {name}"))),
        }
    }
}

/// Those of some conditions that have a limit.
fn bound(terms: &[Expr]) -> Option<String> {
    let limits: Vec<String> =
        terms.iter().filter(|t| has_limit(t)).map(ToString::to_string).collect();
    (!limits.is_empty()).then(|| limits.join(" AND "))
}

fn has_limit(expr: &Expr) -> bool {
    match expr {
        Expr::Nested(inner) | Expr::UnaryOp { expr: inner, .. } => has_limit(inner),
        Expr::Between { .. } => true,
        Expr::BinaryOp { op: Op::Lt | Op::LtEq | Op::Gt | Op::GtEq, .. } => true,
        Expr::BinaryOp { left, op: Op::And | Op::Or, right } => has_limit(left) || has_limit(right),
        _ => false,
    }
}

fn refuse(miss: Miss, place: &str) -> crate::error::Error {
    match miss {
        Miss::Rank => unread(format!("`{place}` takes other ranks than the first")),
        Miss::Window => unread(format!("`{place}` looks at several rows at once")),
        Miss::Plain(why) => unread(format!("`{place}`: {why}")),
    }
}

/// A name that no other relation has.
fn free_name(name: &str, taken: &[Relation]) -> String {
    let is_taken = |n: &str| taken.iter().any(|r| r.name == n);
    let mut free = name.to_owned();
    for i in 2.. {
        if !is_taken(&free) {
            break;
        }
        free = format!("{name}_{i}");
    }
    free
}

fn called(factor: &TableFactor, name: &str) -> TableFactor {
    let mut out = factor.clone();
    if let TableFactor::Table { alias, .. } | TableFactor::Derived { alias, .. } = &mut out {
        let columns = alias.take().map(|a| a.columns).unwrap_or_default();
        *alias = Some(TableAlias { explicit: true, name: Ident::new(name), columns, at: None });
    }
    out
}
