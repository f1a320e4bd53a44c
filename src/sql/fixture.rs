//! Small patch tables for tests, written as Parquet like those of a catalog.

use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
    StructArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Fields, SchemaRef};
use tempfile::TempDir;

use super::{Answer, Session};
use crate::archive::Sensor;

/// One row of a patch table.
#[derive(Debug, Clone)]
pub(crate) struct Patch {
    pub sensor: Sensor,
    pub scene: String,
    pub row: i32,
    pub col: i32,
    /// Microseconds since 1970.
    pub time: i64,
    pub slot: i32,
    pub cloud: Option<f64>,
    pub valid: bool,
}

/// Microseconds of an hour.
pub(crate) const HOUR: i64 = 3_600_000_000;
/// 2020-03-01T10:30:00Z.
pub(crate) const START: i64 = 1_583_058_600_000_000;

impl Patch {
    /// A valid patch at row 0, column 0, `hours` after [`START`]; its slot is its scene's number.
    pub fn new(sensor: Sensor, slot: i32, hours: f64, cloud: Option<f64>) -> Self {
        let time = START + (hours * HOUR as f64) as i64;
        let scene = format!("{}-{slot:03}", sensor.name());
        Self { sensor, scene, row: 0, col: 0, time, slot, cloud, valid: true }
    }

    pub fn s2(slot: i32, hours: f64, cloud: f64) -> Self {
        Self::new(Sensor::S2, slot, hours, Some(cloud))
    }

    pub fn s1(slot: i32, hours: f64) -> Self {
        Self::new(Sensor::S1, slot, hours, None)
    }

    pub fn dem() -> Self {
        Self { time: 0, ..Self::new(Sensor::Dem, 0, 0.0, None) }
    }

    pub fn invalid(mut self) -> Self {
        self.valid = false;
        self
    }

    pub fn at(mut self, row: i32, col: i32) -> Self {
        (self.row, self.col) = (row, col);
        self
    }
}

/// A session over patch tables with these rows; the folder holds its files.
pub(crate) fn session(patches: &[Patch]) -> (Session, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let mut files: Vec<(Sensor, PathBuf)> = Vec::new();
    for sensor in [Sensor::S2, Sensor::S1, Sensor::Dem] {
        let rows: Vec<&Patch> = patches.iter().filter(|p| p.sensor == sensor).collect();
        if rows.is_empty() {
            continue;
        }
        let path = folder.path().join(format!("tile=31TEJ/{}.parquet", sensor.name()));
        write(&rows).to_parquet(&path).unwrap();
        files.push((sensor, path));
    }
    let of = |s: Sensor| {
        Ok(Some(files.iter().filter(|(f, _)| *f == s).map(|(_, p)| p.clone()).collect()))
    };
    let session = Session::new(256 << 20).unwrap().with_files(None, of).unwrap();
    (session, folder)
}

fn write(rows: &[&Patch]) -> Answer {
    let text = |f: fn(&Patch) -> &str| -> ArrayRef {
        Arc::new(rows.iter().map(|p| Some(f(p))).collect::<StringArray>())
    };
    let int = |f: fn(&Patch) -> i32| -> ArrayRef {
        Arc::new(rows.iter().map(|p| Some(f(p))).collect::<Int32Array>())
    };
    let time: ArrayRef = Arc::new(
        TimestampMicrosecondArray::from_iter_values(rows.iter().map(|p| p.time))
            .with_timezone("UTC"),
    );
    let schema = crate::catalog::patches_schema().unwrap();
    let parts = vec![
        text(|p| p.sensor.name()),
        int(|p| p.slot),
        int(|p| p.row),
        int(|p| p.col),
        Arc::clone(&time),
    ];
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from_iter_values(0..rows.len() as i64)),
        Arc::new(StringArray::from(vec!["31TEJ"; rows.len()])),
        text(|p| p.sensor.name()),
        text(|p| &p.scene),
        int(|p| p.row),
        int(|p| p.col),
        Arc::new(
            rows.iter().map(|p| Some(i64::from(p.row * 1000 + p.col))).collect::<Int64Array>(),
        ),
        time,
        int(|p| p.slot),
        Arc::new(rows.iter().map(|p| p.cloud).collect::<Float64Array>()),
        Arc::new(rows.iter().map(|p| Some(p.valid)).collect::<BooleanArray>()),
        Arc::new(StructArray::try_new(parts_of(&schema), parts, None).unwrap()),
    ];
    let batch = RecordBatch::try_new(Arc::clone(&schema), columns).unwrap();
    Answer { schema, batches: vec![batch] }
}

fn parts_of(schema: &SchemaRef) -> Fields {
    match schema.field_with_name("patch").unwrap().data_type() {
        DataType::Struct(parts) => parts.clone(),
        other => panic!("{other}"),
    }
}
