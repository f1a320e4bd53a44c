//! A logical plan becomes relations of one program: tables, filters and columns.

use std::collections::BTreeSet;
use std::sync::Arc;

use datafusion::catalog::TableProvider;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Column, DFSchema, Result};
use datafusion::datasource::source_as_provider;
use datafusion::logical_expr::{
    Expr, LogicalPlan, Projection, TableProviderFilterPushDown, TableScan, TableScanBuilder,
    TableSource,
};

use super::flatten::Chain;
use super::program::{Nearest, Product, Program, Step, StepId};
use super::used;
use crate::sql::parquet_table::ParquetTable;

/// A plan as rows of one place: a step, and where the step has the plan's columns.
#[derive(Debug, Clone)]
pub(super) struct Relation {
    pub step: StepId,
    /// Column of the step for each column of the plan.
    pub columns: Vec<usize>,
}

/// What feeds the program.
#[derive(Debug, Clone)]
enum Input {
    /// A scan that several relations share: columns are those of the table.
    Table { scan: TableScan, filters: Vec<Expr>, key: Vec<usize> },
    /// Any other plan.
    Plan { plan: LogicalPlan, key: Vec<usize> },
}

/// Gathers steps while it walks a plan from the top.
#[derive(Debug, Default, Clone)]
pub(super) struct Compiler {
    inputs: Vec<Input>,
    steps: Vec<Step>,
    /// Columns of each step.
    widths: Vec<usize>,
    /// Bands met so far: without one a program is not worth its while.
    pub bands: usize,
}

impl Compiler {
    /// `plan` as a relation whose place is held by these of its columns.
    pub fn relation(&mut self, plan: &LogicalPlan, key: &[usize]) -> Option<Relation> {
        self.attempt(|c| c.known(plan, key)).or_else(|| self.input(plan, key))
    }

    /// Tries something; what it left behind is forgotten if it fails.
    pub fn attempt<T>(&mut self, work: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let saved = self.clone();
        let done = work(self);
        if done.is_none() {
            *self = saved;
        }
        done
    }

    /// As [`Compiler::relation`], but only shapes that the program can express.
    pub fn known(&mut self, plan: &LogicalPlan, key: &[usize]) -> Option<Relation> {
        match plan {
            LogicalPlan::SubqueryAlias(alias) => self.known(&alias.input, key),
            LogicalPlan::TableScan(scan) => self.table(scan, key),
            LogicalPlan::Projection(projection) => self.projection(projection, key),
            LogicalPlan::Filter(filter) => {
                if let Some(ranked) = self.attempt(|c| c.ranked(filter, key)) {
                    return Some(ranked);
                }
                let of = self.known(&filter.input, key)?;
                let keep = bind(&filter.predicate, filter.input.schema(), |i| of.columns[i])?;
                let width = self.width(of.step);
                let step = self.add(Step::Filter { of: of.step, keep }, width);
                Some(Relation { step, columns: of.columns })
            }
            LogicalPlan::Aggregate(aggregate) => self.aggregate(aggregate, key),
            LogicalPlan::Join(_) => self.chain(plan, key)?.single(),
            _ => None,
        }
    }

    fn projection(&mut self, projection: &Projection, key: &[usize]) -> Option<Relation> {
        let schema = projection.input.schema();
        let place = |k: &usize| plain_column(&projection.expr[*k], schema);
        let inner = key.iter().map(place).collect::<Option<Vec<usize>>>()?;
        let from = self.known(&projection.input, &inner)?;
        if let Some(plain) = plain_columns(&projection.expr, schema) {
            let columns = plain.iter().map(|p| from.columns[*p]).collect();
            return Some(Relation { step: from.step, columns });
        }
        let bare = |e: &Expr| bind(&e.clone().unalias(), schema, |i| from.columns[i]);
        let columns = projection.expr.iter().map(bare).collect::<Option<Vec<Expr>>>()?;
        let width = columns.len();
        let step = self.add(Step::Project { of: from.step, columns }, width);
        Some(Relation { step, columns: (0..width).collect() })
    }

    /// Any plan as rows of its own.
    fn input(&mut self, plan: &LogicalPlan, key: &[usize]) -> Option<Relation> {
        let width = plan.schema().fields().len();
        self.inputs.push(Input::Plan { plan: plan.clone(), key: key.to_vec() });
        let columns = (0..width).map(Some).collect();
        let step = self.add(Step::Source { input: self.inputs.len() - 1, columns }, width);
        Some(Relation { step, columns: (0..width).collect() })
    }

