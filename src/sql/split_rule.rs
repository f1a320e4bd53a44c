//! How a text parts its rows by time.

use std::ops::ControlFlow;

use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{
    Expr, Query, SelectItem, SetExpr, Visit, Visitor, visit_expressions,
};

use super::{Param, statement};
use crate::error::Result;

/// The one expression that a text calls `split`, with the values of the parameters in place, if it decides by times of images alone: then
/// two runs of the text part rows alike where it is the same, whatever else is asked of them. None where it looks at anything
/// else, or where a row may come from several queries.
pub(crate) fn split_rule(sql: &str, params: &[(String, Param)]) -> Result<Option<String>> {
    let mut found = Found::default();
    if let Statement::Statement(parsed) = statement::check(sql, params, &[])?.statement {
        let _ = parsed.visit(&mut found);
    }
    let rule = match (found.rules.as_slice(), found.renamed) {
        ([rule], false) if by_time(rule) => Some(rule.to_string()),
        _ => None,
    };
    Ok(rule)
}

#[derive(Default)]
struct Found {
    rules: Vec<Expr>,
    /// Whether `time` is another name here, or a query is made of several.
    renamed: bool,
}

impl Visitor for Found {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        match &*query.body {
            SetExpr::Select(select) => {
                for item in &select.projection {
                    if let SelectItem::ExprWithAlias { expr, alias } = item {
                        if alias.value.eq_ignore_ascii_case("split") {
                            self.rules.push(expr.clone());
                        }
                        self.renamed |= alias.value.eq_ignore_ascii_case("time");
                    }
                }
            }
            SetExpr::SetOperation { .. } => self.renamed = true,
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

/// Whether every column of an expression is a time, and there is one.
fn by_time(rule: &Expr) -> bool {
    let mut times = 0;
    let other = visit_expressions(rule, |e| {
        let column = match e {
            Expr::Identifier(name) => name,
            Expr::CompoundIdentifier(names) => match names.last() {
                Some(name) => name,
                None => return ControlFlow::Break(()),
            },
            // What a query within finds is not of this row.
            Expr::Subquery(_) | Expr::Exists { .. } | Expr::InSubquery { .. } => {
                return ControlFlow::Break(());
            }
            _ => return ControlFlow::Continue(()),
        };
        times += 1;
        match column.value.eq_ignore_ascii_case("time") {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(()),
        }
    });
    other.is_continue() && times > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(sql: &str, from: &str) -> Option<String> {
        let params =
            [("from".to_owned(), Param::Text(from.to_owned())), ("n".to_owned(), Param::Int(3))];
        split_rule(sql, &params).unwrap()
    }

    #[test]
    fn a_rule_by_time_is_known_with_its_values() {
        let sql = "WITH a AS (SELECT CASE WHEN t.time >= $from THEN 'test' END AS Split FROM s2 AS t) \
                   SELECT * FROM a WHERE $n > 1";
        assert_eq!(rule(sql, "2019").unwrap(), "CASE WHEN t.time >= '2019' THEN 'test' END");
        assert_ne!(rule(sql, "2019"), rule(sql, "2020"));
    }

    #[test]
    fn what_may_hide_another_rule_is_none() {
        for sql in [
            // Computed under another name.
            "WITH p AS (SELECT CASE WHEN time >= $from THEN 'test' END AS use FROM s2) \
             SELECT p.use AS split FROM p",
            // By which query a row comes from.
            "SELECT 'test' AS split FROM s2 WHERE time >= $from UNION ALL \
             SELECT 'train' AS split FROM s2 WHERE time < $from",
            "SELECT CASE WHEN time > $from THEN 'test' END AS split \
             FROM (SELECT other AS time FROM s2)",
            "SELECT CASE WHEN time > (SELECT max(time) FROM s1) THEN 'test' END AS split FROM s2",
            "SELECT split FROM s2",
            "SELECT 'test' AS split FROM s2",
        ] {
            assert_eq!(rule(sql, "2019"), None, "{sql}");
        }
    }
}
