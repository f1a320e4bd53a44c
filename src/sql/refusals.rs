//! Tests: what a session answers, what it refuses, and how it says so.

use std::time::{Duration, Instant};

use super::fixture::{Patch, session};
use super::{Param, Session, is_patch};
use crate::error::{Error, Kind};
use crate::limits;

fn small() -> (Session, tempfile::TempDir) {
    session(&[Patch::s2(0, 0.0, 10.0), Patch::s2(1, 24.0, 0.0), Patch::s1(0, 3.0)])
}

fn refused(session: &Session, sql: &str) -> Error {
    session.query(sql, &[]).map(|a| a.rows()).expect_err(sql)
}

#[test]
fn a_select_is_answered_in_every_shape() {
    let (session, folder) = small();
    let answer = session
        .query("SELECT scene, time, cloud_percent, patch FROM s2 ORDER BY time", &[])
        .unwrap();
    assert_eq!(answer.rows(), 2);
    let table = answer.to_table().unwrap();
    assert!(table.contains("s2 r0c0 2020-03-02T10:30:00Z"), "{table}");
    let csv = answer.to_csv().unwrap();
    assert!(csv.starts_with("scene,time,cloud_percent,patch\ns2-000,2020-03-01T10:30:00"), "{csv}");
    let json: serde_json::Value = serde_json::from_str(&answer.to_json().unwrap()).unwrap();
    assert_eq!(json[1]["patch"]["slot"], 1);
    let path = folder.path().join("answer.parquet");
    answer.to_parquet(&path).unwrap();
    let again = session.with_table("again", &path).unwrap();
    let back = again.query("SELECT * FROM again ORDER BY time", &[]).unwrap();
    assert_eq!(back.to_csv().unwrap(), csv);
    let mark = back.schema.field(3).metadata().get("ARROW:extension:name").cloned();
    assert_eq!(mark.as_deref(), Some("eclaircie.patch"));
}

#[test]
fn an_answer_without_rows_still_has_its_columns() {
    let (session, _folder) = session(&[]);
    for table in ["scenes", "patches", "s2", "s1", "dem"] {
        let answer = session.query(&format!("SELECT tile FROM {table}"), &[]).unwrap();
        assert_eq!(answer.rows(), 0, "{table}");
        assert_eq!(answer.to_csv().unwrap(), "tile\n");
        assert_eq!(answer.to_json().unwrap().trim(), "[]");
        assert!(answer.to_table().unwrap().contains("tile"));
    }
}

#[test]
fn only_reading_statements_pass() {
    let (session, folder) = small();
    let target = folder.path().join("out.parquet");
    let file = folder.path().join("tile=31TEJ/s2.parquet");
    for sql in [
        "CREATE TABLE t AS SELECT * FROM s2",
        "CREATE VIEW v AS SELECT 1",
        "DROP TABLE s2",
        "INSERT INTO s2 SELECT * FROM s2",
        "DELETE FROM s2",
        "UPDATE s2 SET tile = 'x'",
        &format!("COPY s2 TO '{}'", target.display()),
        &format!("CREATE EXTERNAL TABLE e STORED AS PARQUET LOCATION '{}'", file.display()),
        "SET datafusion.execution.target_partitions = 64",
        "RESET datafusion.execution.target_partitions",
        "EXPLAIN ANALYZE INSERT INTO s2 SELECT * FROM s2",
        "PREPARE p AS SELECT 1",
        "BEGIN TRANSACTION",
        "WITH x AS (INSERT INTO s2 SELECT * FROM s2) SELECT 1",
    ] {
        let error = refused(&session, sql);
        let refusal = matches!(error.kind(), Kind::Usage | Kind::Unsupported);
        assert!(refusal, "{sql}: {error}");
        assert!(!error.to_string().contains('\n'), "{error}");
    }
    assert!(!target.exists());
    assert_eq!(session.query("SELECT * FROM s2", &[]).unwrap().rows(), 2);
    assert!(session.query("SHOW TABLES", &[]).unwrap().to_csv().unwrap().contains("s2"));
    assert!(session.query("DESCRIBE s2", &[]).unwrap().rows() > 5);
    assert!(session.query("EXPLAIN SELECT 1", &[]).unwrap().rows() > 0);
}

#[test]
fn a_file_cannot_be_read_by_its_path() {
    let (session, folder) = small();
    let file = folder.path().join("tile=31TEJ/s2.parquet");
    for sql in [
        format!("SELECT * FROM '{}'", file.display()),
        format!("SELECT * FROM \"{}\"", file.display()),
        format!("SELECT * FROM \"file://{}\"", file.display()),
        format!("SELECT * FROM read_parquet('{}')", file.display()),
    ] {
        assert!(session.query(&sql, &[]).is_err(), "{sql}");
    }
}

