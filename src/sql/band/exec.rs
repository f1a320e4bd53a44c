//! The band join as an operator.

use std::fmt;
use std::sync::{Arc, Mutex};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result, internal_err};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::{
    EquivalenceProperties, LexOrdering, OrderingRequirements, PhysicalExpr, PhysicalSortExpr,
};
use datafusion::physical_plan::common::spawn_buffered;
use datafusion::physical_plan::execution_plan::{
    Boundedness, ChildrenPropertiesMode, EmissionType, ReplaceChildrenOptions,
};
use datafusion::physical_plan::metrics::{BaselineMetrics, ExecutionPlanMetricsSet, MetricsSet};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, Distribution, ExecutionPlan, InputDistributionRequirements,
    Partitioning, PlanProperties,
};

use super::blocks::{ROWS, Reader};
use super::fold;
use super::prepare::Prepared;
use super::product::Combinations;
use super::program::Program;

/// Batches that one input may be ahead of the walk.
const AHEAD: usize = 4;

/// Walks its inputs, each one partition sorted by place, once, for all of its partitions.
pub(super) struct BandJoinExec {
    program: Program,
    prepared: Arc<Prepared>,
    inputs: Vec<Arc<dyn ExecutionPlan>>,
    properties: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
    shared: Mutex<Shared>,
}

/// The reader that the partitions of one run share.
#[derive(Default)]
struct Shared {
    reader: Option<Arc<tokio::sync::Mutex<Reader>>>,
    taken: usize,
}

impl BandJoinExec {
    pub fn new(
        program: Program,
        inputs: Vec<Arc<dyn ExecutionPlan>>,
        schema: SchemaRef,
        partitions: usize,
    ) -> Result<Self> {
        let schemas: Vec<SchemaRef> = inputs.iter().map(|i| i.schema()).collect();
        let prepared = Arc::new(Prepared::new(&program, &schemas)?);
        let properties = PlanProperties::new(
            EquivalenceProperties::new(schema),
            Partitioning::UnknownPartitioning(partitions),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        Ok(Self {
            program,
            prepared,
            inputs,
            properties: Arc::new(properties),
            metrics: ExecutionPlanMetricsSet::new(),
            shared: Mutex::default(),
        })
    }

    fn partitions(&self) -> usize {
        self.properties.partitioning.partition_count()
    }

    /// The reader of this run: the first partition that is asked for opens the inputs.
    fn reader(&self, context: &Arc<TaskContext>) -> Result<Arc<tokio::sync::Mutex<Reader>>> {
        let Ok(mut shared) = self.shared.lock() else {
            return internal_err!("a partition of a band join failed");
        };
        let reader = match &shared.reader {
            Some(reader) => Arc::clone(reader),
            None => {
                let consumer = MemoryConsumer::new("BandJoin inputs");
                let reservation = consumer.register(context.memory_pool());
                let large = Arc::new(with_batches(context, ROWS));
                let mut streams = Vec::with_capacity(self.inputs.len());
                for (input, key) in self.inputs.iter().zip(&self.program.keys) {
                    // A task of its own, so that inputs are decoded at the same time.
                    // A sort would ask for memory by the size of its batches.
                    let scan = input.children().is_empty();
                    let stream =
                        input.execute(0, Arc::clone(if scan { &large } else { context }))?;
                    streams.push((spawn_buffered(stream, AHEAD), key.clone()));
                }
                let reader = Reader::new(streams, reservation)?;
                let reader = Arc::new(tokio::sync::Mutex::new(reader));
                shared.reader = Some(Arc::clone(&reader));
                reader
            }
        };
        shared.taken += 1;
        if shared.taken == self.partitions() {
            // Whoever runs the plan again starts from the beginning.
            *shared = Shared::default();
        }
        Ok(reader)
    }
}

/// What one partition works on.
struct Walk {
    reader: Arc<tokio::sync::Mutex<Reader>>,
    program: Program,
    prepared: Arc<Prepared>,
    schema: SchemaRef,
    rows: usize,
    now: Option<Combinations>,
    reservation: MemoryReservation,
    metrics: BaselineMetrics,
}

impl Walk {
    async fn next(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            if let Some(now) = &mut self.now {
                let timer = self.metrics.elapsed_compute().timer();
                let batch = now.next(&self.program, &self.prepared, &self.schema, self.rows)?;
                timer.done();
                if batch.is_some() {
                    return Ok(batch);
                }
                self.now = None;
            }
            let Some(block) = self.reader.lock().await.next().await? else { return Ok(None) };
            let timer = self.metrics.elapsed_compute().timer();
            let bytes: usize = block.inputs.iter().map(|(b, _)| b.get_array_memory_size()).sum();
            // The block, and about as much again for what the steps choose and gather.
            self.reservation.try_resize(2 * bytes)?;
            if let Some(fold) = &self.program.product.fold {
                let batch = fold::run(fold, &self.program, &self.prepared, &block, &self.schema)?;
                timer.done();
                return Ok(Some(batch));
            }
            let now = Combinations::of(&self.program, &self.prepared, &block)?;
            self.reservation.try_resize(2 * bytes + now.bytes())?;
            timer.done();
            self.now = Some(now);
        }
    }
}

