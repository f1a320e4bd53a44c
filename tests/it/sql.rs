//! The SQL of the program as a user writes it: `sql/*.slt`, in the form of sqllogictest, over three
//! small tables. The crate of that name brings eighty others; this is the part that is used.

mod record;
mod tables;

use std::path::Path;

use arrow::util::display::{ArrayFormatter, FormatOptions};
use eclaircie::{Answer, Session};
use record::{Record, Wanted};

/// Letters of a statement that a report shows: some have thousands.
const SHOWN: usize = 300;

/// Runs every record of a file and says all that is wrong with it.
fn run(name: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/sql").join(name);
    let text = std::fs::read_to_string(&path).unwrap();
    let (session, _folder) = tables::session();
    let records = record::parse(&text);
    assert!(!records.is_empty(), "{name} has no records");
    let faults: Vec<String> = records.iter().filter_map(|r| fault(&session, r)).collect();
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n\n"));
}

/// What is wrong with the answer to a record.
fn fault(session: &Session, record: &Record) -> Option<String> {
    let answer = session.query(&record.sql, &[]);
    let wrong = match (&record.wanted, answer) {
        (Wanted::Ok, Ok(_)) => return None,
        (Wanted::Ok | Wanted::Rows { .. }, Err(e)) => format!("fails: {e}\n  {}", e.advice()),
        (Wanted::Error(_), Ok(answer)) => format!("is answered with {} rows", answer.rows()),
        (Wanted::Error(pattern), Err(e)) => {
            let text = format!("{e}; next: {}", e.advice());
            if regex::Regex::new(pattern).unwrap().is_match(&text) {
                return None;
            }
            format!("says: {text}\n  wanted: {pattern}")
        }
        (Wanted::Rows { columns, sorted, rows }, Ok(answer)) => {
            let mut found = lines(&answer);
            if *sorted {
                found.sort();
            }
            if answer.schema.fields().len() == *columns && found == *rows {
                return None;
            }
            format!("answers:\n{}\n  wanted:\n{}", found.join("\n"), rows.join("\n"))
        }
    };
    let sql: String = record.sql.chars().take(SHOWN).collect();
    Some(format!("line {}: {sql}\n  {wrong}", record.line))
}

/// A line a row, its values between single spaces.
fn lines(answer: &Answer) -> Vec<String> {
    let options = FormatOptions::default().with_null("NULL");
    let mut all = Vec::new();
    for batch in &answer.batches {
        let columns: Vec<ArrayFormatter> =
            batch.columns().iter().map(|c| ArrayFormatter::try_new(c, &options).unwrap()).collect();
        for row in 0..batch.num_rows() {
            let values: Vec<String> = columns.iter().map(|c| c.value(row).to_string()).collect();
            all.push(values.join(" "));
        }
    }
    all
}

#[test]
fn functions_answer_as_written() {
    run("functions.slt");
}

#[test]
fn windows_join_as_written() {
    run("windows.slt");
}

#[test]
fn draws_keep_what_is_written() {
    run("draws.slt");
}

#[test]
fn what_writes_or_reads_files_is_refused() {
    run("refusals.slt");
}

#[test]
fn what_explodes_is_refused() {
    run("bombs.slt");
}

#[test]
fn a_slip_comes_with_its_place_and_a_guess() {
    run("slips.slt");
}
