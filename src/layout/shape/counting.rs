//! Queries that count the references that meet some of the clauses.
//!
//! A relation is asked for by existence, as a semi-join of the shape that the band join makes
//! linear; the product of the candidates is never formed.

use datafusion::sql::sqlparser::ast::{Cte, Expr};

use super::{Ask, REFERENCE, Shape};

impl Shape {
    /// How many distinct references meet the clauses for which `active` holds. A condition on a
    /// relation that is not asked for is not asked either.
    pub fn count_sql(&self, active: impl Fn(usize) -> bool) -> String {
        let mut rows = Vec::new();
        let mut facts: Vec<(&Expr, &[usize])> = Vec::new();
        for (_, clause) in self.clauses.iter().enumerate().filter(|(at, _)| active(*at)) {
            match &clause.ask {
                Ask::Row(r) if self.relations[*r].beside.iter().all(|b| rows.contains(b)) => {
                    rows.push(*r);
                }
                Ask::Row(_) => {}
                Ask::Fact(expr, touched) => facts.push((expr, touched)),
            }
        }
        facts.retain(|(_, touched)| touched.iter().all(|t| rows.contains(t)));
        let own: Vec<String> =
            facts.iter().filter(|(_, t)| t.is_empty()).map(|(e, _)| format!("({e})")).collect();
        let (mut joins, mut terms) = (String::new(), own.clone());
        for group in self.groups(&rows, &facts) {
            let on = |r: usize| self.relations[r].on.iter().map(|e| format!("({e})"));
            let about = facts.iter().filter(|(_, t)| t.iter().any(|r| group.contains(r)));
            let about = about.map(|(e, _)| format!("({e})"));
            if let [one] = group.as_slice() {
                let kind = if self.relations[*one].anti { "ANTI" } else { "SEMI" };
                let all: Vec<String> = on(*one).chain(about).collect();
                let factor = &self.relations[*one].factor;
                joins += &format!(" LEFT {kind} JOIN {factor} ON {}", all.join(" AND "));
                continue;
            }
            // Relations that conditions tie together are looked for together.
            let mut inner = format!("SELECT {REFERENCE}.id FROM {} AS {REFERENCE}", self.base);
            for r in &group {
                let all: Vec<String> = on(*r).collect();
                inner += &format!(" JOIN {} ON {}", self.relations[*r].factor, all.join(" AND "));
            }
            let all: Vec<String> = own.iter().cloned().chain(about).collect();
            inner += &clause("WHERE", &all);
            terms.push(format!("{REFERENCE}.id IN ({inner})"));
        }
        format!(
            "{}SELECT count(DISTINCT {REFERENCE}.id) AS n FROM {} AS {REFERENCE}{joins}{}",
            with(&self.with),
            self.base,
            clause("WHERE", &terms)
        )
    }

    /// After how many clauses the references are known otherwise, and the query that counts them.
    pub fn check(&self) -> Option<(usize, &str)> {
        self.check.as_ref().map(|(at, sql)| (*at, sql.as_str()))
    }

    /// Relations that must be looked for together, in order.
    fn groups(&self, rows: &[usize], facts: &[(&Expr, &[usize])]) -> Vec<Vec<usize>> {
        let mut groups: Vec<Vec<usize>> = rows.iter().map(|r| vec![*r]).collect();
        let mut tie = |all: &[usize]| {
            let (mut one, rest): (Vec<_>, Vec<_>) =
                groups.drain(..).partition(|g: &Vec<usize>| g.iter().any(|r| all.contains(r)));
            groups = rest;
            if !one.is_empty() {
                let mut all: Vec<usize> = one.drain(..).flatten().collect();
                all.sort_unstable();
                groups.push(all);
            }
        };
        for r in rows {
            let mut all = self.relations[*r].beside.clone();
            all.push(*r);
            tie(&all);
        }
        for (_, touched) in facts {
            tie(touched);
        }
        groups.sort();
        groups
    }
}

/// How many distinct ids a query of `WITH` has.
pub(super) fn all_of(list: &[Cte], name: &str) -> String {
    format!("{}SELECT count(DISTINCT id) AS n FROM {name}", with(list))
}

fn with(list: &[Cte]) -> String {
    let all: Vec<String> = list.iter().map(ToString::to_string).collect();
    if all.is_empty() { String::new() } else { format!("WITH {} ", all.join(", ")) }
}

fn clause(word: &str, terms: &[String]) -> String {
    if terms.is_empty() { String::new() } else { format!(" {word} {}", terms.join(" AND ")) }
}
