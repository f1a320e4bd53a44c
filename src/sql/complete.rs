//! A table of patches from a file that lacks some of its columns.
//!
//! Parquet files made elsewhere hold places, times and cloud, but no patch. What can be made from
//! the columns that are there is made by a projection over the file: a query that does not use a
//! column does not pay for it.

use std::sync::Arc;

use arrow::datatypes::{DataType, SchemaRef};
use datafusion::catalog::TableProvider;
use datafusion::catalog::view::ViewTable;
use datafusion::common::{Column, Result as FusionResult};
use datafusion::datasource::provider_as_source;
use datafusion::functions::core::expr_fn::named_struct;
use datafusion::logical_expr::{Expr, LogicalPlanBuilder, ScalarUDF, cast, lit};

use super::fault;
use super::patch_type::{instant, is_patch};
use super::to_utc::ToUtc;
use crate::archive::Sensor;
use crate::error::Result;

/// Slots are 32 bits wide, ids are not: a slot made from an id is its remainder.
const SLOTS: i64 = 2_147_483_647;

/// A table, and why it has no column of some name.
pub(super) struct Completed {
    pub table: Arc<dyn TableProvider>,
    pub lacks: Vec<(String, String)>,
}

/// Adds `sensor`, `scene`, `slot` and `patch` where they are missing and can be made; what is there
/// stays as it is, times in their own unit, since a join reads it fastest so. With `identity`, every patch carries the id and the scene of its row.
pub(super) fn complete(
    sensor: Sensor,
    table: Arc<dyn TableProvider>,
    identity: bool,
) -> Result<Completed> {
    let file = Columns { sensor, schema: table.schema() };
    let mut lacks = Vec::new();
    let mut columns: Vec<Expr> = Vec::new();
    for field in file.schema.fields() {
        let name = field.name();
        let same = Expr::Column(Column::new_unqualified(name));
        let column = match name.as_str() {
            "patch" if identity && is_patch(field) => file.patch(true).unwrap_or(same),
            _ => same,
        };
        columns.push(column);
    }
    let made = [
        ("sensor", Ok(file.sensor())),
        ("scene", file.scene()),
        ("slot", file.slot()),
        ("patch", file.patch(identity)),
    ];
    for (name, column) in made {
        match column {
            _ if file.has(name) => {}
            Ok(column) => columns.push(column.alias(name)),
            Err(needed) => {
                let table = sensor.name();
                let why = format!("table {table} has no {name}, because its file has no {needed}");
                lacks.push((name.to_owned(), why));
            }
        }
    }
    let whole = columns.len() == file.schema.fields().len();
    if whole && columns.iter().all(|c| matches!(c, Expr::Column(_))) {
        return Ok(Completed { table, lacks });
    }
    let table = view(sensor.name(), table, columns).map_err(|e| fault::plain(&e))?;
    Ok(Completed { table, lacks })
}

fn view(
    name: &str,
    table: Arc<dyn TableProvider>,
    columns: Vec<Expr>,
) -> FusionResult<Arc<dyn TableProvider>> {
    let scan = LogicalPlanBuilder::scan(name, provider_as_source(table), None)?;
    Ok(Arc::new(ViewTable::new(scan.project(columns)?.build()?, None)))
}

/// The columns of the file; what is made from them, or the name of the one that is missing.
struct Columns {
    sensor: Sensor,
    schema: SchemaRef,
}

impl Columns {
    fn has(&self, name: &str) -> bool {
        self.schema.field_with_name(name).is_ok()
    }

    fn get(&self, name: &'static str) -> Result<Expr, &'static str> {
        self.has(name).then(|| Expr::Column(Column::new_unqualified(name))).ok_or(name)
    }

    /// A column cast to a type, if it is of another.
    fn typed(&self, name: &'static str, kind: &DataType) -> Result<Expr, &'static str> {
        let column = self.get(name)?;
        let same = self.schema.field_with_name(name).is_ok_and(|f| f.data_type() == kind);
        Ok(if same { column } else { cast(column, kind.clone()) })
    }

    /// The time as an instant.
    fn instant(&self) -> Result<Expr, &'static str> {
        let time = self.get("time")?;
        let kind = self.schema.field_with_name("time").map(|f| f.data_type().clone());
        match kind {
            Ok(kind) if kind == instant() => Ok(time),
            Ok(kind) if kind.is_temporal() || kind.is_string() => {
                Ok(ScalarUDF::from(ToUtc::new()).call(vec![time]))
            }
            _ => Err("time of type timestamp"),
        }
    }

    fn sensor(&self) -> Expr {
        lit(self.sensor.name())
    }

    fn named_scene(&self) -> Result<Expr, &'static str> {
        let text = DataType::Utf8;
        self.typed("scene", &text).or_else(|_| self.typed("name", &text))
    }

    fn scene(&self) -> Result<Expr, &'static str> {
        let id = |_| self.typed("id", &DataType::Utf8);
        self.named_scene().or_else(id).map_err(|_| "scene, name or id")
    }

    fn slot(&self) -> Result<Expr, &'static str> {
        self.typed("slot", &DataType::Int32).or_else(|_| {
            let id = self.typed("id", &DataType::Int64).map_err(|_| "slot or id")?;
            Ok(cast(id % lit(SLOTS), DataType::Int32))
        })
    }

    fn patch(&self, identity: bool) -> Result<Expr, &'static str> {
        let mut parts = vec![
            ("sensor", self.sensor()),
            ("slot", self.slot()?),
            ("row", self.typed("row", &DataType::Int32)?),
            ("col", self.typed("col", &DataType::Int32)?),
            ("time", self.instant()?),
        ];
        if identity {
            parts.push(("id", self.typed("id", &DataType::Int64)?));
            // A scene that is only its id as text need not be carried.
            if let Ok(scene) = self.named_scene() {
                parts.push(("scene", scene));
            }
        }
        let words = parts.into_iter().flat_map(|(name, part)| [lit(name), part]).collect();
        Ok(named_struct(words).alias("patch"))
    }
}
