//! Scenes as tables: `scenes` as they are, and one row per whole scene in the columns of a patch.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
    StructArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, SchemaRef};
use arrow::error::ArrowError;
use datafusion::catalog::TableProvider;
use datafusion::datasource::MemTable;

use super::{fault, patch_table};
use crate::archive::Sensor;
use crate::catalog::{Scene, scenes_schema};
use crate::error::{Error, Result};

/// The row and column of the patch that is a whole scene.
const WHOLE: i32 = -1;

/// The table `scenes`.
pub(super) fn scenes(scenes: &[Scene]) -> Result<Arc<dyn TableProvider>> {
    let rows: Vec<&Scene> = scenes.iter().collect();
    let text = |f: fn(&Scene) -> &str| -> ArrayRef {
        Arc::new(rows.iter().map(|s| Some(f(s))).collect::<StringArray>())
    };
    let number = |f: fn(&Scene) -> Option<f64>| -> ArrayRef {
        Arc::new(rows.iter().map(|s| f(s)).collect::<Float64Array>())
    };
    let columns = vec![
        text(|s| &s.scene),
        text(|s| s.sensor.name()),
        text(|s| &s.tile),
        times(&rows),
        Arc::new(rows.iter().map(|s| s.slot as i32).collect::<Int32Array>()),
        text(|s| &s.product),
        text(|s| &s.platform),
        Arc::new(rows.iter().map(|s| s.orbit).collect::<Int32Array>()),
        Arc::new(rows.iter().map(|s| s.direction.as_deref()).collect::<StringArray>()),
        number(|s| s.cloud_percent),
        number(|s| Some(s.nodata_percent)),
        number(|s| Some(s.scale)),
        number(|s| Some(s.offset)),
        text(|s| &s.fingerprint),
    ];
    table(patch_table::bare(&scenes_schema()?), columns)
}

/// One row per scene of a sensor, or of all, in the columns of a patch table. A scene is valid
/// unless all of it is without data; its cell is the number of its tile.
pub(super) fn whole(scenes: &[Scene], sensor: Option<Sensor>) -> Result<Arc<dyn TableProvider>> {
    let mut cells: BTreeMap<&str, i64> = scenes.iter().map(|s| (s.tile.as_str(), 0)).collect();
    cells.values_mut().zip(0..).for_each(|(cell, n)| *cell = n);
    let schema = patch_table::schema()?;
    let wanted = |s: &Scene| sensor.is_none_or(|w| w == s.sensor);
    let (ids, rows): (Vec<i64>, Vec<&Scene>) =
        (0i64..).zip(scenes).filter(|(_, s)| wanted(s)).unzip();
    let same = |value: i32| -> ArrayRef { Arc::new(Int32Array::from(vec![value; rows.len()])) };
    let text = |f: fn(&Scene) -> &str| -> ArrayRef {
        Arc::new(rows.iter().map(|s| Some(f(s))).collect::<StringArray>())
    };
    let slots: ArrayRef = Arc::new(rows.iter().map(|s| s.slot as i32).collect::<Int32Array>());
    let sensors = text(|s| s.sensor.name());
    let patches =
        vec![Arc::clone(&sensors), Arc::clone(&slots), same(WHOLE), same(WHOLE), times(&rows)];
    let DataType::Struct(parts) =
        schema.field(schema.index_of("patch").map_err(unfit)?).data_type()
    else {
        return Err(Error::internal("the schema of patches has no patch"));
    };
    let patches = StructArray::try_new(parts.clone(), patches, None).map_err(unfit)?;
    let cell = |s: &&Scene| cells.get(s.tile.as_str()).copied();
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from(ids)),
        text(|s| &s.tile),
        sensors,
        text(|s| &s.scene),
        same(0),
        same(0),
        Arc::new(rows.iter().map(cell).collect::<Int64Array>()),
        times(&rows),
        slots,
        Arc::new(rows.iter().map(hidden_percent).collect::<Float64Array>()),
        Arc::new(rows.iter().map(|s| Some(s.nodata_percent < 100.0)).collect::<BooleanArray>()),
        Arc::new(patches),
    ];
    table(schema, columns)
}

/// Of a whole scene, the share of pixels that are cloudy or missing: the edge of a swath is not a
/// clear scene. (`scenes.cloud_percent` is the share among the pixels with data.)
fn hidden_percent(scene: &&Scene) -> Option<f64> {
    let seen = 100.0 - scene.nodata_percent;
    scene.cloud_percent.map(|cloud| scene.nodata_percent + cloud * seen / 100.0)
}

fn times(rows: &[&Scene]) -> ArrayRef {
    let times = TimestampMicrosecondArray::from_iter_values(rows.iter().map(|s| s.time.0));
    Arc::new(times.with_timezone("UTC"))
}

fn table(schema: SchemaRef, columns: Vec<ArrayRef>) -> Result<Arc<dyn TableProvider>> {
    let batch = RecordBatch::try_new(Arc::clone(&schema), columns).map_err(unfit)?;
    let table = MemTable::try_new(schema, vec![vec![batch]]).map_err(|e| fault::plain(&e))?;
    Ok(Arc::new(table))
}

fn unfit(error: ArrowError) -> Error {
    Error::internal("scenes do not fit their columns").with_source(error)
}
