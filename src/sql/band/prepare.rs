//! A program with its expressions ready to run.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, RecordBatch, RecordBatchOptions, UInt32Array,
};
use arrow::compute::take;
use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{DFSchema, Result, internal_err};
use datafusion::execution::context::ExecutionProps;
use datafusion::logical_expr::physical_planning_context::PhysicalPlanningContext;
use datafusion::logical_expr::{Expr, SortExpr};
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::utils::collect_columns;
use datafusion::physical_expr::{PhysicalExpr, create_physical_expr};

use super::program::{Band, Nearest, Pairing, Program, Step, StepId};
use super::rows::Rows;

/// Columns of a step, named `#0`, `#1`, ….
pub(crate) type Fields = Vec<FieldRef>;

/// An expression and the columns that it reads.
#[derive(Debug)]
pub(crate) struct Compute {
    expr: Arc<dyn PhysicalExpr>,
    uses: Vec<usize>,
    schema: SchemaRef,
}

impl Compute {
    pub fn new(expr: &Expr, fields: &Fields) -> Result<Self> {
        let named = fields.iter().enumerate().map(|(k, f)| {
            Arc::new(f.as_ref().clone().with_name(format!("#{k}")).with_nullable(true))
        });
        let whole = Schema::new(named.collect::<Vec<_>>());
        let known = DFSchema::try_from(whole.clone())?;
        let expr = create_physical_expr(
            expr,
            &known,
            &ExecutionProps::new(),
            &PhysicalPlanningContext::default(),
        )?;
        let mut uses: Vec<usize> = collect_columns(&expr).iter().map(Column::index).collect();
        uses.sort_unstable();
        uses.dedup();
        let schema = Arc::new(whole.project(&uses)?);
        let moved = expr.transform(|e| {
            let Some(column) = e.downcast_ref::<Column>() else { return Ok(Transformed::no(e)) };
            let at = uses.iter().position(|u| *u == column.index()).unwrap_or_default();
            Ok(Transformed::yes(Arc::new(Column::new(column.name(), at)) as Arc<dyn PhysicalExpr>))
        })?;
        Ok(Self { expr: moved.data, uses, schema })
    }

    /// The columns that it reads.
    pub fn uses(&self) -> &[usize] {
        &self.uses
    }

    /// The values for `rows` rows, whose columns come from `column`.
    pub fn run(&self, rows: usize, column: impl Fn(usize) -> Result<ArrayRef>) -> Result<ArrayRef> {
        let columns = self.uses.iter().map(|u| column(*u)).collect::<Result<Vec<_>>>()?;
        let count = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &count)?;
        self.expr.evaluate(&batch)?.into_array(rows)
    }

    /// As [`Compute::run`], for a condition.
    pub fn holds(
        &self,
        rows: usize,
        column: impl Fn(usize) -> Result<ArrayRef>,
    ) -> Result<BooleanArray> {
        let values = self.run(rows, column)?;
        match values.as_boolean_opt() {
            Some(values) => Ok(values.clone()),
            None => internal_err!("a condition of a band join gives {}", values.data_type()),
        }
    }

    fn kind(&self) -> Result<DataType> {
        self.expr.data_type(&self.schema)
    }
}

/// A condition on a row of each side.
#[derive(Debug)]
pub(super) struct PairCondition {
    pub condition: Compute,
    pub split: usize,
}

impl PairCondition {
    pub fn evaluate(
        &self,
        left: &Rows,
        right: &Rows,
        lefts: &UInt32Array,
        rights: &UInt32Array,
    ) -> Result<BooleanArray> {
        let column = |c| pair_column(left, right, lefts, rights, self.split, c);
        self.condition.holds(lefts.len(), column)
    }
}

/// A column of pairs of rows.
pub(super) fn pair_column(
    left: &Rows,
    right: &Rows,
    lefts: &UInt32Array,
    rights: &UInt32Array,
    split: usize,
    column: usize,
) -> Result<ArrayRef> {
    Ok(match column < split {
        true => take(&left.column(column)?, lefts, None)?,
        false => take(&right.column(column - split)?, rights, None)?,
    })
}

/// How rows are paired, ready to run.
#[derive(Debug)]
pub(super) struct Paired {
    pub band: Option<Band>,
    pub rest: Option<PairCondition>,
}

/// One key of an order.
#[derive(Debug)]
pub(super) struct SortKey {
    pub value: Compute,
    pub descending: bool,
    pub nulls_first: bool,
}

/// What the best of the partners is, ready to run.
#[derive(Debug)]
pub(super) struct Best {
    pub keys: Vec<SortKey>,
    /// A column of each side, if the first key is how far these two times are apart, and partners
    /// come in the order of the right one.
    pub apart: Option<(usize, usize)>,
    pub keep: usize,
    pub outer: bool,
}

/// A step, ready to run.
#[derive(Debug)]
pub(super) enum Ready {
    Source { input: usize, columns: Vec<Option<usize>> },
    Filter { of: StepId, keep: Compute },
    Project { of: StepId, columns: Vec<Option<Compute>> },
    Distinct { of: StepId, by: Vec<usize> },
    Semi { of: StepId, with: StepId, on: Paired, anti: bool },
    Nearest { of: StepId, with: StepId, on: Paired, best: Best },
}

