//! "The nearest" in plain SQL: the first of a window or of a group.

use datafusion::common::ScalarValue;
use datafusion::logical_expr::expr::{
    AggregateFunction, AggregateFunctionParams, WindowFunction, WindowFunctionParams,
};
use datafusion::logical_expr::utils::{conjunction, split_conjunction};
use datafusion::logical_expr::{
    Aggregate, Expr, Filter, LogicalPlan, Operator, SortExpr, WindowFunctionDefinition,
};

use super::compile::{Compiler, Relation, bind, index, plain_column, plain_columns};
use super::flatten::{Chain, column, left_columns};
use super::program::{Link, Nearest, Step, StepId};
use super::rule::below_names;

impl Compiler {
    /// `… GROUP BY o.id, o.cell, …`, with `first_value(s.x ORDER BY distance)` of a band join, or
    /// with nothing: the rows of `o`, each with its nearest partner.
    pub fn aggregate(&mut self, aggregate: &Aggregate, key: &[usize]) -> Option<Relation> {
        let input = aggregate.input.schema();
        let group = plain_columns(&aggregate.group_expr, input)?;
        // The place is one of the columns of the group, so a group lies in one place.
        let inner: Vec<usize> =
            key.iter().map(|k| group.get(*k).copied()).collect::<Option<_>>()?;
        let firsts: Vec<First> =
            aggregate.aggr_expr.iter().map(First::of).collect::<Option<_>>()?;
        let chain = self.chain(&aggregate.input, &inner)?;
        let Some(first) = firsts.first() else {
            let of = chain.single()?;
            let by = group.iter().map(|g| of.columns[*g]).collect();
            return Some(self.distinct(of.step, by));
        };
        if firsts.iter().any(|f| f.order != first.order) {
            return None;
        }
        let place = self.pair_columns(&chain)?;
        let best = sorts(&first.order, |e| bind(e, input, |i| place[i]))?;
        let mut columns: Vec<Expr> = group.iter().map(|g| column(place[*g])).collect();
        for f in &firsts {
            columns.push(bind(&f.value, input, |i| place[i])?);
        }
        let by: Vec<usize> = group.iter().map(|g| place[*g]).collect();
        let (left, link) = (chain.roles[0].step, chain.roles[1].link.clone()?);
        let width = self.width(left);
        // Rows that agree in the group have the same partners only if nothing else is compared.
        let mut read = left_columns(&link.on, width);
        let sorted = best.iter().flat_map(|s| s.expr.column_refs());
        read.extend(sorted.filter_map(index));
        read.extend(columns.iter().flat_map(Expr::column_refs).filter_map(index));
        if by.iter().any(|b| *b >= width) || read.iter().any(|c| *c < width && !by.contains(c)) {
            return None;
        }
        let with = chain.roles[1].step;
        let total = width + self.width(with) + 1;
        let nearest = self.add(nearest(left, with, width, link, best, 1), total);
        let distinct = self.distinct(nearest, by).step;
        let width = columns.len();
        let step = self.add(Step::Project { of: distinct, columns }, width);
        Some(Relation { step, columns: (0..width).collect() })
    }

    /// Rows that agree in `by` once. Where none do, these columns need not even be read.
    fn distinct(&mut self, of: usize, by: Vec<usize>) -> Relation {
        let (width, columns) = (self.width(of), by.clone());
        if self.is_distinct(of, &by) {
            return Relation { step: of, columns };
        }
        Relation { step: self.add(Step::Distinct { of, by }, width), columns }
    }

    /// `WHERE rank <= k` over `row_number() OVER (PARTITION BY o.id ORDER BY distance) AS rank`.
    pub fn ranked(&mut self, filter: &Filter, key: &[usize]) -> Option<Relation> {
        let (LogicalPlan::Window(window), plain) = below_names(&filter.input)? else { return None };
        let rank = window.input.schema().fields().len();
        let key: Vec<usize> = key.iter().map(|k| plain[*k]).collect();
        if key.contains(&rank) {
            return None;
        }
        let chain = self.chain(&window.input, &key)?;
        self.ranked_of(filter, &chain)
    }

