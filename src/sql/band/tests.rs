//! Tests: whatever the rows, a band join answers as the plan that it replaces.

use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use proptest::prelude::*;

use crate::sql::{Answer, Session};

/// One row of a small table: place, hour, cloud, orbit; some of them empty.
pub(super) type Row = (Option<i32>, Option<i64>, Option<f64>, i32);

const HOUR: i64 = 3_600_000_000;

/// Queries whose shape is known: each must be answered by a band join.
const KNOWN: &[&str] = &[
    "SELECT a.id, b.id FROM a JOIN b ON b.cell = a.cell
       AND b.time BETWEEN a.time - INTERVAL '3' HOUR AND a.time + INTERVAL '2' HOUR",
    "SELECT a.id, b.id FROM a JOIN b ON b.cell = a.cell AND b.time > a.time
       AND b.time < a.time + to_hours(4) AND b.orbit = a.orbit AND b.id <> a.id",
    "SELECT a.id, b.id, b.cloud FROM a LEFT JOIN b ON b.cell = a.cell AND b.cloud < 50
       AND b.time BETWEEN a.time AND a.time + to_hours(3)",
    "SELECT a.id FROM a WHERE EXISTS (SELECT 1 FROM b WHERE b.cell = a.cell
       AND b.time BETWEEN a.time - to_hours(1) AND a.time + to_hours(1) AND b.orbit <> a.orbit)",
    "SELECT a.id, a.cloud FROM a WHERE NOT EXISTS (SELECT 1 FROM b WHERE b.cell = a.cell
       AND b.time BETWEEN a.time - to_hours(2) AND a.time + to_hours(2))",
    "SELECT t.id, m.id, p.id, g.id FROM a AS t
       JOIN b AS m ON m.cell = t.cell AND m.time BETWEEN t.time - to_hours(6) AND t.time - to_hours(1)
       JOIN a AS p ON p.cell = t.cell AND p.time BETWEEN t.time + to_hours(1) AND t.time + to_hours(6)
       JOIN b AS g ON g.cell = t.cell AND g.time BETWEEN t.time - to_hours(3) AND t.time + to_hours(3)
       WHERE t.cloud >= 10 AND g.id <> t.id AND m.orbit + p.orbit >= g.orbit",
    // Differences of times.
    "SELECT a.id, b.id FROM a JOIN b ON b.cell = a.cell
       AND b.time - a.time BETWEEN INTERVAL '-3' HOUR AND INTERVAL '2' HOUR",
    "SELECT a.id, b.id FROM a JOIN b ON b.cell = a.cell
       AND b.time - a.time BETWEEN -INTERVAL '2 hours' AND INTERVAL '1' DAY",
    "SELECT a.id, b.id FROM a LEFT JOIN b ON b.cell = a.cell AND to_hours(4) > a.time - b.time
       AND a.time - b.time > INTERVAL '-90 minutes'",
    "SELECT a.id FROM a WHERE NOT EXISTS (SELECT 1 FROM b WHERE b.cell = a.cell
       AND (b.time + to_hours(1)) - a.time <= to_hours(2) AND b.time - a.time >= to_hours(-2.5))",
    // A band on another role than the first.
    "SELECT t.id, m.id, n.id FROM a AS t
       JOIN b AS m ON m.cell = t.cell AND m.time BETWEEN t.time AND t.time + to_hours(4)
       LEFT JOIN a AS n ON n.cell = m.cell AND n.time BETWEEN m.time AND m.time + to_hours(2)",
    "SELECT count(*), count(b.cloud), sum(b.orbit), sum(a.id % 7) FROM a JOIN b ON b.cell = a.cell
       AND b.time BETWEEN a.time - to_hours(5) AND a.time + to_hours(5)",
    "SELECT t.orbit, count(*), sum(m.id), count(g.cloud) FROM a AS t
       JOIN b AS m ON m.cell = t.cell AND m.time BETWEEN t.time - to_hours(5) AND t.time
       LEFT JOIN a AS g ON g.cell = t.cell AND g.time BETWEEN t.time AND t.time + to_hours(5)
         AND g.id <> t.id
       GROUP BY t.orbit",
    "SELECT id, cell, partner FROM (
       SELECT a.id, a.cell, b.id AS partner, row_number() OVER (PARTITION BY a.id
         ORDER BY gap_hours(b.time, a.time), b.time, b.id) AS rank
       FROM a JOIN b ON b.cell = a.cell
         AND b.time BETWEEN a.time - to_hours(4) AND a.time + to_hours(4)) WHERE rank = 1",
    "SELECT id, partner, rank FROM (
       SELECT a.id, a.cell, b.id AS partner, row_number() OVER (PARTITION BY a.id
         ORDER BY gap_hours(b.time, a.time), b.time DESC, b.id) AS rank
       FROM a LEFT JOIN b ON b.cell = a.cell
         AND b.time BETWEEN a.time - to_hours(9) AND a.time + to_hours(9)) WHERE rank <= 2",
    "SELECT a.id, a.cell, a.time, first_value(b.id ORDER BY gap_hours(a.time, b.time), b.id) AS partner
       FROM a JOIN b ON b.cell = a.cell
         AND b.time BETWEEN a.time - to_hours(4) AND a.time + to_hours(4)
       GROUP BY a.id, a.cell, a.time",
    "WITH pair AS (SELECT a.orbit, a.cell, a.time,
         first_value(b.orbit ORDER BY gap_hours(a.time, b.time), b.orbit) AS partner
       FROM a JOIN b ON b.cell = a.cell AND b.cloud > 20
         AND b.time BETWEEN a.time - to_hours(4) AND a.time + to_hours(4)
       GROUP BY a.orbit, a.cell, a.time)
     SELECT t.orbit, t.partner, m.orbit, m.partner FROM pair AS t JOIN pair AS m
       ON m.cell = t.cell AND m.time BETWEEN t.time + to_hours(1) AND t.time + to_hours(5)",
    "SELECT a.id, b.id FROM a RIGHT JOIN b ON b.cell = a.cell
       AND b.time BETWEEN a.time - to_hours(1) AND a.time",
    // The place is not asked for.
    "SELECT count(*), sum(partner) FROM (SELECT a.id, b.id AS partner, row_number() OVER (
         PARTITION BY a.id ORDER BY gap_hours(b.time, a.time), b.id) AS rank
       FROM a JOIN b ON b.cell = a.cell
         AND b.time BETWEEN a.time - to_hours(4) AND a.time + to_hours(4)) WHERE rank = 1",
    // Columns that are computed below the join.
    "SELECT a.id, b.id, b.late FROM (SELECT id, cell, time, cloud / 2 AS half FROM a) AS a
       JOIN (SELECT id, cell, time + to_hours(1) AS late, orbit FROM b WHERE orbit > 0) AS b
       ON b.cell = a.cell AND b.late BETWEEN a.time - to_hours(2) AND a.time + to_hours(2)
       AND a.half < 30",
    "SELECT t, m, draw FROM (SELECT t.id AS t, m.id AS m, row_number() OVER (
         PARTITION BY t.cell ORDER BY stable_hash(3, t.id, m.id)) AS draw
       FROM a AS t JOIN b AS m ON m.cell = t.cell
         AND m.time BETWEEN t.time - to_hours(8) AND t.time + to_hours(8)) WHERE draw <= 3",
    "SELECT t, m FROM (SELECT t.id AS t, m.id AS m, row_number() OVER (
         PARTITION BY m.cell, m.orbit ORDER BY hash('x', t.id, m.id)) AS draw
       FROM a AS t JOIN b AS m ON m.cell = t.cell AND m.orbit = t.orbit
         AND m.time BETWEEN t.time - to_hours(8) AND t.time + to_hours(8)) WHERE draw < 3",
];

