//! What a text calls by a name.

use std::ops::ControlFlow;

use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{Query, SelectItem, SetExpr, Visit, Visitor};

use super::{Param, statement};
use crate::error::Result;

/// The expressions that a text names `AS name`, in itself and in the queries within it, with the values of the parameters in
/// place: texts that compute a column alike give the same.
pub(crate) fn aliased(sql: &str, params: &[(String, Param)], name: &str) -> Result<Vec<String>> {
    let mut found = Found { name, all: Vec::new() };
    if let Statement::Statement(parsed) = statement::check(sql, params, &[])?.statement {
        let _ = parsed.visit(&mut found);
    }
    Ok(found.all)
}

struct Found<'a> {
    name: &'a str,
    all: Vec<String>,
}

impl Visitor for Found<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        self.select(&query.body);
        ControlFlow::Continue(())
    }
}

impl Found<'_> {
    fn select(&mut self, body: &SetExpr) {
        match body {
            SetExpr::Select(select) => {
                for item in &select.projection {
                    if let SelectItem::ExprWithAlias { expr, alias } = item
                        && alias.value.eq_ignore_ascii_case(self.name)
                    {
                        self.all.push(expr.to_string());
                    }
                }
            }
            SetExpr::SetOperation { left, right, .. } => {
                self.select(left);
                self.select(right);
            }
            // A query within a query is visited by itself.
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_found_in_every_query_of_a_text_with_its_values() {
        let of = |sql: &str, from: &str| {
            let params = [
                ("from".to_owned(), Param::Text(from.to_owned())),
                ("n".to_owned(), Param::Int(3)),
            ];
            aliased(sql, &params, "split").unwrap()
        };
        let inner = "WITH a AS (SELECT CASE WHEN time >= $from THEN 'test' END AS Split FROM s2) \
                     SELECT * FROM a WHERE $n > 1";
        assert_eq!(of(inner, "2019"), ["CASE WHEN time >= '2019' THEN 'test' END"]);
        assert_ne!(of(inner, "2019"), of(inner, "2020"));
        let both = "SELECT 'test' AS split FROM s2 UNION ALL SELECT 'train' AS split FROM s1";
        assert_eq!(of(both, ""), ["'test'", "'train'"]);
        assert!(of("SELECT split FROM s2", "").is_empty());
    }
}