    /// As [`Compiler::ranked`], the window's input being this chain. Columns of the chain's first
    /// role stay where they are.
    pub fn ranked_of(&mut self, filter: &Filter, chain: &Chain) -> Option<Relation> {
        let (LogicalPlan::Window(window), plain) = below_names(&filter.input)? else { return None };
        let [expr] = window.window_expr.as_slice() else { return None };
        let (order, partition) = row_number(expr)?;
        let rank = window.input.schema().fields().len();
        // Which conjunct limits the rank?
        let schema = filter.input.schema();
        let limit =
            |e: &Expr| at_most(e, |c| plain_column(c, schema).is_some_and(|i| plain[i] == rank));
        let conjuncts = split_conjunction(&filter.predicate);
        let at = conjuncts.iter().position(|e| limit(e).is_some())?;
        let keep = limit(conjuncts[at])?;

        let place = self.pair_columns(chain)?;
        let left = chain.roles[0].step;
        let input = window.input.schema();
        let unique = |e: &Expr| {
            let at = plain_column(e, input).map(|i| place[i]);
            at.is_some_and(|c| c < self.width(left) && self.is_unique(left, c))
        };
        let of_left =
            |e: &Expr| plain_column(e, input).is_some_and(|i| place[i] < self.width(left));
        if !partition.iter().all(of_left) || !partition.iter().any(unique) {
            return None;
        }
        let best = sorts(order, |e| bind(e, input, |i| place[i]))?;
        let link = chain.roles[1].link.clone()?;
        let with = chain.roles[1].step;
        let total = self.width(left) + self.width(with) + 1;
        let mut step = self.add(nearest(left, with, self.width(left), link, best, keep), total);
        let all: Vec<usize> = place.into_iter().chain([total - 1]).collect();
        let columns: Vec<usize> = plain.iter().map(|p| all[*p]).collect();
        let others = conjuncts.iter().enumerate().filter(|(i, _)| *i != at);
        if let Some(rest) = conjunction(others.map(|(_, e)| (*e).clone())) {
            let keep = bind(&rest, schema, |i| columns[i])?;
            step = self.add(Step::Filter { of: step, keep }, total);
        }
        Some(Relation { step, columns })
    }

    /// For two joined roles, where the chain's columns are in a pair of their rows.
    fn pair_columns(&self, chain: &Chain) -> Option<Vec<usize>> {
        if chain.roles.len() != 2 || !chain.rest.is_empty() {
            return None;
        }
        let width = self.width(chain.roles[0].step);
        Some(chain.columns.iter().map(|(role, c)| role * width + c).collect())
    }
}

fn nearest(
    of: StepId,
    with: StepId,
    width: usize,
    link: Link,
    best: Vec<SortExpr>,
    keep: usize,
) -> Step {
    let Link { on, outer, .. } = link;
    let apart = best.first().filter(|s| s.asc).and_then(|s| apart(&s.expr, width));
    Step::Nearest(Nearest { of, with, on, best, apart, keep, outer })
}

/// The columns whose distance an expression is: `gap_hours(a, b)` or `abs(epoch(a) - epoch(b))`.
fn apart(distance: &Expr, width: usize) -> Option<(usize, usize)> {
    let call = |e: &Expr, name: &str| match e {
        Expr::ScalarFunction(f) if f.func.name() == name => Some(f.args.clone()),
        _ => None,
    };
    let ends = call(distance, "gap_hours").or_else(|| {
        let inner = call(distance, "abs")?;
        let [Expr::BinaryExpr(minus)] = inner.as_slice() else { return None };
        let ends = [call(&minus.left, "epoch")?, call(&minus.right, "epoch")?];
        (minus.op == Operator::Minus).then(|| ends.into_iter().flatten().collect())
    })?;
    let column = |e: &Expr| match e {
        Expr::Column(c) => index(c),
        _ => None,
    };
    let [a, b] = ends.as_slice() else { return None };
    match (column(a)?, column(b)?) {
        (a, b) if a < width && b >= width => Some((a, b - width)),
        (a, b) if b < width && a >= width => Some((b, a - width)),
        _ => None,
    }
}

/// One value of the row that comes first.
struct First {
    value: Expr,
    order: Vec<SortExpr>,
}