/// Queries at the edge: the plan may stay as it was, the answer must.
const OTHER: &[&str] = &[
    "SELECT a.id, b.id FROM a FULL JOIN b ON b.cell = a.cell AND b.time > a.time",
    "SELECT a.id, b.id FROM a JOIN b ON b.time BETWEEN a.time AND a.time + to_hours(1)",
    "SELECT a.id, b.id FROM a JOIN b ON b.cell = a.cell
       AND b.time BETWEEN a.time - INTERVAL '1' MONTH AND a.time",
    "SELECT a.id, b.id FROM a JOIN b ON (b.cell IS NOT DISTINCT FROM a.cell)
       AND b.time BETWEEN a.time AND a.time + to_hours(1)",
    "SELECT a.orbit, partner FROM (SELECT a.orbit, b.id AS partner, row_number() OVER (
         PARTITION BY a.orbit ORDER BY gap_hours(b.time, a.time), a.id, b.id) AS rank
       FROM a JOIN b ON b.cell = a.cell
         AND b.time BETWEEN a.time - to_hours(4) AND a.time + to_hours(4)) WHERE rank = 1",
    "SELECT count(DISTINCT b.id), min(b.cloud) FROM a JOIN b ON b.cell = a.cell
       AND b.time BETWEEN a.time - to_hours(4) AND a.time + to_hours(4)",
    "SELECT a.id, b.id FROM a JOIN b ON b.cell = a.cell AND b.cloud BETWEEN a.cloud - 5 AND a.cloud
       AND b.time >= a.time LIMIT 0",
    "SELECT x.id, c FROM (SELECT id, cell, time FROM a UNION ALL SELECT id + 1000, cell, time FROM a) AS x
       JOIN (SELECT cell, time, count(*) AS c FROM b GROUP BY cell, time) AS y ON y.cell = x.cell
         AND y.time BETWEEN x.time - to_hours(2) AND x.time",
];