    /// A scan, together with other scans of its table.
    fn table(&mut self, scan: &TableScan, key: &[usize]) -> Option<Relation> {
        if scan.fetch.is_some() || !filters_are_repeated(scan) {
            return None;
        }
        let width = scan.source.schema().fields().len();
        let columns: Vec<usize> = scan.projection.clone().unwrap_or_else(|| (0..width).collect());
        let key: Vec<usize> = key.iter().map(|k| columns[*k]).collect();
        let same = |input: &Input| match input {
            Input::Table { scan: other, key: its, .. } => {
                Arc::ptr_eq(&other.source, &scan.source) && *its == key
            }
            Input::Plan { .. } => false,
        };
        let at = self.inputs.iter().position(same).unwrap_or_else(|| {
            let (scan, filters) = (scan.clone(), unqualified(&scan.filters));
            self.inputs.push(Input::Table { scan, filters, key: key.clone() });
            self.inputs.len() - 1
        });
        if let Some(Input::Table { filters, .. }) = self.inputs.get_mut(at) {
            // Only what every reader wants to leave out may be left out of the scan.
            let mine = unqualified(&scan.filters);
            filters.retain(|f| mine.contains(f));
        }
        // Which of the table's columns are read is known at the end.
        let step = self.add(Step::Source { input: at, columns: vec![None; width] }, width);
        Some(Relation { step, columns })
    }

    /// The position of a step; one that is there already is taken once.
    pub fn add(&mut self, step: Step, width: usize) -> StepId {
        if let Some(known) = self.steps.iter().position(|s| *s == step) {
            return known;
        }
        self.steps.push(step);
        self.widths.push(width);
        self.steps.len() - 1
    }

    pub fn width(&self, step: StepId) -> usize {
        self.widths[step]
    }

    /// Whether no two rows of a step agree in a column of it.
    pub fn is_unique(&self, step: StepId, column: usize) -> bool {
        match &self.steps[step] {
            Step::Source { input, .. } => match &self.inputs[*input] {
                Input::Table { scan, .. } => parquet_table(&scan.source)
                    .is_some_and(|p| as_parquet(p.as_ref()).is_some_and(|t| t.is_unique(column))),
                Input::Plan { .. } => false,
            },
            Step::Filter { of, .. } | Step::Semi { of, .. } | Step::Distinct { of, .. } => {
                self.is_unique(*of, column)
            }
            Step::Project { of, columns } => match &columns[column] {
                Expr::Column(c) => index(c).is_some_and(|i| self.is_unique(*of, i)),
                _ => false,
            },
            Step::Nearest(Nearest { of, keep, .. }) => {
                *keep == 1 && column < self.width(*of) && self.is_unique(*of, column)
            }
        }
    }

    /// Whether it is known that no two rows of a step agree in all of these columns, the place of its
    /// input among them: of a file that is in order of places, and of times within them.
    pub fn is_distinct(&self, step: StepId, columns: &[usize]) -> bool {
        match &self.steps[step] {
            Step::Source { input, .. } => match &self.inputs[*input] {
                Input::Table { scan, key, .. } => parquet_table(&scan.source).is_some_and(|p| {
                    as_parquet(p.as_ref()).is_some_and(|t| t.is_distinct(key, columns))
                }),
                Input::Plan { .. } => false,
            },
            Step::Filter { of, .. } | Step::Semi { of, .. } | Step::Distinct { of, .. } => {
                self.is_distinct(*of, columns)
            }
            Step::Project { of, columns: made } => {
                let plain = |c: &usize| match made.get(*c) {
                    Some(Expr::Column(c)) => index(c),
                    _ => None,
                };
                let plain: Vec<usize> = columns.iter().filter_map(plain).collect();
                self.is_distinct(*of, &plain)
            }
            Step::Nearest(Nearest { of, keep, .. }) => {
                let width = self.width(*of);
                let own: Vec<usize> = columns.iter().copied().filter(|c| *c < width).collect();
                *keep == 1 && self.is_distinct(*of, &own)
            }
        }
    }

