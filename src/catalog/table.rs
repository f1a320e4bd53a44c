//! Parquet files in and out.

use std::fs::File;
use std::path::Path;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};

use super::fault::from_parquet;
use crate::error::{Error, Kind, Result, While};
use crate::store::Pending;

/// Rows of a row group: a reader that prunes by place skips most of a tile's groups, and a writer
/// holds one of them.
const GROUP: usize = 128 << 10;

/// What to do about a table of scenes that is damaged or gone.
pub(super) const RESTORE: &str =
    "restore the file, or ingest all products of the archive again with --repair";

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
    let mut writer = ArrowWriter::try_new(file, schema, Some(properties))
        .map_err(|e| from_parquet(doing(), e))?;
    for batch in batches {
        writer.write(&batch?).map_err(|e| from_parquet(doing(), e))?;
    }
    writer.close().map_err(|e| from_parquet(doing(), e))?;
    pending.commit()
}

/// Reads a whole table of at most `most` rows. Refuses one whose columns are not `schema`'s.
pub(crate) fn read(path: &Path, schema: &SchemaRef, most: usize) -> Result<Vec<RecordBatch>> {
    let doing = || format!("reading {}", path.display());
    let (rows, batches) = open(path, schema)?;
    if rows > most {
        let text = format!("{}: {rows} rows are more than {most}", doing());
        return Err(Error::corrupt(text).hint(RESTORE));
    }
    batches.collect()
}

/// Decodes a whole table, one batch at a time, and counts its rows. Refuses what [`read`] refuses.
pub(crate) fn count(path: &Path, schema: &SchemaRef) -> Result<usize> {
    let (_, mut batches) = open(path, schema)?;
    batches.try_fold(0, |sum, batch| Ok(sum + batch?.num_rows()))
}

/// Number of rows, and the batches to come.
fn open(
    path: &Path,
    schema: &SchemaRef,
) -> Result<(usize, impl Iterator<Item = Result<RecordBatch>>)> {
    let doing = format!("reading {}", path.display());
    let bad = |e: Box<dyn std::error::Error + Send + Sync>| {
        Error::corrupt(doing.clone()).with_source(e).hint(RESTORE)
    };
    let file = File::open(path).during(|| doing.clone())?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|e| bad(e.into()))?;
    let rows = usize::try_from(builder.metadata().file_metadata().num_rows())
        .map_err(|e| bad(e.into()))?;
    if builder.schema().fields() != schema.fields() {
        let text = format!("{doing}: its columns are not those of this program");
        return Err(Error::new(Kind::Unsupported, text).hint(
            "it was written by another release: ingest the products again into a new archive",
        ));
    }
    let reader = builder.build().map_err(|e| bad(e.into()))?;
    Ok((
        rows,
        reader.map(move |batch| {
            batch.map_err(|e| Error::corrupt(doing.clone()).with_source(e).hint(RESTORE))
        }),
    ))
}
