//! The overlap join as an operator.

use std::fmt;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, RecordBatch, RecordBatchOptions, UInt32Array};
use arrow::compute::{concat_batches, filter_record_batch, take};
use arrow::datatypes::SchemaRef;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{DataFusionError, JoinType, Result, internal_err};
use datafusion::execution::memory_pool::MemoryConsumer;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{
    Boundedness, ChildrenPropertiesMode, EmissionType, ReplaceChildrenOptions,
};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, Distribution, ExecutionPlan, ExecutionPlanProperties,
    InputDistributionRequirements, Partitioning, PlanProperties,
};
use futures::{StreamExt, TryStreamExt};
use tokio::sync::OnceCell;

use super::node::OverlapJoin;
use super::ranges::Range;
use super::tree::{Indexed, Intervals, ROW_BYTES};
use crate::sql::band::Compute;

/// Pairs that are proposed before the condition is asked.
const PAIRS: usize = 1 << 14;

/// What a join needs to know, whatever its inputs.
#[derive(Debug)]
struct Plan {
    kind: JoinType,
    condition: Compute,
    /// For each range, low and high end over the left side's columns, and over the right's.
    left: Vec<(Compute, Compute)>,
    right: Vec<(Compute, Compute)>,
    split: usize,
    schema: SchemaRef,
}

/// Asks an index of its right input for the partners of each row of its left.
#[derive(Debug)]
pub(crate) struct OverlapJoinExec {
    node: OverlapJoin,
    plan: Arc<Plan>,
    left: Arc<dyn ExecutionPlan>,
    right: Arc<dyn ExecutionPlan>,
    properties: Arc<PlanProperties>,
    index: Arc<OnceCell<Arc<Indexed>>>,
}

impl OverlapJoinExec {
    pub fn new(
        node: OverlapJoin,
        left: Arc<dyn ExecutionPlan>,
        right: Arc<dyn ExecutionPlan>,
    ) -> Result<Self> {
        let (of_left, of_right) = (left.schema(), right.schema());
        let all: Vec<_> = of_left.fields().iter().chain(of_right.fields()).cloned().collect();
        let ends = |low: fn(&Range) -> [&datafusion::logical_expr::Expr; 2]| {
            let compute = |r: &Range| {
                let [low, high] = low(r);
                Ok((Compute::new(low, &all)?, Compute::new(high, &all)?))
            };
            node.ranges.iter().map(compute).collect::<Result<Vec<_>>>()
        };
        let schema = Arc::clone(node.schema.inner());
        let plan = Plan {
            kind: node.kind,
            condition: Compute::new(&node.condition, &all)?,
            left: ends(|r| [&r.left_low, &r.left_high])?,
            right: ends(|r| [&r.right_low, &r.right_high])?,
            split: of_left.fields().len(),
            schema: Arc::clone(&schema),
        };
        let properties = PlanProperties::new(
            EquivalenceProperties::new(schema),
            Partitioning::UnknownPartitioning(left.output_partitioning().partition_count()),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        let (plan, properties) = (Arc::new(plan), Arc::new(properties));
        Ok(Self { node, plan, left, right, properties, index: Arc::default() })
    }
}

/// Reads the right side and indexes it.
async fn index(
    plan: Arc<Plan>,
    right: Arc<dyn ExecutionPlan>,
    context: Arc<TaskContext>,
) -> Result<Arc<Indexed>> {
    let held = MemoryConsumer::new("OverlapJoin index").register(context.memory_pool());
    let (schema, mut batches) = (right.schema(), Vec::new());
    let mut stream = right.execute(0, context)?;
    while let Some(batch) = stream.next().await.transpose()? {
        // Once as it came and once in one piece, and the tree.
        held.try_grow(2 * batch.get_array_memory_size() + batch.num_rows() * ROW_BYTES)?;
        batches.push(batch);
    }
    let rows = concat_batches(&schema, &batches)?;
    let ends = plan.ends(&plan.right, &rows, plan.split)?;
    Ok(Arc::new(Indexed::new(rows, &ends)?.holding(held)))
}

impl Plan {
    /// Low and high ends of each range, over columns that begin at `first`.
    fn ends(
        &self,
        ranges: &[(Compute, Compute)],
        rows: &RecordBatch,
        first: usize,
    ) -> Result<Vec<(ArrayRef, ArrayRef)>> {
        let column = |c: usize| match c.checked_sub(first) {
            Some(c) if c < rows.num_columns() => Ok(Arc::clone(rows.column(c))),
            _ => internal_err!("a range of an overlap join reads both sides"),
        };
        let end = |e: &Compute| e.run(rows.num_rows(), column);
        ranges.iter().map(|(low, high)| Ok((end(low)?, end(high)?))).collect()
    }

