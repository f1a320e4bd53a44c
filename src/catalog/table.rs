//! Parquet files in and out.

use std::fs::File;
use std::path::Path;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};

use crate::error::{Error, Result, While};
use crate::store::Pending;

/// Rows of a row group: a reader that prunes by place skips most of a tile's groups, and a writer
/// holds one of them.
const GROUP: usize = 128 << 10;

/// Publishes a table, batch by batch: zstd, statistics of every column and page, bytes that depend
/// on nothing but the rows.
pub(crate) fn write(
    path: &Path,
    schema: SchemaRef,
    batches: impl Iterator<Item = Result<RecordBatch>>,
) -> Result<()> {
    let doing = || format!("writing {}", path.display());
    let level = ZstdLevel::try_new(3).map_err(|e| Error::internal(doing()).with_source(e))?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(level))
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_max_row_group_row_count(Some(GROUP))
        .build();
    let pending = Pending::new(path)?;
    let file = pending.create()?;
    let mut writer =
        ArrowWriter::try_new(file, schema, Some(properties)).map_err(|e| foreign(doing(), e))?;
    for batch in batches {
        writer.write(&batch?).map_err(|e| foreign(doing(), e))?;
    }
    writer.close().map_err(|e| foreign(doing(), e))?;
    pending.commit()
}

/// Reads a whole table of at most `most` rows. Refuses one whose columns are not `schema`'s.
pub(crate) fn read(path: &Path, schema: &SchemaRef, most: usize) -> Result<Vec<RecordBatch>> {
    let doing = || format!("reading {}", path.display());
    let hint = "restore the file, or ingest the products again";
    let bad = |e| Error::invalid(doing()).with_source(e).hint(hint);
    let file = File::open(path).during(doing)?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(bad)?;
    let rows = builder.metadata().file_metadata().num_rows();
    if usize::try_from(rows).map_or(true, |rows| rows > most) {
        return Err(Error::invalid(format!("{}: {rows} rows are not 0..={most}", doing())));
    }
    if builder.schema().fields() != schema.fields() {
        return Err(Error::invalid(format!(
            "{}: its columns are not those of this program",
            doing()
        ))
        .hint("it was written by another release: ingest the products again into a new archive"));
    }
    let reader = builder.build().map_err(bad)?;
    let batches: Result<Vec<_>, _> = reader.collect();
    batches.map_err(|e| Error::invalid(doing()).with_source(e).hint(hint))
}

/// A full disk stays a full disk.
fn foreign(doing: String, error: parquet::errors::ParquetError) -> Error {
    use parquet::errors::ParquetError;
    if let ParquetError::External(cause) = &error
        && let Some(io) = cause.downcast_ref::<std::io::Error>()
    {
        return Error::io(doing, std::io::Error::new(io.kind(), io.to_string()));
    }
    Error::internal(doing).with_source(error)
}
