//! Arrow IPC: a file with an index at its end, or a stream.

use std::sync::Arc;

use arrow::ipc::writer::{FileWriter, StreamWriter};

use super::columns::Columns;
use super::out::{Out, flush, from_arrow};
use super::waiting::Waiting;
use super::{Contents, Entry};
use crate::error::Result;

enum Writer {
    File(Box<FileWriter<Out>>),
    Stream(Box<StreamWriter<Out>>),
}

/// A file or stream that takes entries, and writes them in batches of bounded size.
pub(super) struct ArrowShard {
    writer: Writer,
    waiting: Waiting,
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
        Ok(Self { writer: writer.map_err(from_arrow)?, waiting: Waiting::new(columns) })
    }

    pub fn push(&mut self, entry: Entry) -> Result<()> {
        match self.waiting.push(entry) {
            true => self.write(),
            false => Ok(()),
        }
    }

    fn write(&mut self) -> Result<()> {
        let Some((rows, _)) = self.waiting.rows()? else { return Ok(()) };
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