fn rows(max: usize) -> impl Strategy<Value = Vec<Row>> {
    let row = (
        prop::option::weighted(0.95, 0..4i32),
        prop::option::weighted(0.95, 0..24i64),
        prop::option::weighted(0.9, (0..10).prop_map(|c| f64::from(c) * 10.0)),
        0..3i32,
    );
    prop::collection::vec(row, 0..max)
}

pub(super) fn write(rows: &[Row], sorted: bool, file: &Path) {
    let mut rows = rows.to_vec();
    if sorted {
        // Sorted files hold no empty places.
        rows.retain(|r| r.0.is_some());
        rows.sort_by_key(|r| (r.0, r.1));
    }
    let name = |r: &Row| format!("scene {}", r.3);
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("id", Arc::new(Int64Array::from_iter_values(0..rows.len() as i64))),
        ("cell", Arc::new(rows.iter().map(|r| r.0).collect::<Int32Array>())),
        (
            "time",
            Arc::new(
                rows.iter()
                    .map(|r| r.1.map(|h| h * HOUR))
                    .collect::<TimestampMicrosecondArray>()
                    .with_timezone("UTC"),
            ),
        ),
        ("cloud", Arc::new(rows.iter().map(|r| r.2).collect::<Float64Array>())),
        ("orbit", Arc::new(rows.iter().map(|r| i64::from(r.3)).map(Some).collect::<Int64Array>())),
        ("name", Arc::new(rows.iter().map(|r| Some(name(r))).collect::<StringArray>())),
    ];
    let batch =
        RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, c)| (n, c, true)));
    let batch = batch.unwrap();
    Answer { schema: batch.schema(), batches: vec![batch] }.to_parquet(file).unwrap();
}

/// The answer as sorted lines.
pub(super) fn lines(session: &Session, sql: &str) -> Vec<String> {
    let answer = session.query(sql, &[]).unwrap_or_else(|e| panic!("{sql}: {e}"));
    let mut lines: Vec<String> = answer.to_csv().unwrap().lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

fn compare(a: &[Row], b: &[Row], sorted: bool) {
    let folder = tempfile::tempdir().unwrap();
    let (fa, fb) = (folder.path().join("a.parquet"), folder.path().join("b.parquet"));
    write(a, sorted, &fa);
    write(b, sorted, &fb);
    let open = |s: Session| s.with_table("a", &fa).unwrap().with_table("b", &fb).unwrap();
    let ours = open(Session::new(64 << 20).unwrap());
    let plain = open(Session::plain(64 << 20).unwrap());
    for sql in KNOWN {
        let plan = ours.explain(sql, &[]).unwrap();
        assert!(plan.contains("BandJoinExec"), "{sql}\n{plan}");
        assert!(!plan.contains("HashJoinExec"), "{sql}\n{plan}");
    }
    for sql in KNOWN.iter().chain(OTHER) {
        assert_eq!(lines(&ours, sql), lines(&plain, sql), "{sql}\n{a:?}\n{b:?}");
    }
}

/// So many cases, or as many as `PROPTEST_CASES` asks for.
fn cases(few: u32) -> ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok());
    let (cases, failure_persistence) = (asked.unwrap_or(few), None);
    ProptestConfig { cases, failure_persistence, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases(24))]

    #[test]
    fn any_rows_are_joined_as_the_plain_plan_joins_them(a in rows(30), b in rows(30), sorted: bool) {
        compare(&a, &b, sorted);
    }
}

/// One more role: its table, whether the join is outer, the role that its time hangs on, its
/// bounds in hours with their comparisons, and a further condition.
type Joined = (bool, bool, usize, (i64, u8), (i64, u8), u8);

