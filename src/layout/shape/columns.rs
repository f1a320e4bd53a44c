//! What a column of a query is, in terms of the reference's table.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Expr, Ident, SelectItem, SelectItemQualifiedWildcardKind, WindowType, visit_expressions,
};

use super::layer::{Layer, word};
use super::{REFERENCE, resolve};

/// A column.
#[derive(Debug, Clone)]
pub(super) enum Column {
    /// A value of the reference's row alone.
    Value(Box<Expr>),
    /// The rank of a row among those of one reference: the first is always there.
    Rank,
    /// Something over several rows.
    Window,
    /// Something of a joined relation.
    Other,
}

/// The columns of a query.
#[derive(Debug, Clone)]
pub(super) struct Columns {
    /// Whether a name that is not listed is a column of the table.
    table: bool,
    named: BTreeMap<String, Column>,
}

impl Columns {
    /// Those of the table itself.
    pub fn of_table() -> Self {
        Self { table: true, named: BTreeMap::new() }
    }

    pub fn get(&self, name: &str) -> Option<Column> {
        let own = || self.table.then(|| Column::Value(Box::new(of_reference(name))));
        self.named.get(name).cloned().or_else(own)
    }

    /// Those of a query over this one.
    pub fn above(&self, layer: &Layer) -> Self {
        let mut out = Self { table: false, named: BTreeMap::new() };
        for item in &layer.select.projection {
            match item {
                SelectItem::Wildcard(_) => out.absorb(self),
                SelectItem::QualifiedWildcard(
                    SelectItemQualifiedWildcardKind::ObjectName(n),
                    _,
                ) if n.to_string().to_lowercase() == layer.alias => {
                    out.absorb(self);
                }
                SelectItem::UnnamedExpr(expr) => {
                    let name = match expr {
                        Expr::Identifier(ident) => word(ident),
                        Expr::CompoundIdentifier(parts) => {
                            parts.last().map(word).unwrap_or_default()
                        }
                        _ => continue,
                    };
                    out.named.insert(name, self.column(expr, layer));
                }
                SelectItem::ExprWithAlias { expr, alias } => {
                    out.named.insert(word(alias), self.column(expr, layer));
                }
                _ => {}
            }
        }
        out
    }

    fn absorb(&mut self, below: &Self) {
        self.table |= below.table;
        self.named.extend(below.named.iter().map(|(n, c)| (n.clone(), c.clone())));
    }

    fn column(&self, expr: &Expr, layer: &Layer) -> Column {
        if let Some(by) = ranked(expr) {
            let own = |e: &Expr| match resolve::value(e, self, layer) {
                Some(e) => e == of_reference("id"),
                None => false,
            };
            return if matches!(by.as_slice(), [one] if own(one)) {
                Column::Rank
            } else {
                Column::Window
            };
        }
        if has_window(expr) {
            return Column::Window;
        }
        match expr {
            Expr::Identifier(ident) if layer.joins.is_empty() => {
                self.get(&word(ident)).unwrap_or(Column::Other)
            }
            Expr::CompoundIdentifier(parts) => match parts.as_slice() {
                [alias, name] if word(alias) == layer.alias => {
                    self.get(&word(name)).unwrap_or(Column::Other)
                }
                _ => Column::Other,
            },
            _ => resolve::value(expr, self, layer)
                .map_or(Column::Other, |e| Column::Value(Box::new(e))),
        }
    }
}

/// `name` of the reference.
pub(super) fn of_reference(name: &str) -> Expr {
    Expr::CompoundIdentifier(vec![Ident::new(REFERENCE), Ident::new(name)])
}

/// What a `row_number()`, `rank()` or `dense_rank()` is partitioned by.
fn ranked(expr: &Expr) -> Option<Vec<Expr>> {
    let Expr::Function(f) = expr else { return None };
    let name = f.name.to_string().to_lowercase();
    match &f.over {
        Some(WindowType::WindowSpec(spec))
            if matches!(name.as_str(), "row_number" | "rank" | "dense_rank") =>
        {
            Some(spec.partition_by.clone())
        }
        _ => None,
    }
}

fn has_window(expr: &Expr) -> bool {
    let over = |e: &Expr| match e {
        Expr::Function(f) if f.over.is_some() => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    };
    visit_expressions(expr, over).is_break()
}
