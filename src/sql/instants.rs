//! Timestamps of files as instants in UTC, at the price of a multiplication.
//!
//! A cast of a timestamp without a zone to one with a zone asks the calendar of that zone, value by
//! value. In UTC the answer is the number itself, so the cast goes by way of whole numbers.

use std::sync::Arc;

use arrow::datatypes::{DataType, SchemaRef, TimeUnit};
use datafusion::common::Result;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::CastExpr;
use datafusion::physical_expr_adapter::{
    DefaultPhysicalExprAdapterFactory, PhysicalExprAdapter, PhysicalExprAdapterFactory,
};

use super::patch_type::instant;

/// What a scan does with columns that the file has in another type.
#[derive(Debug)]
pub(super) struct Instants;

#[derive(Debug)]
struct OfFile {
    usual: Arc<dyn PhysicalExprAdapter>,
    file: SchemaRef,
}

impl PhysicalExprAdapterFactory for Instants {
    fn create(&self, table: SchemaRef, file: SchemaRef) -> Result<Arc<dyn PhysicalExprAdapter>> {
        let usual = DefaultPhysicalExprAdapterFactory.create(table, Arc::clone(&file))?;
        Ok(Arc::new(OfFile { usual, file }))
    }
}

impl PhysicalExprAdapter for OfFile {
    fn rewrite(&self, expr: Arc<dyn PhysicalExpr>) -> Result<Arc<dyn PhysicalExpr>> {
        let quick = |e: Arc<dyn PhysicalExpr>| {
            let Some(cast) = e.downcast_ref::<CastExpr>() else { return Ok(Transformed::no(e)) };
            let from = cast.expr().data_type(&self.file)?;
            if *cast.cast_type() != instant() || !matches!(from, DataType::Timestamp(_, None)) {
                return Ok(Transformed::no(e));
            }
            let mut value = Arc::clone(cast.expr());
            for kind in [DataType::Timestamp(TimeUnit::Microsecond, None), DataType::Int64] {
                value = Arc::new(CastExpr::new(value, kind, Some(cast.cast_options().clone())));
            }
            let (field, options) = (Arc::clone(cast.target_field()), cast.cast_options().clone());
            let whole = CastExpr::new_with_target_field(value, field, Some(options));
            Ok(Transformed::yes(Arc::new(whole) as Arc<dyn PhysicalExpr>))
        };
        Ok(self.usual.rewrite(expr)?.transform_up(quick)?.data)
    }
}