/// A chain of joins as a user might write it; `shown` chooses what is asked of it.
fn chain_of(joins: &[Joined], shown: u8) -> String {
    let mut sql = String::new();
    for (k, (table, outer, to, low, high, more)) in joins.iter().enumerate() {
        let (role, to) = (k + 1, to % (k + 1));
        let kind = if *outer { "LEFT JOIN" } else { "JOIN" };
        let table = if *table { "a" } else { "b" };
        write!(sql, " {kind} {table} AS r{role} ON r{role}.cell = r{to}.cell").unwrap();
        for ((hours, op), ops) in [(low, [">=", ">", ""]), (high, ["<=", "<", ""])] {
            let op = ops[usize::from(*op) % 3];
            if !op.is_empty() {
                write!(sql, " AND r{role}.time {op} r{to}.time + to_hours({hours})").unwrap();
            }
        }
        sql.push_str(&match more % 5 {
            0 => format!(" AND r{role}.id <> r{to}.id"),
            1 => format!(" AND r{role}.orbit = r{to}.orbit"),
            2 => format!(" AND r{role}.cloud < 60"),
            3 => format!(" AND r{role}.orbit + r0.orbit > r{to}.orbit"),
            _ => String::new(),
        });
    }
    let ids: Vec<String> = (0..=joins.len()).map(|r| format!("r{r}.id AS i{r}")).collect();
    let last = joins.len();
    let what = match shown % 4 {
        0 => ids.join(", "),
        1 => format!("count(*) AS n, sum(r{last}.orbit) AS s, count(r{last}.cloud) AS c"),
        2 => format!("r0.orbit, count(*) AS n, sum(r{last}.id) AS s"),
        _ => format!("r0.id, r{last}.cloud"),
    };
    let group = if shown % 4 == 2 { " GROUP BY r0.orbit" } else { "" };
    format!("SELECT {what} FROM a AS r0{sql} WHERE r0.cloud >= 20{group}")
}

fn joined() -> impl Strategy<Value = Joined> {
    let hours = -6..7i64;
    let bound = || (hours.clone(), 0..4u8);
    (any::<bool>(), prop::bool::weighted(0.3), 0..3usize, bound(), bound(), 0..8u8)
}

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn any_chain_of_joins_answers_as_the_plain_plan(
        a in rows(16), b in rows(16), joins in prop::collection::vec(joined(), 1..4), shown: u8,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let (fa, fb) = (folder.path().join("a.parquet"), folder.path().join("b.parquet"));
        write(&a, true, &fa);
        write(&b, false, &fb);
        let open = |s: Session| s.with_table("a", &fa).unwrap().with_table("b", &fb).unwrap();
        let ours = open(Session::new(64 << 20).unwrap());
        let plain = open(Session::plain(64 << 20).unwrap());
        let sql = chain_of(&joins, shown);
        prop_assert_eq!(lines(&ours, &sql), lines(&plain, &sql), "{}", sql);
    }
}

#[test]
fn a_role_that_may_be_empty_holds_no_place() {
    let at = |place, hour| (Some(place), Some(hour), Some(20.0), 0);
    let a = [at(1, 0), at(2, 5), at(3, 5)];
    let b = [(Some(1), Some(9), None, 0), (Some(1), Some(9), None, 0), (Some(2), Some(5), None, 1)];
    let folder = tempfile::tempdir().unwrap();
    let (fa, fb) = (folder.path().join("a.parquet"), folder.path().join("b.parquet"));
    write(&a, true, &fa);
    write(&b, true, &fb);
    let open = |s: Session| s.with_table("a", &fa).unwrap().with_table("b", &fb).unwrap();
    let ours = open(Session::new(64 << 20).unwrap());
    let plain = open(Session::plain(64 << 20).unwrap());
    let outer = "a AS r0 LEFT JOIN b AS r1 ON r1.cell = r0.cell AND r1.time = r0.time
      AND r1.time BETWEEN r0.time AND r0.time + to_hours(1)";
    for (sql, rows) in [
        // Only place 2 has an r1; the plain equality of places is all that the last join asks.
        (format!("SELECT r0.id, r1.id, r2.id FROM {outer} JOIN b AS r2 ON r2.cell = r1.cell"), 1),
        (
            format!(
                "SELECT r0.id, r1.id, r2.id FROM {outer} LEFT JOIN b AS r2 ON r2.cell = r1.cell"
            ),
            3,
        ),
        (
            format!(
                "SELECT r0.id FROM {outer} WHERE EXISTS (SELECT 1 FROM b WHERE b.cell = r1.cell)"
            ),
            1,
        ),
        (
            format!(
                "SELECT r0.id FROM {outer} WHERE NOT EXISTS (SELECT 1 FROM b WHERE b.cell = r1.cell)"
            ),
            2,
        ),
        // A band on the first role does not change where the place comes from.
        (
            format!(
                "SELECT r0.id, r2.id FROM {outer} JOIN b AS r2 ON r2.cell = r1.cell
                 AND r2.time BETWEEN r0.time AND r0.time + to_hours(20)"
            ),
            1,
        ),
        (
            format!(
                "SELECT id, n FROM (SELECT r0.id AS id, row_number() OVER (PARTITION BY r1.cell
                 ORDER BY stable_hash(1, r0.id)) AS n FROM {outer}) WHERE n <= 1"
            ),
            2,
        ),
    ] {
        let ours = lines(&ours, &sql);
        assert_eq!(ours, lines(&plain, &sql), "{sql}");
        assert_eq!(ours.len(), rows + 1, "{sql}: {ours:?}");
    }
}