    /// All that comes of one batch of the left side.
    fn join(&self, left: &RecordBatch, index: &Indexed) -> Result<Vec<RecordBatch>> {
        let intervals = Intervals::new(&self.ends(&self.left, left, 0)?)?;
        let mut matched = vec![false; left.num_rows()];
        let (mut lefts, mut rights, mut out) = (Vec::new(), Vec::new(), Vec::new());
        for row in 0..left.num_rows() {
            if let Some((low, high)) = intervals.of(row) {
                rights.extend(index.touched(low, high));
                lefts.resize(rights.len(), row as u32);
            }
            if rights.len() >= PAIRS || row + 1 == left.num_rows() {
                let pairs = (std::mem::take(&mut lefts), std::mem::take(&mut rights));
                out.extend(self.pairs(left, &index.rows, pairs, &mut matched)?);
            }
        }
        let keep =
            |wanted: bool| -> BooleanArray { matched.iter().map(|m| Some(*m == wanted)).collect() };
        match self.kind {
            JoinType::LeftSemi => out.push(self.shown(filter_record_batch(left, &keep(true))?)?),
            JoinType::LeftAnti => out.push(self.shown(filter_record_batch(left, &keep(false))?)?),
            JoinType::Left => {
                let alone = filter_record_batch(left, &keep(false))?;
                let none = UInt32Array::new_null(alone.num_rows());
                let mut columns = alone.columns().to_vec();
                for column in index.rows.columns() {
                    columns.push(take(column, &none, None)?);
                }
                out.push(self.batch(columns, alone.num_rows())?);
            }
            _ => {}
        }
        out.retain(|b| b.num_rows() > 0);
        Ok(out)
    }

    /// Of proposed pairs, those for which the condition holds.
    fn pairs(
        &self,
        left: &RecordBatch,
        right: &RecordBatch,
        (lefts, rights): (Vec<u32>, Vec<u32>),
        matched: &mut [bool],
    ) -> Result<Option<RecordBatch>> {
        let (lefts, rights) = (UInt32Array::from(lefts), UInt32Array::from(rights));
        let column = |c: usize, l: &UInt32Array, r: &UInt32Array| match c < self.split {
            true => take(left.column(c), l, None),
            false => take(right.column(c - self.split), r, None),
        };
        let count = lefts.len();
        let holds = self.condition.holds(count, |c| Ok(column(c, &lefts, &rights)?))?;
        let kept: UInt32Array = (0..count)
            .filter(|p| holds.is_valid(*p) && holds.value(*p))
            .map(|p| p as u32)
            .collect();
        let (lefts, rights) = (pick(&lefts, &kept), pick(&rights, &kept));
        lefts.values().iter().for_each(|l| matched[*l as usize] = true);
        if !matches!(self.kind, JoinType::Inner | JoinType::Left) {
            return Ok(None);
        }
        let all = 0..self.split + right.num_columns();
        let columns = all.map(|c| column(c, &lefts, &rights)).collect::<Result<Vec<_>, _>>()?;
        self.batch(columns, lefts.len()).map(Some)
    }

    fn shown(&self, rows: RecordBatch) -> Result<RecordBatch> {
        self.batch(rows.columns().to_vec(), rows.num_rows())
    }

    fn batch(&self, columns: Vec<ArrayRef>, rows: usize) -> Result<RecordBatch> {
        let count = RecordBatchOptions::new().with_row_count(Some(rows));
        let schema = Arc::clone(&self.schema);
        Ok(RecordBatch::try_new_with_options(schema, columns, &count)?)
    }
}

fn pick(rows: &UInt32Array, kept: &UInt32Array) -> UInt32Array {
    kept.values().iter().map(|k| rows.value(*k as usize)).collect()
}

impl ExecutionPlan for OverlapJoinExec {
    fn name(&self) -> &str {
        "OverlapJoinExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn input_distribution_requirements(&self) -> InputDistributionRequirements {
        InputDistributionRequirements::new(vec![
            Distribution::UnspecifiedDistribution,
            Distribution::SinglePartition,
        ])
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.left, &self.right]
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn replace_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
        _: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let Ok([left, right]) = <[Arc<dyn ExecutionPlan>; 2]>::try_from(children) else {
            return internal_err!("an overlap join has two inputs");
        };
        Ok(Arc::new(Self::new(self.node.clone(), left, right)?))
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let all = ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute);
        self.replace_children(children, all)
    }

    fn execute(
        &self,
        partition: usize,
        context: Arc<TaskContext>,
    ) -> Result<SendableRecordBatchStream> {
        let left = self.left.execute(partition, Arc::clone(&context))?;
        let (plan, right) = (Arc::clone(&self.plan), Arc::clone(&self.right));
        let cell = Arc::clone(&self.index);
        let batches = futures::stream::once(async move {
            let read = || index(Arc::clone(&plan), right, context);
            let index = Arc::clone(cell.get_or_try_init(read).await?);
            Ok::<_, DataFusionError>(left.map(move |batch| {
                let joined = plan.join(&batch?, &index)?;
                let joined = joined.into_iter().map(Ok::<_, DataFusionError>);
                Ok::<_, DataFusionError>(futures::stream::iter(joined))
            }))
        });
        let batches = batches.try_flatten().try_flatten();
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), batches)))
    }
}

impl DisplayAs for OverlapJoinExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter) -> fmt::Result {
        write!(
            f,
            "OverlapJoinExec: {}, R-tree over {} ranges",
            self.plan.kind,
            self.plan.left.len()
        )
    }
}
