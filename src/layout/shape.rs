//! What a layout asks of its reference, clause by clause, read from its own SQL.
//!
//! The reference is the leftmost relation of the main join (`nearest AS t`), followed down through
//! its queries to a table (`s2`). Every condition on the way becomes a clause about that table's
//! rows. A text that cannot be read so is refused: a funnel must not show a wrong number.

mod columns;
mod constant;
mod counting;
mod layer;
mod resolve;

use datafusion::sql::sqlparser::ast::{Cte, Expr, Query, TableFactor};

pub(super) use constant::{hours, number, truth};

use crate::error::{Error, Result};
use crate::sql::Param;

/// The name that the reference has in the queries built here.
pub(super) const REFERENCE: &str = "funnel_reference";

/// The reference of a layout and what is asked of it.
#[derive(Debug, Clone)]
pub(super) struct Shape {
    /// The queries of `WITH`, in order.
    with: Vec<Cte>,
    /// The table that the reference's rows come from, as `s2`.
    pub base: String,
    /// The reference's name in the layout, as `t`.
    pub alias: String,
    /// The other relations of the joins.
    pub relations: Vec<Relation>,
    /// What is asked, from the table outwards.
    pub clauses: Vec<Clause>,
    /// What was read but is not counted, and why.
    pub notes: Vec<String>,
    /// A query whose distinct ids must be as many as survive so many clauses.
    check: Option<(usize, String)>,
}

/// A relation that is joined to the reference.
#[derive(Debug, Clone)]
pub(super) struct Relation {
    /// Its name, without repeats over all layers.
    pub name: String,
    /// What it is a row of, and its name.
    pub factor: TableFactor,
    /// The conditions of its `ON`, by the names used here.
    pub on: Vec<Expr>,
    /// Other relations that its `ON` names.
    pub beside: Vec<usize>,
    /// Whether it must be absent (`ANTI JOIN`).
    pub anti: bool,
}

/// One condition.
#[derive(Debug, Clone)]
pub(super) struct Clause {
    /// As it is written.
    pub text: String,
    /// What it asks.
    pub ask: Ask,
    /// The part of it that can be wider or narrower, if there is one. The role that a `JOIN` brings
    /// and the place that it shares are none.
    pub bound: Option<String>,
}

/// What a clause asks.
#[derive(Debug, Clone)]
pub(super) enum Ask {
    /// A row of this relation.
    Row(usize),
    /// A condition on the reference and these relations.
    Fact(Box<Expr>, Vec<usize>),
}

impl Shape {
    /// Reads a layout. `params` decide which conditions cannot fail (`$per_place = 0 OR …`). Refuses a
    /// text that is no SQL, and one that is not read here.
    pub fn of(sql: &str, params: &[(String, Param)]) -> Result<Self> {
        let query = layer::parse(sql, params)?;
        let chain = layer::chain(&query)?;
        resolve::shape(chain, params)
    }

    /// The `JOIN` of a relation, as it is written.
    pub fn text_of(&self, relation: usize) -> String {
        let own = |c: &&Clause| matches!(c.ask, Ask::Row(r) if r == relation);
        self.clauses.iter().find(own).map(|c| c.text.clone()).unwrap_or_default()
    }

    /// Whether a clause asks of the reference alone.
    pub fn is_about_reference(&self, clause: usize) -> bool {
        let ask = self.clauses.get(clause).map(|c| &c.ask);
        matches!(ask, Some(Ask::Fact(_, touched)) if touched.is_empty())
    }

    /// The relation that a query's `WITH` calls by this name.
    fn cte(&self, name: &str) -> Option<&Query> {
        let found = self.with.iter().find(|c| layer::word(&c.alias.name) == name);
        found.map(|c| c.query.as_ref())
    }

    /// The table whose rows a relation shows, followed through the queries of `WITH`.
    pub fn table_of(&self, relation: usize) -> Option<String> {
        let mut name = layer::table_name(&self.relations.get(relation)?.factor)?;
        // Each step leaves one query of a finite list behind, unless the list refers to itself.
        for _ in 0..=self.with.len() {
            let Some(query) = self.cte(&name) else { return Some(name) };
            name = layer::chain(query).ok()?.base;
        }
        None
    }
}

/// Refuses a text that is not read here.
fn unread(what: impl std::fmt::Display) -> Error {
    Error::usage(format!("the funnel cannot follow this layout: {what}")).hint(
        "it follows SELECT … FROM reference AS t JOIN … ON … WHERE … AND …, also through WITH; \
         `layout count` and `eclaircie sql` take any layout",
    )
}
