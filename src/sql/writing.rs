//! An answer that goes to a file batch by batch, so that it may be larger than the memory.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::csv;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::json::writer::{JsonArray, WriterBuilder};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;

use super::{Answer, Param, Session};
use crate::catalog::{from_arrow, from_parquet};
use crate::error::{Error, Result, While};
use crate::store::Pending;

/// How an answer is written to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A header line, then a line a row; a patch is one short text.
    Csv,
    /// An array with one object a row; empty values are `null`.
    Json,
    /// Compressed with zstd; patch columns keep their type.
    Parquet,
}

impl Session {
    /// Writes the answer of one `SELECT` to a file, published whole, and says how many rows it has.
    /// Holds a few batches, so that the answer may be larger than the memory limit.
    pub fn write(
        &self,
        sql: &str,
        params: &[(String, Param)],
        form: Form,
        to: &Path,
    ) -> Result<u64> {
        let pending = Pending::new(to)?;
        let (mut writer, mut rows) = (None, 0u64);
        let columns = self.stream(sql, params, &mut |batch| {
            rows += batch.num_rows() as u64;
            if writer.is_none() {
                writer = Some(Writer::new(pending.create()?, form, &batch.schema())?);
            }
            writer.as_mut().map_or(Ok(()), |w| w.write(batch))
        })?;
        let writer = match writer {
            Some(writer) => writer,
            // A file without rows still has its columns.
            None => Writer::new(pending.create()?, form, &columns)?,
        };
        writer.close()?;
        pending.commit()?;
        Ok(rows)
    }
}

/// A file that takes batches.
pub(super) enum Writer {
    Csv(Box<csv::Writer<BufWriter<File>>>),
    Json(arrow::json::Writer<BufWriter<File>, JsonArray>),
    Parquet(Box<ArrowWriter<File>>),
}

impl Writer {
    pub fn new(file: File, form: Form, schema: &SchemaRef) -> Result<Self> {
        match form {
            Form::Csv => {
                let mut writer = csv::Writer::new(BufWriter::new(file));
                // A file without rows still has its header.
                let plain = Answer { schema: Arc::clone(schema), batches: Vec::new() }.plain()?;
                writer.write(&RecordBatch::new_empty(plain.0)).map_err(unwritten)?;
                Ok(Self::Csv(Box::new(writer)))
            }
            Form::Json => {
                let nulls = WriterBuilder::new().with_explicit_nulls(true);
                Ok(Self::Json(nulls.build(BufWriter::new(file))))
            }
            Form::Parquet => {
                let level = ZstdLevel::try_new(3).map_err(unpacked)?;
                let properties =
                    WriterProperties::builder().set_compression(Compression::ZSTD(level)).build();
                let writer = ArrowWriter::try_new(file, Arc::clone(schema), Some(properties));
                Ok(Self::Parquet(Box::new(writer.map_err(unpacked)?)))
            }
        }
    }

    pub fn write(&mut self, batch: RecordBatch) -> Result<()> {
        match self {
            Self::Csv(writer) => {
                let (_, plain) = Answer { schema: batch.schema(), batches: vec![batch] }.plain()?;
                plain.iter().try_for_each(|b| writer.write(b)).map_err(unwritten)
            }
            Self::Json(writer) => writer.write(&batch).map_err(unwritten),
            Self::Parquet(writer) => writer.write(&batch).map_err(unpacked),
        }
    }

    pub fn close(self) -> Result<()> {
        let flush = |mut file: BufWriter<File>| file.flush().during(|| DOING);
        match self {
            Self::Csv(writer) => flush(writer.into_inner()),
            Self::Json(mut writer) => {
                writer.finish().map_err(unwritten)?;
                let mut file = writer.into_inner();
                file.write_all(b"\n").during(|| DOING)?;
                flush(file)
            }
            Self::Parquet(writer) => writer.close().map(drop).map_err(unpacked),
        }
    }
}

const DOING: &str = "writing the answer";

fn unwritten(error: ArrowError) -> Error {
    match error {
        ArrowError::IoError(..) => from_arrow(DOING, error),
        other => super::answer::unwritten(other),
    }
}