#[test]
fn a_text_or_chain_beyond_the_limit_is_refused_and_one_within_it_is_answered() {
    let (session, _folder) = small();
    let chain = |n: usize| {
        let terms: Vec<String> = (0..n).map(|i| format!("slot = {i}")).collect();
        format!("SELECT slot FROM s2 WHERE {}", terms.join(" OR "))
    };
    let long =
        refused(&session, &format!("SELECT 1 FROM s2 WHERE {}valid", "valid OR ".repeat(5_000)));
    assert!(long.to_string().contains("operators"), "{long}");
    assert_eq!(session.query(&chain(limits::SQL_OPERATORS_MAX / 2), &[]).unwrap().rows(), 2);
    let plus = format!("SELECT 1{}", " + 1".repeat(limits::SQL_OPERATORS_MAX));
    assert_eq!(session.query(&plus, &[]).unwrap().rows(), 1);
    let text = format!("SELECT '{}'", "x".repeat(100 << 10));
    assert!(refused(&session, &text).to_string().contains("bytes long"));
    let deep = format!("SELECT {}1{}", "(".repeat(20_000), ")".repeat(20_000));
    assert_eq!(refused(&session, &deep).kind(), Kind::Usage);
    let cases = format!("SELECT {}1{}", "CASE WHEN true THEN ".repeat(600), " END".repeat(600));
    assert_eq!(refused(&session, &cases).kind(), Kind::Usage);
}

#[test]
fn an_unknown_name_comes_with_its_place_and_a_guess() {
    let (session, _folder) = small();
    let column = refused(&session, "SELECT tile,\n  cloud FROM s2");
    let text = column.to_string();
    assert!(text.contains("'cloud'") && text.contains("line 2, column 3"), "{text}");
    assert!(text.contains("did you mean 'cloud_percent'"), "{text}");
    assert!(column.next_step().unwrap().contains("cell, cloud_percent, col"), "{column:?}");
    let qualified = refused(&session, "SELECT o.tyme FROM s2 AS o JOIN s1 AS r ON r.cell = o.cell");
    assert!(qualified.to_string().contains("did you mean 'time'"), "{qualified}");
    let table = refused(&session, "SELECT 1\nFROM s3");
    let text = table.to_string();
    assert!(text.contains("table 's3' (line 2, column 6)"), "{text}");
    assert!(table.next_step().unwrap().contains("dem, patches, s1, s2, scenes"), "{table:?}");
    let function = refused(&session, "SELECT to_hour(3)");
    assert!(function.to_string().contains("did you mean 'to_hours'"), "{function}");
    assert!(function.next_step().unwrap().contains("to_hours, to_utc"), "{function:?}");
    let syntax = refused(&session, "SELECT (1 FROM s2");
    assert!(syntax.to_string().starts_with("this is not SQL"), "{syntax}");
    let two = refused(&session, "SELECT 1; SELECT 2");
    assert!(two.to_string().contains("one statement"), "{two}");
    let both = refused(&session, "SELECT tile FROM s2 AS a JOIN s1 AS b ON a.cell = b.cell");
    assert!(both.to_string().contains("more than one table"), "{both}");
}

#[test]
fn a_parameter_is_a_value_and_never_sql() {
    let (session, _folder) = small();
    let ask = |sql: &str, value: Param| {
        session.query(sql, &[("x".to_owned(), value)]).map(|a| a.to_csv().unwrap())
    };
    let text = Param::Text("s2-000' OR '1' = '1".to_owned());
    assert_eq!(ask("SELECT slot FROM s2 WHERE scene = $x", text).unwrap(), "slot\n");
    let text = Param::Text("s2-001".to_owned());
    assert_eq!(ask("SELECT slot FROM s2 WHERE scene = $x", text).unwrap(), "slot\n1\n");
    assert_eq!(ask("SELECT 1 -$x AS y", Param::Int(-5)).unwrap(), "y\n6\n");
    assert_eq!(ask("SELECT 1 AS y LIMIT $x", Param::Int(0)).unwrap(), "y\n");
    let half = ask("SELECT slot FROM s2 WHERE cloud_percent < $x", Param::Float(0.5));
    assert_eq!(half.unwrap(), "slot\n1\n");
    assert!(ask("SELECT $x", Param::Float(f64::NAN)).is_err());
    let missing = ask("SELECT\n $y", Param::Int(1)).unwrap_err();
    assert!(missing.to_string().contains("$y (line 2, column 2)"), "{missing}");
    let gap = ask(
        "SELECT gap_hours(TIMESTAMP '2020-01-01T00:00:00Z' - to_hours($x), \
         TIMESTAMP '2020-01-01T00:00:00Z') AS y",
        Param::Float(1.5),
    );
    assert_eq!(gap.unwrap(), "y\n1.5\n");
}

