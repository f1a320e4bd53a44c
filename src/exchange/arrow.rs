//! Arrow IPC: a file with an index at its end, or a stream.

use std::sync::Arc;

use arrow::ipc::writer::{FileWriter, StreamWriter};

use super::columns::Columns;
use super::out::{Out, flush, from_arrow};
use super::{Contents, Entry};
use crate::error::Result;
use crate::limits;
use crate::stream::Weigh;

enum Writer {
    File(Box<FileWriter<Out>>),
    Stream(Box<StreamWriter<Out>>),
}

/// A file or stream that takes entries, and writes them in batches of bounded size.
pub(super) struct ArrowShard {
    columns: Columns,
    writer: Writer,
    waiting: Vec<Entry>,
    bytes: usize,
}

impl ArrowShard {
    pub fn new(out: Out, contents: &Arc<Contents>, stream: bool) -> Result<Self> {
        let columns = Columns::new(contents)?;
        let writer = match stream {
            false => FileWriter::try_new(out, &columns.schema).map(|w| Writer::File(Box::new(w))),
            true => {
                StreamWriter::try_new(out, &columns.schema).map(|w| Writer::Stream(Box::new(w)))
            }
        };
        Ok(Self { columns, writer: writer.map_err(from_arrow)?, waiting: Vec::new(), bytes: 0 })
    }

    pub fn push(&mut self, entry: Entry) -> Result<()> {
        self.bytes += entry.bytes();
        self.waiting.push(entry);
        match self.bytes >= limits::SHARD_BATCH_BYTES {
            true => self.write(),
            false => Ok(()),
        }
    }

    fn write(&mut self) -> Result<()> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let rows = self.columns.rows(&self.waiting)?;
        self.waiting.clear();
        self.bytes = 0;
        match &mut self.writer {
            Writer::File(writer) => writer.write(&rows),
            Writer::Stream(writer) => writer.write(&rows),
        }
        .map_err(from_arrow)
    }

    pub fn close(mut self) -> Result<()> {
        self.write()?;
        let out = match self.writer {
            Writer::File(writer) => writer.into_inner(),
            Writer::Stream(writer) => writer.into_inner(),
        };
        flush(out.map_err(from_arrow)?)
    }
}
