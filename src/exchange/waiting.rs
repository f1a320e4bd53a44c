//! Entries that wait to be written as rows together.

use arrow::array::RecordBatch;

use super::columns::Columns;
use super::entry::Entry;
use crate::error::Result;
use crate::limits;
use crate::stream::Weigh;

/// Entries up to some bytes, and the columns that they become.
pub(super) struct Waiting {
    columns: Columns,
    entries: Vec<Entry>,
    bytes: usize,
}

impl Waiting {
    pub fn new(columns: Columns) -> Self {
        Self { columns, entries: Vec::new(), bytes: 0 }
    }

    /// Takes one more; whether they are worth writing now.
    pub fn push(&mut self, entry: Entry) -> bool {
        self.bytes += entry.bytes();
        self.entries.push(entry);
        self.bytes >= limits::SHARD_BATCH_BYTES
    }

    /// The rows of all that waits, and their bytes; none if nothing does.
    pub fn rows(&mut self) -> Result<Option<(RecordBatch, usize)>> {
        if self.entries.is_empty() {
            return Ok(None);
        }
        let rows = self.columns.rows(&self.entries)?;
        self.entries.clear();
        Ok(Some((rows, std::mem::take(&mut self.bytes))))
    }
}