    /// The finished program and the plans that feed it.
    pub fn finish(mut self, product: Product) -> Result<(Program, Vec<LogicalPlan>)> {
        let used = used::columns(&self.steps, &self.widths, &product);
        let (mut keys, mut plans) = (Vec::new(), Vec::new());
        for (number, input) in self.inputs.into_iter().enumerate() {
            match input {
                Input::Plan { plan, key } => {
                    keys.push(key);
                    plans.push(plan);
                }
                Input::Table { scan, filters, key } => {
                    let is_it =
                        |s: &&mut Step| matches!(s, Step::Source { input, .. } if *input == number);
                    let mut read: BTreeSet<usize> = key.iter().copied().collect();
                    let mut readers: Vec<&mut Step> = Vec::new();
                    for (step, used) in self.steps.iter_mut().zip(&used) {
                        if is_it(&step) {
                            read.extend(used);
                            readers.push(step);
                        }
                    }
                    let place = |column: usize| read.iter().position(|r| *r == column);
                    for reader in readers {
                        if let Step::Source { columns, .. } = reader {
                            *columns = (0..columns.len()).map(place).collect();
                        }
                    }
                    keys.push(key.iter().filter_map(|k| place(*k)).collect());
                    let projection = Some(read.iter().copied().collect());
                    let scan = TableScanBuilder::new(scan.table_name, scan.source)
                        .with_projection(projection)
                        .with_filters(filters)
                        .build()?;
                    plans.push(LogicalPlan::TableScan(scan));
                }
            }
        }
        Ok((Program { keys, steps: self.steps, product }, plans))
    }
}

impl Compiler {
    /// What a rule looks at first: a chain, or one relation.
    pub fn root(&mut self, plan: &LogicalPlan, key: &[usize]) -> Option<Chain> {
        match plan {
            LogicalPlan::Filter(_) | LogicalPlan::Aggregate(_) => {
                let relation = self.known(plan, key)?;
                Some(Chain::of(relation, key))
            }
            _ => self.chain(plan, key),
        }
    }
}

/// The condition over columns `#k`, `k` being what `place` says of a column's position.
pub(crate) fn bind(expr: &Expr, schema: &DFSchema, place: impl Fn(usize) -> usize) -> Option<Expr> {
    let bound = expr.clone().transform(|e| match e {
        Expr::Column(c) => {
            let at = schema.index_of_column(&c)?;
            Ok(Transformed::yes(Expr::Column(numbered(place(at)))))
        }
        // What reads other rows, or the row of an outer query, is no condition on a pair.
        Expr::ScalarSubquery(_) | Expr::Exists(_) | Expr::InSubquery(_) => {
            datafusion::common::plan_err!("a query inside a condition")
        }
        other => Ok(Transformed::no(other)),
    });
    let bound = bound.ok()?.data;
    (!bound.is_volatile()).then_some(bound)
}

/// The column `#k`.
pub(super) fn numbered(k: usize) -> Column {
    Column::new_unqualified(format!("#{k}"))
}

/// The `k` of `#k`.
pub(super) fn index(column: &Column) -> Option<usize> {
    column.name.strip_prefix('#')?.parse().ok()
}

/// Positions of the columns that a projection passes on, if it computes none.
pub(super) fn plain_columns(exprs: &[Expr], schema: &DFSchema) -> Option<Vec<usize>> {
    exprs.iter().map(|e| plain_column(e, schema)).collect()
}

/// The position of a column, whatever name it is given.
pub(super) fn plain_column(expr: &Expr, schema: &DFSchema) -> Option<usize> {
    match expr {
        Expr::Column(column) => schema.index_of_column(column).ok(),
        Expr::Alias(alias) => plain_column(&alias.expr, schema),
        _ => None,
    }
}

/// Whether a filter above the scan repeats what the scan was asked to leave out, so that the scan
/// may leave out less.
fn filters_are_repeated(scan: &TableScan) -> bool {
    let filters: Vec<&Expr> = scan.filters.iter().collect();
    let exact = |p: &TableProviderFilterPushDown| *p == TableProviderFilterPushDown::Exact;
    match scan.source.supports_filters_pushdown(&filters) {
        Ok(pushed) => !pushed.iter().any(exact),
        Err(_) => false,
    }
}

/// Filters without the name of their table, so that those of two scans can be compared.
fn unqualified(filters: &[Expr]) -> Vec<Expr> {
    let bare = |e: Expr| match e {
        Expr::Column(c) => Ok(Transformed::yes(Expr::Column(Column::new_unqualified(c.name)))),
        other => Ok(Transformed::no(other)),
    };
    filters.iter().filter_map(|f| f.clone().transform(bare).ok().map(|t| t.data)).collect()
}

fn parquet_table(source: &Arc<dyn TableSource>) -> Option<Arc<dyn TableProvider>> {
    source_as_provider(source).ok()
}

/// The provider as a table of Parquet files, whose order can be looked up.
pub(in crate::sql) fn as_parquet(provider: &dyn TableProvider) -> Option<&ParquetTable> {
    (provider as &dyn std::any::Any).downcast_ref()
}
