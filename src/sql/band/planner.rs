//! From the logical node to the operator: inputs are put in the order of places.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::catalog::Session;
use datafusion::common::Result;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::source_as_provider;
use datafusion::execution::context::QueryPlanner;
use datafusion::logical_expr::physical_planning_context::PhysicalPlanningContext;
use datafusion::logical_expr::{LogicalPlan, UserDefinedLogicalNode};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_planner::{DefaultPhysicalPlanner, ExtensionPlanner, PhysicalPlanner};

use super::compile::as_parquet;
use super::exec::{BandJoinExec, by_place};
use super::in_order::InOrderExec;
use super::node::BandJoin;
use super::rule::rewrite;
use crate::sql::overlap::{self, OverlapJoin, OverlapJoinExec};

/// Plans queries that may hold band joins.
#[derive(Debug)]
pub(crate) struct BandPlanner;

#[async_trait]
impl QueryPlanner for BandPlanner {
    async fn create_physical_plan(
        &self,
        plan: &LogicalPlan,
        session: &dyn Session,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let plan = overlap::rewrite(rewrite(plan.clone())?.data)?.data;
        let planner = DefaultPhysicalPlanner::with_extension_planners(vec![Arc::new(Self)]);
        planner.create_physical_plan(&plan, session).await
    }
}

#[async_trait]
impl ExtensionPlanner for BandPlanner {
    async fn plan_extension(
        &self,
        _: &dyn PhysicalPlanner,
        node: &dyn UserDefinedLogicalNode,
        logical: &[&LogicalPlan],
        physical: &[Arc<dyn ExecutionPlan>],
        session: &dyn Session,
        _: &PhysicalPlanningContext,
    ) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        if let (Some(node), [left, right]) = (node.as_any().downcast_ref(), physical) {
            let (left, right) = (Arc::clone(left), Arc::clone(right));
            let join = OverlapJoinExec::new(OverlapJoin::clone(node), left, right)?;
            return Ok(Some(Arc::new(join)));
        }
        let Some(node) = node.as_any().downcast_ref::<BandJoin>() else { return Ok(None) };
        let mut inputs = Vec::with_capacity(physical.len());
        for ((plan, input), key) in logical.iter().zip(physical).zip(&node.program.keys) {
            let sorted = if is_sorted(plan, key) { one_partition(input, key) } else { None };
            // What is not sorted is sorted by the engine, which is told what the join requires.
            inputs.push(sorted.unwrap_or_else(|| Arc::clone(input)));
        }
        let schema = Arc::clone(node.schema.inner());
        let partitions = session.config().target_partitions();
        let join = BandJoinExec::new(node.program.clone(), inputs, schema, partitions)?;
        Ok(Some(Arc::new(join)))
    }
}

/// Whether a plan gives its rows by place already: a scan of files that are so written.
fn is_sorted(plan: &LogicalPlan, key: &[usize]) -> bool {
    let LogicalPlan::TableScan(scan) = plan else { return false };
    let Ok(provider) = source_as_provider(&scan.source) else { return false };
    let Some(table) = as_parquet(provider.as_ref()) else { return false };
    let column = |k: &usize| match &scan.projection {
        Some(columns) => columns.get(*k).copied(),
        None => Some(*k),
    };
    let columns: Option<Vec<usize>> = key.iter().map(column).collect();
    columns.is_some_and(|c| table.is_sorted(&c))
}

/// A scan that reads its files one after the other, and says so.
fn one_partition(input: &Arc<dyn ExecutionPlan>, key: &[usize]) -> Option<Arc<dyn ExecutionPlan>> {
    let scan = input.downcast_ref::<DataSourceExec>()?;
    let (config, _) = scan.downcast_to_file_source::<ParquetSource>()?;
    let files = config.file_groups.iter().flat_map(|g| g.files().iter().cloned());
    let mut files: Vec<_> = files.collect();
    files.sort_by(|a, b| a.object_meta.location.cmp(&b.object_meta.location));
    let whole = FileScanConfigBuilder::from(config.clone())
        .with_file_groups(vec![FileGroup::new(files)])
        .build();
    Some(Arc::new(InOrderExec::new(DataSourceExec::from_data_source(whole), by_place(input, key)?)))
}