/// Tables of one place after the other, larger than a block and than a batch.
fn long(places: i32, dates: i64) -> Vec<Row> {
    let row = |i: i64| {
        let (place, date) = ((i / dates) as i32, i % dates);
        (Some(place), Some(date * 2 + i % 3), Some(((i * 7) % 100) as f64), (i % 3) as i32)
    };
    (0..i64::from(places) * dates).map(row).collect()
}

#[test]
fn places_larger_than_a_block_are_joined_whole() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.parquet");
    write(&long(2, 50_000), true, &file);
    let open = |s: Session| s.with_table("a", &file).unwrap().with_table("b", &file).unwrap();
    let ours = open(Session::new(256 << 20).unwrap());
    let sql = "SELECT count(*), sum(b.id - a.id), min(a.id), max(b.id) FROM a JOIN b
      ON b.cell = a.cell AND b.time BETWEEN a.time - to_hours(3) AND a.time + to_hours(3)";
    let answer = lines(&ours, sql);
    // By hand: dates are 2 h apart with a shift of 0, 1, 2 h in turn.
    let mut expected = (0u64, 0i64);
    for i in 0..50_000i64 {
        for j in (i - 4).max(0)..(i + 5).min(50_000) {
            for place in 0..2 {
                let hour = |d: i64| d * 2 + (place * 50_000 + d) % 3;
                if (hour(j) - hour(i)).abs() <= 3 {
                    expected = (expected.0 + 1, expected.1 + j - i);
                }
            }
        }
    }
    let mut want = String::new();
    write!(want, "{},{},0,99999", expected.0, expected.1).unwrap();
    assert!(answer.contains(&want), "{answer:?} {want}");
}

#[test]
fn a_total_that_does_not_fit_is_an_error_not_another_number() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.parquet");
    write(&long(1, 60), true, &file);
    let session = Session::new(64 << 20).unwrap().with_table("a", &file).unwrap();
    let large = "r.orbit * 4000000000000000000";
    let query = |sums: &str, hours: i32| {
        format!(
            "SELECT {sums} FROM a AS t JOIN a AS r ON r.cell = t.cell
             AND r.time BETWEEN t.time - to_hours({hours}) AND t.time + to_hours({hours})"
        )
    };
    // The partners of one row, and the rows of all.
    for (sql, hours) in [(format!("t.id, sum({large})"), 5), (format!("sum({large})"), 0)] {
        let group = if hours == 0 { "" } else { " GROUP BY t.id" };
        let sql = query(&sql, hours) + group;
        assert!(session.explain(&sql, &[]).unwrap().contains("counted without listing"));
        let error = session.query(&sql, &[]).map(|a| a.rows()).unwrap_err();
        assert!(error.to_string().contains("larger than 9223372036854775807"), "{error}");
        assert!(error.advice().contains("CAST"), "{}", error.advice());
    }
    // What fits comes out, whatever signs it is made of.
    let sql = query(&format!("t.id, sum({large})"), 0) + " GROUP BY t.id";
    let most = lines(&session, &sql).iter().filter(|l| l.ends_with(",8000000000000000000")).count();
    assert!(most >= 10, "{most}");
    let sql =
        query("sum((r.orbit - 1) * 4000000000000000000), sum(CAST(r.orbit AS DOUBLE) * 4e18)", 0);
    assert_eq!(lines(&session, &sql).len(), 2);
}

#[test]
fn a_product_of_any_size_stays_inside_a_small_memory() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.parquet");
    write(&long(3, 600), true, &file);
    let session = Session::new(16 << 20).unwrap().with_table("a", &file).unwrap();
    // Some 600³ × 3 combinations, each listed: gigabytes if they were held.
    let sql = "SELECT min(t.id + m.id + p.id), count(*) FROM a AS t
      JOIN a AS m ON m.cell = t.cell AND m.time BETWEEN t.time - to_hours(300) AND t.time
      JOIN a AS p ON p.cell = t.cell AND p.time BETWEEN t.time AND t.time + to_hours(300)";
    assert_eq!(lines(&session, sql).len(), 2);
}