/// A program, ready to run.
#[derive(Debug)]
pub(super) struct Prepared {
    pub steps: Vec<Ready>,
    /// For each role but the first: how it is found.
    pub links: Vec<Paired>,
    pub rest: Option<Compute>,
    /// For each total of a fold: its value.
    pub totals: Vec<Option<Compute>>,
    /// For each value of a draw: the value.
    pub drawn: Vec<Compute>,
    /// Columns of each step.
    pub fields: Vec<Fields>,
}

impl Prepared {
    /// Prepares a program for inputs of these columns.
    pub fn new(program: &Program, inputs: &[SchemaRef]) -> Result<Self> {
        let mut done = Self {
            steps: Vec::new(),
            links: Vec::new(),
            rest: None,
            totals: Vec::new(),
            drawn: Vec::new(),
            fields: Vec::new(),
        };
        for step in &program.steps {
            let (ready, fields) = done.step(step, inputs)?;
            done.steps.push(ready);
            done.fields.push(fields);
        }
        let roles = &program.product.roles;
        for role in roles {
            if let Some(link) = &role.link {
                let paired = done.paired(&link.on, roles[link.to].step, role.step)?;
                done.links.push(paired);
            }
        }
        for total in program.product.fold.iter().flat_map(|f| &f.totals) {
            let fields = &done.fields[roles[total.role].step];
            let value = total.value.as_ref().map(|v| Compute::new(v, fields)).transpose()?;
            done.totals.push(value);
        }
        for (role, value) in program.product.draw.iter().flat_map(|d| &d.values) {
            let fields = role.map_or_else(Vec::new, |r| done.fields[roles[r].step].clone());
            done.drawn.push(Compute::new(value, &fields)?);
        }
        if let Some(rest) = &program.product.rest {
            let all: Fields =
                roles.iter().flat_map(|r| done.fields[r.step].iter().cloned()).collect();
            done.rest = Some(Compute::new(rest, &all)?);
        }
        Ok(done)
    }

    fn step(&self, step: &Step, inputs: &[SchemaRef]) -> Result<(Ready, Fields)> {
        Ok(match step {
            Step::Source { input, columns } => {
                let schema = &inputs[*input];
                let field = |c: &Option<usize>| match c {
                    Some(c) => Arc::clone(&schema.fields()[*c]),
                    // Nobody reads it.
                    None => Arc::new(Field::new("", DataType::Null, true)),
                };
                let fields = columns.iter().map(field).collect();
                (Ready::Source { input: *input, columns: columns.clone() }, fields)
            }
            Step::Filter { of, keep } => {
                let keep = Compute::new(keep, &self.fields[*of])?;
                (Ready::Filter { of: *of, keep }, self.fields[*of].clone())
            }
            Step::Project { of, columns } => {
                let (mut ready, mut fields) = (Vec::new(), Vec::new());
                for column in columns {
                    // A column that nobody reads may stand on one that was not read.
                    let compute = Compute::new(column, &self.fields[*of]).ok();
                    let kind = compute.as_ref().map_or(Ok(DataType::Null), Compute::kind)?;
                    fields.push(Arc::new(Field::new("", kind, true)));
                    ready.push(compute);
                }
                (Ready::Project { of: *of, columns: ready }, fields)
            }
            Step::Distinct { of, by } => {
                (Ready::Distinct { of: *of, by: by.clone() }, self.fields[*of].clone())
            }
            Step::Semi { of, with, on, anti } => {
                let on = self.paired(on, *of, *with)?;
                let ready = Ready::Semi { of: *of, with: *with, on, anti: *anti };
                (ready, self.fields[*of].clone())
            }
            Step::Nearest(Nearest { of, with, on, best, apart, keep, outer }) => {
                let pair = self.pair(*of, *with);
                let key = |s: &SortExpr| {
                    let value = Compute::new(&s.expr, &pair)?;
                    Ok(SortKey { value, descending: !s.asc, nulls_first: s.nulls_first })
                };
                let keys = best.iter().map(key).collect::<Result<_>>()?;
                let in_order = |right| on.band.as_ref().is_some_and(|b| b.column == right);
                let apart = apart.filter(|(_, right)| in_order(*right));
                let best = Best { keys, apart, keep: *keep, outer: *outer };
                let on = self.paired(on, *of, *with)?;
                let mut fields = pair;
                fields.push(Arc::new(Field::new("", DataType::UInt64, true)));
                (Ready::Nearest { of: *of, with: *with, on, best }, fields)
            }
        })
    }

    fn pair(&self, left: StepId, right: StepId) -> Fields {
        self.fields[left].iter().chain(&self.fields[right]).cloned().collect()
    }

    fn paired(&self, on: &Pairing, left: StepId, right: StepId) -> Result<Paired> {
        let rest = match &on.rest {
            Some(rest) => {
                let condition = Compute::new(rest, &self.pair(left, right))?;
                Some(PairCondition { condition, split: self.fields[left].len() })
            }
            None => None,
        };
        Ok(Paired { band: on.band.clone(), rest })
    }
}