fn unpacked(error: ParquetError) -> Error {
    match error {
        ParquetError::External(_) => from_parquet(DOING, error),
        other => Error::usage("the answer does not fit a Parquet file")
            .with_source(other)
            .hint("CAST the column that is in the way to a plain type"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    const NUMBERS: &str = "SELECT value AS n, 'a' AS t FROM generate_series(1, 3000000)";

    #[test]
    fn an_answer_larger_than_the_memory_is_written_whole() {
        let folder = tempfile::tempdir().unwrap();
        let session = Session::new(8 << 20).unwrap();
        let error = session.query(NUMBERS, &[]).map(|a| a.rows()).unwrap_err();
        assert_eq!(error.kind(), Kind::OutOfMemory, "{error}");
        for (form, name) in [(Form::Parquet, "n.pq"), (Form::Csv, "n.csv"), (Form::Json, "n.json")]
        {
            let rows = session.write(NUMBERS, &[], form, &folder.path().join(name)).unwrap();
            assert_eq!(rows, 3_000_000);
        }
        let session = session.with_table("n", &folder.path().join("n.pq")).unwrap();
        let sum = session.query("SELECT sum(n) AS s FROM n", &[]).unwrap();
        assert_eq!(sum.to_csv().unwrap(), "s\n4500001500000\n");
        let csv = std::fs::read_to_string(folder.path().join("n.csv")).unwrap();
        assert!(csv.starts_with("n,t\n1,a\n") && csv.ends_with("\n3000000,a\n"));
    }

    #[test]
    fn a_file_says_what_the_answer_says() {
        let folder = tempfile::tempdir().unwrap();
        let session = Session::new(8 << 20).unwrap();
        let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
        for sql in ["SELECT 1 AS a, NULL AS b", "SELECT 1 AS a WHERE false"] {
            let answer = session.query(sql, &[]).unwrap();
            session.write(sql, &[], Form::Csv, &folder.path().join("a.csv")).unwrap();
            session.write(sql, &[], Form::Json, &folder.path().join("a.json")).unwrap();
            assert_eq!(read("a.csv"), answer.to_csv().unwrap());
            assert_eq!(read("a.json"), answer.to_json().unwrap());
        }
    }

    #[test]
    fn too_many_rows_are_an_error_and_leave_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("n.csv");
        let session = Session::new(64 << 20).unwrap().with_rows_max(1000);
        let error = session.write(NUMBERS, &[], Form::Csv, &path).unwrap_err();
        assert_eq!(error.kind(), Kind::Usage);
        assert!(error.to_string().contains("more than 1000 rows"), "{error}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        let few = session.query("SELECT * FROM generate_series(1, 1000)", &[]).unwrap();
        assert_eq!(few.rows(), 1000);
        let plan = session.explain(NUMBERS, &[]).unwrap();
        assert!(!plan.is_empty());
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_query_that_grows_unseen_is_ended() {
        // Joins hold a batch of all their columns each, which no limit of the engine sees.
        let columns: Vec<String> = (0..40).map(|i| format!("value AS c{i}")).collect();
        let table = format!("SELECT {} FROM generate_series(1, 10000)", columns.join(", "));
        let tables: Vec<String> = (0..20).map(|i| format!("a AS t{i}")).collect();
        let all: Vec<String> = (0..20).map(|i| format!("t{i}.c{i} AS d{i}")).collect();
        let (all, tables) = (all.join(", "), tables.join(" CROSS JOIN "));
        let sql = format!("WITH a AS ({table}) SELECT {all} FROM {tables}");
        let session = Session::new(1 << 30).unwrap().with_growth_max(16 << 20);
        let error = session.with_deadline(std::time::Duration::from_secs(60));
        let error = error.stream(&sql, &[], &mut |_| Ok(())).map(|_| ()).unwrap_err();
        assert_eq!(error.kind(), Kind::OutOfMemory, "{error}");
        assert!(error.to_string().contains("program grow"), "{error}");
    }
}
