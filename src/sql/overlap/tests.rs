//! Tests: whatever the boxes, an overlap join answers as the plan that it replaces.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, TimestampMicrosecondArray};
use proptest::prelude::*;

use crate::sql::{Answer, Session};

/// West, width, south, height, hour; some of them empty.
type Footprint = (Option<i32>, i32, Option<i32>, i32, Option<i64>);

const KNOWN: &[&str] = &[
    "SELECT a.id, b.id FROM a JOIN b ON a.x_min <= b.x_max AND a.x_max >= b.x_min
       AND a.y_min <= b.y_max AND a.y_max >= b.y_min
       AND b.time BETWEEN a.time - to_hours(3) AND a.time + to_hours(3)",
    "SELECT a.id, b.id, b.x_max FROM a LEFT JOIN b ON a.x_min < b.x_max AND a.x_max > b.x_min
       AND a.y_min < b.y_max AND a.y_max > b.y_min AND b.id <> a.id",
    "SELECT a.id FROM a WHERE EXISTS (SELECT 1 FROM b WHERE b.x_min <= a.x_max AND b.x_max >= a.x_min
       AND b.time > a.time AND b.time < a.time + to_hours(5))",
    "SELECT a.id FROM a WHERE NOT EXISTS (SELECT 1 FROM b WHERE b.x_min <= a.x_max
       AND b.x_max >= a.x_min AND b.y_min <= a.y_max AND b.y_max >= a.y_min)",
    "SELECT a.id, b.id FROM a JOIN b ON b.time BETWEEN a.time AND a.time + to_hours(1)",
    "SELECT count(*), sum(b.id) FROM a JOIN b
       ON b.x_min + 1.5 BETWEEN a.x_min AND a.x_max AND b.y_min <= a.y_max",
];

fn footprints(max: usize) -> impl Strategy<Value = Vec<Footprint>> {
    let row = (
        prop::option::weighted(0.95, -10..10i32),
        0..5i32,
        prop::option::weighted(0.95, -10..10i32),
        0..5i32,
        prop::option::weighted(0.95, 0..20i64),
    );
    prop::collection::vec(row, 0..max)
}

fn write(rows: &[Footprint], file: &Path) {
    let float = |f: fn(&Footprint) -> Option<i32>| -> ArrayRef {
        Arc::new(rows.iter().map(|r| f(r).map(f64::from)).collect::<Float64Array>())
    };
    let hours = rows.iter().map(|r| r.4.map(|h| h * 3_600_000_000));
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("id", Arc::new(Int64Array::from_iter_values(0..rows.len() as i64))),
        ("x_min", float(|r| r.0)),
        ("x_max", float(|r| r.0.map(|x| x + r.1))),
        ("y_min", float(|r| r.2)),
        ("y_max", float(|r| r.2.map(|y| y + r.3))),
        ("time", Arc::new(hours.collect::<TimestampMicrosecondArray>().with_timezone("UTC"))),
    ];
    let nullable = columns.into_iter().map(|(n, c)| (n, c, true));
    let batch = RecordBatch::try_from_iter_with_nullable(nullable).unwrap();
    Answer { schema: batch.schema(), batches: vec![batch] }.to_parquet(file).unwrap();
}

fn lines(session: &Session, sql: &str) -> Vec<String> {
    let answer = session.query(sql, &[]).unwrap_or_else(|e| panic!("{sql}: {e}"));
    let mut lines: Vec<String> = answer.to_csv().unwrap().lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 24, failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn any_boxes_are_joined_as_the_plain_plan_joins_them(
        a in footprints(30), b in footprints(30),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let (fa, fb) = (folder.path().join("a.parquet"), folder.path().join("b.parquet"));
        write(&a, &fa);
        write(&b, &fb);
        let open = |s: Session| s.with_table("a", &fa).unwrap().with_table("b", &fb).unwrap();
        let (ours, plain) =
            (open(Session::new(64 << 20).unwrap()), open(Session::plain(64 << 20).unwrap()));
        for sql in KNOWN {
            let plan = ours.explain(sql, &[]).unwrap();
            assert!(plan.contains("OverlapJoinExec"), "{sql}\n{plan}");
            assert_eq!(lines(&ours, sql), lines(&plain, sql), "{sql}\n{a:?}\n{b:?}");
        }
    }
}

#[test]
fn an_index_that_does_not_fit_is_refused_by_the_memory_limit() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.parquet");
    let rows: Vec<Footprint> =
        (0..200_000).map(|i| (Some(i % 1000), 1, Some(i / 1000), 1, Some(0))).collect();
    write(&rows, &file);
    let session = Session::new(8 << 20).unwrap().with_table("a", &file).unwrap();
    let session = session.with_table("b", &file).unwrap();
    let error = session.query(KNOWN[0], &[]).map(|a| a.rows()).unwrap_err();
    assert_eq!(error.kind(), crate::error::Kind::OutOfMemory, "{error}");
}
