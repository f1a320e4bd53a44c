//! The funnel: clause by clause, how many references survive.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::Layout;
use super::counted::counted;
use super::shape::Shape;
use crate::error::{Error, Result};
use crate::sql::{Param, Session, parameters};

/// How many references survive each clause of a layout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Funnel {
    /// Name of the layout.
    pub layout: String,
    /// Digest of query and parameters.
    pub query: String,
    /// The table whose rows are references, as `s2`.
    pub table: String,
    /// The reference's name in the layout, as `t`.
    pub reference: String,
    /// The parameters in force.
    pub parameters: BTreeMap<String, Value>,
    /// Rows of the table.
    pub references: u64,
    /// Clauses, from the table outwards.
    pub clauses: Vec<FunnelClause>,
    /// What is not counted, and why.
    pub notes: Vec<String>,
}

/// One clause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FunnelClause {
    /// As the layout writes it.
    pub clause: String,
    /// References that meet it and all before it.
    pub survive: u64,
    /// References that meet all before it and not it.
    pub removed: u64,
    /// References that would be found if only this clause were not there.
    pub only_here: u64,
    /// The limits in it that can be loosened, as the layout writes them; none where it only asks
    /// for a role, its place, or data.
    pub loosen: Option<String>,
}

impl Layout {
    /// Counts the references of the layout, clause by clause. A row of the reference survives a
    /// `JOIN` if there is a row to join it to. Refuses a text that no session would run, and one
    /// whose clauses cannot be told apart.
    pub fn funnel(&self, session: &Session) -> Result<Funnel> {
        self.count_clauses(session).map_err(|e| e.context(format!("funnel of {}", self.name)))
    }

    fn count_clauses(&self, session: &Session) -> Result<Funnel> {
        // An error here names the lines of the layout; those of the counting queries mean nothing.
        session.columns(&self.sql, &self.params)?;
        let shape = Shape::of(&self.sql, &self.params)?;
        let count = |active: &dyn Fn(usize) -> bool| {
            number(session, &shape.count_sql(active), &self.params)
        };
        let references = count(&|_| false)?;
        let total = shape.clauses.len();
        let mut survive = Vec::with_capacity(total);
        for at in 0..total {
            let before = survive.last().copied().unwrap_or(references);
            // Nothing can come back.
            survive.push(if before == 0 { 0 } else { count(&|i| i <= at)? });
        }
        agree(&shape, session, &self.params, references, &survive)?;
        let whole = survive.last().copied().unwrap_or(references);
        let mut clauses = Vec::with_capacity(total);
        for (at, clause) in shape.clauses.iter().enumerate() {
            let before = if at == 0 { references } else { survive[at - 1] };
            let removed = before - survive[at].min(before);
            // Only what asks of the reference alone removes nothing for certain: candidates of a
            // JOIN may be left over here and be removed by a later condition.
            let idle = removed == 0 && shape.is_about_reference(at);
            let without = if idle { whole } else { count(&|i| i != at)? };
            clauses.push(FunnelClause {
                clause: clause.text.clone(),
                survive: survive[at],
                removed,
                only_here: without.saturating_sub(whole),
                loosen: clause.bound.clone(),
            });
        }
        Ok(Funnel {
            layout: self.name.clone(),
            query: self.hash(),
            table: shape.base.clone(),
            reference: shape.alias.clone(),
            parameters: self.values(),
            references,
            clauses,
            notes: shape.notes,
        })
    }
}

impl Funnel {
    /// References that meet every clause.
    pub fn survive(&self) -> u64 {
        self.clauses.last().map_or(self.references, |c| c.survive)
    }

    /// The first clause after which nothing is left, if there was something before it.
    pub fn empty_at(&self) -> Option<&FunnelClause> {
        self.clauses.iter().find(|c| c.survive == 0 && c.removed > 0)
    }

    /// An aligned table for a terminal.
    pub fn to_table(&self) -> String {
        let head = ["survive", "removed", "only here", "clause"].map(str::to_owned);
        let mut rows = vec![head];
        let every = format!("every {} of {}", self.reference, self.table);
        rows.push([self.references.to_string(), String::new(), String::new(), every]);
        for c in &self.clauses {
            let numbers = [c.survive, c.removed, c.only_here].map(|n| n.to_string());
            let [a, b, d] = numbers;
            rows.push([a, b, d, c.clause.clone()]);
        }
        let width = |k: usize| rows.iter().map(|r| r[k].len()).max().unwrap_or(0);
        let (a, b, d) = (width(0), width(1), width(2));
        let mut out = String::new();
        for [survive, removed, only, clause] in &rows {
            out += &format!("{survive:>a$}  {removed:>b$}  {only:>d$}  {clause}\n");
        }
        for note in &self.notes {
            out += &format!("{note}\n");
        }
        out + &self.summary()
    }

    fn summary(&self) -> String {
        let percent = 100.0 * self.survive() as f64 / self.references.max(1) as f64;
        let verb = if self.survive() == 1 { "survives" } else { "survive" };
        let all = counted(self.references, "reference");
        let mut out = format!("{} of {all} {verb} ({percent:.1} %)\n", self.survive());
        if let Some(most) = self.clauses.iter().filter(|c| c.removed > 0).max_by_key(|c| c.removed)
        {
            out += &format!("removes most: {} ({})\n", most.clause, most.removed);
        }
        // Without its role or its place a sample would be no sample: only limits are loosened.
        let limits = self.clauses.iter().filter(|c| c.only_here > 0);
        let limits = limits.filter_map(|c| Some((c.loosen.as_ref()?, c)));
        if let Some((limit, one)) = limits.max_by_key(|(_, c)| c.only_here) {
            let names = parameters(limit).unwrap_or_default();
            let value = |n: &String| Some(format!("${n} = {}", self.parameters.get(n)?));
            let values: Vec<String> = names.iter().filter_map(value).collect();
            let now = if values.is_empty() {
                String::new()
            } else {
                format!("now {}; ", values.join(", "))
            };
            out += &format!(
                "worth loosening first: {limit} ({now}references that lack only this: {})\n",
                one.only_here
            );
        }
        out
    }
}

/// The reference's own query must have as many rows as the clauses read from it let through.
fn agree(
    shape: &Shape,
    session: &Session,
    params: &[(String, Param)],
    references: u64,
    survive: &[u64],
) -> Result<()> {
    let Some((at, sql)) = shape.check() else { return Ok(()) };
    let counted = if at == 0 { references } else { survive.get(at - 1).copied().unwrap_or(0) };
    let found = number(session, sql, params)?;
    if found == counted {
        return Ok(());
    }
    Err(Error::usage(format!(
        "the reference's query has {found} rows, its clauses read one by one let {counted} through"
    ))
    .hint(
        "the funnel cannot follow this layout; count it, or write its conditions in WHERE and ON",
    ))
}

/// The one number of an answer.
pub(super) fn number(session: &Session, sql: &str, params: &[(String, Param)]) -> Result<u64> {
    use arrow::array::AsArray;
    use arrow::datatypes::Int64Type;
    let answer = session.query(sql, params)?;
    let column = answer.batches.iter().find(|b| b.num_rows() > 0).map(|b| b.column(0));
    let value = column.and_then(|c| c.as_primitive_opt::<Int64Type>()).map(|c| c.value(0));
    let value = value.ok_or_else(|| Error::internal("a count without a number"))?;
    Ok(u64::try_from(value).unwrap_or(0))
}

#[cfg(test)]
#[path = "funnel_tests.rs"]
mod tests;
