//! The patch table of one tile and sensor.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
    StructArray, TimestampMicrosecondArray,
};
use arrow::datatypes::DataType;

use super::number::{cell_number, patch_id, tile_number};
use super::scene::Scene;
use super::schema::patches_schema;
use super::table;
use crate::archive::{Cells, Sensor, Tile};
use crate::error::{Error, Result};
use crate::limits;

/// Rows of one batch: some 10 MB.
const BATCH: usize = 64 << 10;

/// What the counts say of a scene's patches, row-major.
struct Statistics {
    cloud_percent: Vec<f64>,
    valid: Vec<bool>,
}

/// The rows to come: patches outside, scenes inside, so that a place's series lies together.
struct Rows<'a> {
    tile: i64,
    sensor: Sensor,
    /// Sorted by (time, scene).
    scenes: &'a [&'a Scene],
    statistics: Vec<Option<Statistics>>,
    cols: usize,
}

/// Publishes the table of a tile's scenes of one sensor, sorted by (time, scene).
pub(crate) fn write(path: &Path, tile: &Tile, patch: usize, scenes: &[&Scene]) -> Result<()> {
    let Some(first) = scenes.first() else {
        return Err(Error::internal("a table of patches needs a scene"));
    };
    let (rows, cols) = tile.patches();
    let statistics: Result<Vec<_>> =
        scenes.iter().map(|scene| statistics(tile, scene, patch)).collect();
    let table = Rows {
        tile: tile_number(tile.name()),
        sensor: first.sensor,
        scenes,
        statistics: statistics?,
        cols,
    };
    let count = rows * cols * scenes.len();
    let batches = (0..count).step_by(BATCH).map(|i| table.batch(i..count.min(i + BATCH)));
    table::write(path, patches_schema()?, batches)
}

/// Reads the counts of a scene; the elevation has none.
fn statistics(tile: &Tile, scene: &Scene, patch: usize) -> Result<Option<Statistics>> {
    if scene.sensor == Sensor::Dem {
        return Ok(None);
    }
    let cells = tile.read_cells(scene.sensor, scene.slot as usize)?;
    let (rows, cols) = tile.patches();
    let side = patch / limits::CELL;
    let sum =
        |counts: &[u16], at: usize| -> u64 { sum(&cells, counts, at / cols, at % cols, side) };
    let pixels = (patch * patch) as f64;
    Ok(Some(Statistics {
        // The mean over cells of 100 * count / 4096, in one exact division.
        cloud_percent: (0..rows * cols)
            .map(|at| 100.0 * sum(&cells.cloudy, at) as f64 / pixels)
            .collect(),
        valid: (0..rows * cols).map(|at| sum(&cells.nodata, at) == 0).collect(),
    }))
}

/// Sum of the counts of a patch's cells.
fn sum(cells: &Cells, counts: &[u16], row: usize, col: usize, side: usize) -> u64 {
    (row * side..(row + 1) * side)
        .flat_map(|r| &counts[r * cells.cols + col * side..r * cells.cols + (col + 1) * side])
        .map(|&n| u64::from(n))
        .sum()
}

impl Rows<'_> {
    /// Rows `range` of the table.
    fn batch(&self, range: Range<usize>) -> Result<RecordBatch> {
        let n = self.scenes.len();
        let scene = |i: usize| self.scenes[i % n];
        let place = |i: usize| ((i / n / self.cols) as u32, (i / n % self.cols) as u32);
        let ints = |of: &dyn Fn(usize) -> i32| -> ArrayRef {
            Arc::new(Int32Array::from_iter_values(range.clone().map(of)))
        };
        let longs = |of: &dyn Fn(usize) -> i64| -> ArrayRef {
            Arc::new(Int64Array::from_iter_values(range.clone().map(of)))
        };
        let texts = |of: &dyn Fn(usize) -> String| -> ArrayRef {
            Arc::new(StringArray::from_iter_values(range.clone().map(of)))
        };
        let sensor = texts(&|_| self.sensor.name().to_owned());
        let time: ArrayRef = Arc::new(
            TimestampMicrosecondArray::from_iter_values(range.clone().map(|i| scene(i).time.0))
                .with_timezone("UTC"),
        );
        let slot = ints(&|i| scene(i).slot as i32);
        let (row, col) = (ints(&|i| place(i).0 as i32), ints(&|i| place(i).1 as i32));
        let statistics = |i: usize| self.statistics[i % n].as_ref().map(|s| (s, i / n));
        let cloud = |i| match self.sensor {
            Sensor::S2 => statistics(i).map(|(s, at)| s.cloud_percent[at]),
            _ => None,
        };
        let valid = |i| statistics(i).is_none_or(|(s, at)| s.valid[at]);
        let schema = patches_schema()?;
        let fault = |e| Error::internal("making the table of patches").with_source(e);
        let patch = match schema.field_with_name("patch").map_err(fault)?.data_type() {
            DataType::Struct(fields) => StructArray::try_new(
                fields.clone(),
                vec![sensor.clone(), slot.clone(), row.clone(), col.clone(), time.clone()],
                None,
            )
            .map_err(fault)?,
            _ => return Err(Error::internal("the column `patch` is no struct")),
        };
        let columns: Vec<ArrayRef> = vec![
            longs(&|i| patch_id(self.tile, scene(i).slot, place(i).0, place(i).1)),
            texts(&|i| scene(i).tile.clone()),
            sensor,
            texts(&|i| scene(i).scene.clone()),
            row,
            col,
            longs(&|i| cell_number(self.tile, place(i).0, place(i).1)),
            time,
            slot,
            Arc::new(range.clone().map(cloud).collect::<Float64Array>()),
            Arc::new(range.clone().map(|i| Some(valid(i))).collect::<BooleanArray>()),
            Arc::new(patch),
        ];
        RecordBatch::try_new(schema, columns).map_err(fault)
    }
}