impl ExecutionPlan for BandJoinExec {
    fn name(&self) -> &str {
        "BandJoinExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn input_distribution_requirements(&self) -> InputDistributionRequirements {
        InputDistributionRequirements::new(vec![Distribution::SinglePartition; self.inputs.len()])
    }

    fn required_input_ordering(&self) -> Vec<Option<OrderingRequirements>> {
        let by_place = |(input, key): (&Arc<dyn ExecutionPlan>, &Vec<usize>)| {
            by_place(input, key).map(OrderingRequirements::from)
        };
        self.inputs.iter().zip(&self.program.keys).map(by_place).collect()
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false; self.inputs.len()]
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        self.inputs.iter().collect()
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
        let program = self.program.clone();
        Ok(Arc::new(Self::new(program, children, self.schema(), self.partitions())?))
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
        let consumer = MemoryConsumer::new(format!("BandJoin[{partition}]"));
        let walk = Walk {
            reader: self.reader(&context)?,
            program: self.program.clone(),
            prepared: Arc::clone(&self.prepared),
            schema: self.schema(),
            rows: context.session_config().batch_size(),
            now: None,
            reservation: consumer.register(context.memory_pool()),
            metrics: BaselineMetrics::new(&self.metrics, partition),
        };
        let batches = futures::stream::try_unfold(walk, |mut walk| async move {
            let batch = walk.next().await?;
            Ok(batch.map(|batch| {
                walk.metrics.record_output(batch.num_rows());
                (batch, walk)
            }))
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), batches)))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }
}

impl DisplayAs for BandJoinExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "BandJoinExec: {}", self.program)
    }
}

impl fmt::Debug for BandJoinExec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BandJoinExec").field("program", &self.program).finish_non_exhaustive()
    }
}

/// The same context with batches of so many rows: of about a block, which then needs no putting
/// together.
fn with_batches(context: &TaskContext, rows: usize) -> TaskContext {
    TaskContext::new(
        context.task_id(),
        context.session_id(),
        context.session_config().clone().with_batch_size(rows),
        context.scalar_functions().clone(),
        context.higher_order_functions().clone(),
        context.aggregate_functions().clone(),
        context.window_functions().clone(),
        context.runtime_env(),
    )
}

/// The order in which an input must come: ascending by place, empty places last.
pub(super) fn by_place(input: &Arc<dyn ExecutionPlan>, key: &[usize]) -> Option<LexOrdering> {
    let schema = input.schema();
    let column = |k: &usize| {
        let options = arrow::compute::SortOptions { descending: false, nulls_first: false };
        PhysicalSortExpr::new(Arc::new(Column::new(schema.field(*k).name(), *k)), options)
    };
    LexOrdering::new(key.iter().map(column))
}
