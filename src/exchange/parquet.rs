//! Parquet: the same table, in row groups of bounded size.

use std::sync::Arc;

use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;

use super::columns::{Columns, about};
use super::out::{Out, from_parquet};
use super::waiting::Waiting;
use super::{Contents, Entry};
use crate::error::Result;
use crate::limits;

/// A file that takes entries.
pub(super) struct ParquetShard {
    writer: ArrowWriter<Out>,
    waiting: Waiting,
    group_bytes: usize,
}

impl ParquetShard {
    pub fn new(out: Out, contents: &Arc<Contents>) -> Result<Self> {
        let columns = Columns::new(contents)?;
        let level = ZstdLevel::try_new(1).map_err(from_parquet)?;
        let words = about(contents).into_iter().map(|(k, v)| KeyValue::new(k, v)).collect();
        let mut properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(level))
            .set_key_value_metadata(Some(words));
        for tensor in &contents.tensors {
            let parts = [tensor.name.as_str(), "list", "item"];
            let path = ColumnPath::new(parts.map(str::to_owned).to_vec());
            // Neighbours are alike, and nobody asks for the least pixel of a row group.
            properties = properties
                .set_column_dictionary_enabled(path.clone(), false)
                .set_column_encoding(path.clone(), Encoding::DELTA_BINARY_PACKED)
                .set_column_statistics_enabled(path, EnabledStatistics::None);
        }
        let schema = columns.schema.clone();
        let writer = ArrowWriter::try_new(out, schema, Some(properties.build()));
        let writer = writer.map_err(from_parquet)?;
        Ok(Self { writer, waiting: Waiting::new(columns), group_bytes: 0 })
    }

    pub fn push(&mut self, entry: Entry) -> Result<()> {
        match self.waiting.push(entry) {
            true => self.write(),
            false => Ok(()),
        }
    }

    fn write(&mut self) -> Result<()> {
        let Some((rows, bytes)) = self.waiting.rows()? else { return Ok(()) };
        self.group_bytes += bytes;
        self.writer.write(&rows).map_err(from_parquet)?;
        if self.group_bytes >= limits::ROW_GROUP_BYTES {
            self.group_bytes = 0;
            self.writer.flush().map_err(from_parquet)?;
        }
        Ok(())
    }

    pub fn close(mut self) -> Result<()> {
        self.write()?;
        super::out::flush(self.writer.into_inner().map_err(from_parquet)?)
    }
}