#[test]
fn a_query_beyond_its_memory_or_time_ends_with_an_error() {
    let many: Vec<Patch> = (0..2_000).map(|i| Patch::s2(i, f64::from(i), 0.0)).collect();
    let (session, folder) = session(&many);
    let bomb = "SELECT a.*, b.* FROM s2 AS a CROSS JOIN s2 AS b CROSS JOIN s2 AS c";
    let error = session.query(bomb, &[]).map(|a| a.rows()).unwrap_err();
    assert_eq!(error.kind(), Kind::OutOfMemory, "{error}");
    let endless = "SELECT sum(a.slot * b.slot * c.slot * d.slot) FROM s2 AS a CROSS JOIN s2 AS b \
                   CROSS JOIN s2 AS c CROSS JOIN s2 AS d";
    let start = Instant::now();
    let session = session.with_deadline(Duration::from_millis(300));
    let error = session.query(endless, &[]).map(|a| a.rows()).unwrap_err();
    assert_eq!(error.kind(), Kind::Cancelled, "{error}");
    let session = session.with_deadline(Duration::from_secs(60)).with_interrupt(|| true);
    let error = session.query(endless, &[]).map(|a| a.rows()).unwrap_err();
    assert!(error.is_cancelled() && error.to_string().contains("request"), "{error}");
    while session.memory_in_use() > 0 && start.elapsed() < Duration::from_secs(10) {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(session.memory_in_use(), 0, "a stopped query still runs");
    drop(folder);
}

#[test]
fn a_file_that_is_no_parquet_or_lies_about_its_footer_is_no_table() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x[1]*.parquet");
    let mut lie = b"PAR1PAR1".to_vec();
    lie.extend_from_slice(&u32::MAX.to_le_bytes());
    lie.extend_from_slice(b"PAR1");
    for bytes in [b"".as_slice(), b"PAR1", b"hello, I am some text", &lie] {
        std::fs::write(&path, bytes).unwrap();
        let error = Session::new(1 << 20).unwrap().with_table("x", &path).map(|_| ()).unwrap_err();
        assert_eq!(error.kind(), Kind::Invalid, "{error}");
    }
    std::fs::remove_file(&path).unwrap();
    let error = Session::new(1 << 20).unwrap().with_table("x", &path).map(|_| ()).unwrap_err();
    assert!(error.is_not_found(), "{error}");
}

#[test]
fn a_file_name_of_any_letters_is_one_table_and_a_table_name_is_a_plain_word() {
    let (session, folder) = small();
    let path = folder.path().join("x[1] *é?.pq");
    session.query("SELECT slot FROM s2", &[]).unwrap().to_parquet(&path).unwrap();
    for bad in ["s2", "S9", "a-b", "1a", "a.b", "", "a b"] {
        let fresh = small();
        assert!(fresh.0.with_table(bad, &path).is_err(), "{bad}");
    }
    let session = session.with_table("mine", &path).unwrap();
    assert_eq!(session.query("SELECT * FROM mine", &[]).unwrap().rows(), 2);
    assert!(session.tables().iter().any(|(name, _)| name == "mine"));
}

#[test]
fn the_hash_of_values_is_the_same_on_every_machine() {
    let (session, _folder) = small();
    let answer = session.query("SELECT stable_hash(1, 'a', NULL) AS h", &[]).unwrap();
    // What earlier draws were made with: this number never changes.
    assert_eq!(answer.to_csv().unwrap(), "h\n-9186093617695927126\n");
    // A whole number counts by its value, and places of arguments differ.
    let same = "SELECT stable_hash(CAST(7 AS INT), 1) = stable_hash(CAST(7 AS BIGINT), 1) AS a, \
                stable_hash(1, 2) = stable_hash(2, 1) AS b";
    assert_eq!(session.query(same, &[]).unwrap().to_csv().unwrap(), "a,b\ntrue,false\n");
    let apart = "SELECT stable_hash('ab', 'c') = stable_hash('a', 'bc') AS same";
    assert_eq!(session.query(apart, &[]).unwrap().to_csv().unwrap(), "same\nfalse\n");
}

#[test]
fn the_columns_of_a_query_are_known_without_running_it() {
    let (session, _folder) = small();
    let fails = "SELECT CAST(scene AS INT) AS number, patch AS s2_t FROM s2";
    let columns = session.columns(fails, &[]).unwrap();
    let names: Vec<&str> = columns.fields().iter().map(|f| f.name().as_str()).collect();
    assert_eq!(names, ["number", "s2_t"]);
    assert!(is_patch(columns.field(1)));
    assert_eq!(refused(&session, fails).kind(), Kind::Usage);
    let slip = session.columns("SELECT tile\nFROM s2\nWHERE tyle = 'x'", &[]).unwrap_err();
    assert!(slip.to_string().contains("(line 3, column 7); did you mean 'tile'"), "{slip}");
}

#[test]
fn a_plan_is_shown_without_running_it() {
    let (session, _folder) = small();
    let text =
        session.explain("SELECT count(*) FROM s2 WHERE slot = $x", &[("x".into(), Param::Int(1))]);
    assert!(text.unwrap().contains("AggregateExec"));
}