impl First {
    fn of(expr: &Expr) -> Option<Self> {
        let expr = match expr {
            Expr::Alias(alias) => alias.expr.as_ref(),
            other => other,
        };
        let Expr::AggregateFunction(AggregateFunction { func, params }) = expr else { return None };
        let AggregateFunctionParams { args, distinct, filter, order_by, null_treatment } = params;
        if *distinct || filter.is_some() || null_treatment.is_some() {
            return None;
        }
        match (func.name(), args.as_slice()) {
            ("first_value", [value]) if !order_by.is_empty() => {
                Some(Self { value: value.clone(), order: order_by.clone() })
            }
            ("arg_min", [value, by]) if order_by.is_empty() => {
                Some(Self { value: value.clone(), order: vec![by.clone().sort(true, false)] })
            }
            _ => None,
        }
    }
}

fn sorts(order: &[SortExpr], bind: impl Fn(&Expr) -> Option<Expr>) -> Option<Vec<SortExpr>> {
    order.iter().map(|s| Some(s.with_expr(bind(&s.expr)?))).collect()
}

/// Order and partition of a plain `row_number()`.
pub(super) fn row_number(expr: &Expr) -> Option<(&[SortExpr], &[Expr])> {
    let expr = match expr {
        Expr::Alias(alias) => alias.expr.as_ref(),
        other => other,
    };
    let Expr::WindowFunction(function) = expr else { return None };
    let WindowFunction { fun, params } = function.as_ref();
    let WindowFunctionDefinition::WindowUDF(udf) = fun else { return None };
    let WindowFunctionParams { args, partition_by, order_by, filter, distinct, .. } = params;
    let plain = udf.name() == "row_number" && args.is_empty() && filter.is_none() && !distinct;
    (plain && !order_by.is_empty()).then_some((order_by, partition_by))
}

/// The `k` of `rank <= k`, `rank < k + 1` or, for 1, `rank = 1`.
pub(super) fn at_most(condition: &Expr, is_rank: impl Fn(&Expr) -> bool) -> Option<usize> {
    let Expr::BinaryExpr(binary) = condition else { return None };
    let (op, limit) = match (binary.left.as_ref(), binary.right.as_ref()) {
        (rank, Expr::Literal(value, _)) if is_rank(rank) => (binary.op, value),
        (Expr::Literal(value, _), rank) if is_rank(rank) => (binary.op.swap()?, value),
        _ => return None,
    };
    let limit = match limit {
        ScalarValue::UInt64(Some(v)) => usize::try_from(*v).ok()?,
        ScalarValue::Int64(Some(v)) => usize::try_from(*v).ok()?,
        _ => return None,
    };
    match op {
        Operator::LtEq => Some(limit),
        Operator::Lt => limit.checked_sub(1),
        Operator::Eq if limit == 1 => Some(1),
        _ => None,
    }
    .filter(|k| *k > 0)
}

#[cfg(test)]
mod tests {
    use crate::sql::Session;
    use crate::sql::band::tests::{Row, lines, write};

    #[test]
    fn columns_of_a_group_that_decide_nothing_are_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.parquet");
        let row = |place, hour| -> Row { (Some(place), Some(hour), Some(hour as f64), 1) };
        let grows: Vec<Row> = (0..3).flat_map(|p| (0..40).map(move |h| row(p, h * 2))).collect();
        let mut doubled = grows.clone();
        doubled[50] = doubled[49];
        for (rows, count, read) in [(&grows, 117, false), (&doubled, 115, true)] {
            write(rows, true, &path);
            let open = |s: Session| s.with_table("a", &path).unwrap().with_table("b", &path);
            let ours = open(Session::new(64 << 20).unwrap()).unwrap();
            let sql = "SELECT count(*), sum(s) FROM (SELECT a.cell, a.time, a.cloud,
                first_value(b.orbit ORDER BY gap_hours(a.time, b.time)) AS s
              FROM a JOIN b ON b.cell = a.cell AND b.time > a.time AND b.time < a.time + to_hours(4)
              GROUP BY a.cell, a.time, a.cloud)";
            assert_eq!(ours.explain(sql, &[]).unwrap().contains("cloud"), read);
            let plain = open(Session::plain(64 << 20).unwrap()).unwrap();
            assert_eq!(lines(&ours, sql), lines(&plain, sql));
            assert!(lines(&ours, sql).iter().any(|l| l.starts_with(&format!("{count},"))));
        }
    }
}
