//! The queries of a layout from the outermost down to the table of its reference.

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Cte, Distinct, Expr, GroupByExpr, Ident, JoinConstraint, JoinOperator,
    ObjectNamePart, Query, Select, SetExpr, Statement, TableAlias, TableFactor,
};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::parser::Parser;

use super::unread;
use crate::error::Result;
use crate::sql::{Param, check_text};

/// Queries, outermost first, and the table below the last.
pub(super) struct Chain {
    pub with: Vec<Cte>,
    pub layers: Vec<Layer>,
    pub base: String,
}

/// One `SELECT`.
pub(super) struct Layer {
    pub select: Select,
    /// Name of its leftmost relation.
    pub alias: String,
    /// Name of the query of `WITH` that the leftmost relation is, if it is one.
    pub from_cte: Option<String>,
    pub joins: Vec<Joined>,
    pub conditions: Vec<Expr>,
}

pub(super) struct Joined {
    pub text: String,
    pub name: String,
    pub factor: TableFactor,
    pub how: How,
    pub on: Vec<Expr>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    Inner,
    /// Removes nothing.
    Left,
    Anti,
}

/// The query as it is written, with its parameters. What no session would take is refused in the
/// words of a session; what a session writes out first is none of this parser's.
pub(super) fn parse(sql: &str, params: &[(String, Param)]) -> Result<Query> {
    check_text(sql, params)?;
    let own = "it uses nearest(…), LIMIT … PER, or a parameter as a part of a literal";
    let mut statements = Parser::parse_sql(&GenericDialect {}, sql).map_err(|_| unread(own))?;
    match (statements.pop(), statements.is_empty()) {
        (Some(Statement::Query(query)), true) => Ok(*query),
        _ => Err(unread("it is not one SELECT")),
    }
}

pub(super) fn chain(query: &Query) -> Result<Chain> {
    let (mut with, mut layers) = (Vec::new(), Vec::new());
    let base = descend(query, &[], &mut with, &mut layers)?;
    if with.iter().any(|c: &Cte| word(&c.alias.name) == base) {
        return Err(unread(format!("WITH calls a query {base}, as the table below it")));
    }
    Ok(Chain { with, layers, base })
}

fn descend(
    query: &Query,
    seen: &[Cte],
    with: &mut Vec<Cte>,
    layers: &mut Vec<Layer>,
) -> Result<String> {
    if query.limit_clause.is_some() || query.fetch.is_some() || !query.pipe_operators.is_empty() {
        return Err(unread("it has a LIMIT"));
    }
    let mut known = seen.to_vec();
    if let Some(list) = &query.with {
        if list.recursive {
            return Err(unread("WITH RECURSIVE"));
        }
        for cte in &list.cte_tables {
            if !cte.alias.columns.is_empty() {
                return Err(unread(format!("{} renames its columns", cte.alias)));
            }
            if with.iter().any(|c: &Cte| word(&c.alias.name) == word(&cte.alias.name)) {
                return Err(unread(format!("two queries are called {}", cte.alias.name)));
            }
            with.push(cte.clone());
            known.push(cte.clone());
        }
    }
    let select = match query.body.as_ref() {
        SetExpr::Select(select) => select,
        SetExpr::Query(inner) => return descend(inner, &known, with, layers),
        _ => return Err(unread("it is a UNION or has no SELECT")),
    };
    plain(select)?;
    let [from] = select.from.as_slice() else {
        return Err(unread("FROM names several relations; write JOIN … ON"));
    };
    let joins = from.joins.iter().map(joined).collect::<Result<Vec<_>>>()?;
    let mut conditions = Vec::new();
    if let Some(expr) = &select.selection {
        split(expr, &mut conditions);
    }
    let mut layer = Layer {
        select: select.as_ref().clone(),
        alias: factor_name(&from.relation).unwrap_or_default(),
        from_cte: None,
        joins,
        conditions,
    };
    if let TableFactor::Derived { subquery, lateral: false, sample: None, .. } = &from.relation {
        layers.push(layer);
        return descend(subquery, &known, with, layers);
    }
    let name = table_name(&from.relation)
        .ok_or_else(|| unread(format!("its reference is {}", from.relation)))?;
    // A query sees only those before it.
    let below = known.iter().position(|c| word(&c.alias.name) == name);
    layer.from_cte = below.map(|_| name.clone());
    layers.push(layer);
    match below {
        Some(at) => descend(&known[at].query, &known[..at], with, layers),
        None => Ok(name),
    }
}

fn plain(select: &Select) -> Result<()> {
    let grouped = match &select.group_by {
        GroupByExpr::All(_) => true,
        GroupByExpr::Expressions(by, more) => !by.is_empty() || !more.is_empty(),
    };
    let what = [
        (grouped, "GROUP BY"),
        (select.having.is_some(), "HAVING"),
        (select.qualify.is_some(), "QUALIFY"),
        (select.top.is_some(), "TOP"),
        (matches!(select.distinct, Some(Distinct::On(_))), "DISTINCT ON"),
        (!select.lateral_views.is_empty(), "LATERAL VIEW"),
    ];
    match what.into_iter().find(|(found, _)| *found) {
        Some((_, word)) => Err(unread(format!("it has {word}"))),
        None => Ok(()),
    }
}

fn joined(join: &datafusion::sql::sqlparser::ast::Join) -> Result<Joined> {
    use JoinOperator as J;
    let (how, constraint) = match &join.join_operator {
        J::Join(c) | J::Inner(c) | J::LeftSemi(c) | J::Semi(c) => (How::Inner, c),
        J::Left(c) | J::LeftOuter(c) => (How::Left, c),
        J::LeftAnti(c) | J::Anti(c) => (How::Anti, c),
        _ => return Err(unread(join.to_string().trim())),
    };
    let JoinConstraint::On(expr) = constraint else {
        return Err(unread(format!("{} has no ON", join.to_string().trim())));
    };
    let name = factor_name(&join.relation).ok_or_else(|| unread("a joined query has no name"))?;
    let mut on = Vec::new();
    split(expr, &mut on);
    let factor = join.relation.clone();
    Ok(Joined { text: join.to_string().trim().to_owned(), name, factor, how, on })
}

/// The terms of a conjunction, in order.
pub(super) fn split(expr: &Expr, out: &mut Vec<Expr>) {
    match expr {
        Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
            split(left, out);
            split(right, out);
        }
        Expr::Nested(inner) if is_conjunction(inner) => split(inner, out),
        _ => out.push(expr.clone()),
    }
}

fn is_conjunction(expr: &Expr) -> bool {
    matches!(expr, Expr::BinaryOp { op: BinaryOperator::And, .. })
}

/// A name as the engine compares it.
pub(super) fn word(ident: &Ident) -> String {
    if ident.quote_style.is_some() { ident.value.clone() } else { ident.value.to_lowercase() }
}

/// The name of a plain table.
pub(super) fn table_name(factor: &TableFactor) -> Option<String> {
    match factor {
        TableFactor::Table { name, args: None, .. } => match name.0.as_slice() {
            [ObjectNamePart::Identifier(ident)] => Some(word(ident)),
            _ => None,
        },
        _ => None,
    }
}

fn factor_name(factor: &TableFactor) -> Option<String> {
    let alias = |a: &Option<TableAlias>| a.as_ref().map(|a| word(&a.name));
    match factor {
        TableFactor::Table { alias: a, .. } => alias(a).or_else(|| table_name(factor)),
        TableFactor::Derived { alias: a, .. } => alias(a),
        _ => None,
    }
}
