//! Inputs in the order of places, cut into blocks of whole places.

use std::collections::VecDeque;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch};
use arrow::compute::{concat_batches, partition};
use arrow::datatypes::SchemaRef;
use arrow::row::{OwnedRow, RowConverter, SortField};
use datafusion::common::{Result, exec_err};
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::memory_pool::MemoryReservation;
use futures::StreamExt;

/// Rows of an input that are worth the cost of a block; a larger place is taken whole.
pub(super) const ROWS: usize = 1 << 15;

/// All rows of some places.
#[derive(Debug)]
pub(super) struct Block {
    /// For each input, its rows and where those of each place begin.
    pub inputs: Vec<(RecordBatch, Vec<u32>)>,
    /// Places whose key is empty, which are equal to none.
    pub without_place: Vec<bool>,
}

/// Reads all inputs side by side.
pub(super) struct Reader {
    feeds: Vec<Feed>,
    reservation: MemoryReservation,
}

impl Reader {
    /// `inputs` come sorted by their keys, empty ones last.
    pub fn new(
        inputs: Vec<(SendableRecordBatchStream, Vec<usize>)>,
        reservation: MemoryReservation,
    ) -> Result<Self> {
        let feed = |(stream, key): (SendableRecordBatchStream, Vec<usize>)| {
            let schema = stream.schema();
            let sort = |k: &usize| {
                SortField::new_with_options(
                    schema.field(*k).data_type().clone(),
                    arrow::compute::SortOptions { descending: false, nulls_first: false },
                )
            };
            let converter = RowConverter::new(key.iter().map(sort).collect())?;
            let (runs, batches) = (VecDeque::new(), VecDeque::new());
            Ok(Feed {
                stream,
                schema,
                key,
                converter,
                runs,
                batches,
                rows: 0,
                bytes: 0,
                done: false,
            })
        };
        Ok(Self { feeds: inputs.into_iter().map(feed).collect::<Result<_>>()?, reservation })
    }

    /// The next places, or none at the end.
    pub async fn next(&mut self) -> Result<Option<Block>> {
        for number in 0..self.feeds.len() {
            while self.feeds[number].wants() {
                self.read(number).await?;
            }
        }
        loop {
            // A place is whole where every input has gone past it.
            let open = self.feeds.iter().filter(|f| !f.done);
            let limit = open.filter_map(|f| f.runs.back()).map(|r| &r.key).min().cloned();
            let whole = |run: &Run| limit.as_ref().is_none_or(|l| run.key < *l);
            if self.feeds.iter().filter_map(|f| f.runs.front()).any(whole) {
                return self.cut(limit.as_ref()).map(Some);
            }
            let Some(limit) = limit else { return Ok(None) };
            for number in 0..self.feeds.len() {
                let feed = &self.feeds[number];
                if !feed.done && feed.runs.back().is_some_and(|r| r.key == limit) {
                    self.read(number).await?;
                }
            }
        }
    }

    async fn read(&mut self, number: usize) -> Result<()> {
        self.feeds[number].read().await?;
        let held = self.feeds.iter().map(|f| f.bytes).sum();
        self.reservation.try_resize(held)
    }

    /// Takes places below the limit off the inputs.
    fn cut(&mut self, limit: Option<&OwnedRow>) -> Result<Block> {
        let mut taken: Vec<(usize, Vec<u32>)> =
            self.feeds.iter().map(|_| (0, vec![0u32])).collect();
        let mut without_place = Vec::new();
        while taken.iter().all(|(rows, _)| *rows < ROWS) {
            let fronts = self.feeds.iter().filter_map(|f| f.runs.front());
            let Some(key) = fronts.map(|r| &r.key).min() else { break };
            if limit.is_some_and(|l| key >= l) {
                break;
            }
            let (key, mut empty) = (key.clone(), false);
            for (feed, (rows, offsets)) in self.feeds.iter_mut().zip(&mut taken) {
                if let Some(run) = feed.runs.pop_front_if(|r| r.key == key) {
                    *rows += run.rows;
                    empty |= run.is_empty_key;
                }
                match u32::try_from(*rows) {
                    Ok(rows) => offsets.push(rows),
                    Err(_) => return exec_err!("a place of more than four thousand million rows"),
                }
            }
            without_place.push(empty);
        }
        let mut inputs = Vec::with_capacity(taken.len());
        for (feed, (rows, offsets)) in self.feeds.iter_mut().zip(taken) {
            inputs.push((feed.take(rows)?, offsets));
        }
        Ok(Block { inputs, without_place })
    }
}

/// Rows of one place that follow each other.
struct Run {
    key: OwnedRow,
    is_empty_key: bool,
    rows: usize,
}

/// One input: what was read of it and not yet taken.
struct Feed {
    stream: SendableRecordBatchStream,
    schema: SchemaRef,
    key: Vec<usize>,
    converter: RowConverter,
    runs: VecDeque<Run>,
    batches: VecDeque<RecordBatch>,
    rows: usize,
    bytes: usize,
    done: bool,
}

impl Feed {
    /// Whether it holds too little to make a block of.
    fn wants(&self) -> bool {
        !self.done && (self.rows < ROWS || self.runs.is_empty())
    }

    async fn read(&mut self) -> Result<()> {
        let Some(batch) = self.stream.next().await.transpose()? else {
            self.done = true;
            return Ok(());
        };
        if batch.num_rows() == 0 {
            return Ok(());
        }
        let columns: Vec<ArrayRef> =
            self.key.iter().map(|k| Arc::clone(batch.column(*k))).collect();
        let ranges = partition(&columns)?.ranges();
        let heads: arrow::array::UInt32Array = ranges.iter().map(|r| r.start as u32).collect();
        let heads = arrow::compute::take_arrays(&columns, &heads, None)?;
        let keys = self.converter.convert_columns(&heads)?;
        for (number, range) in ranges.iter().enumerate() {
            let (key, rows) = (keys.row(number).owned(), range.len());
            match self.runs.back_mut() {
                Some(last) if last.key == key => last.rows += rows,
                Some(last) if last.key > key => {
                    return exec_err!("the input of a band join is not sorted by place");
                }
                _ => {
                    let is_empty_key = heads.iter().any(|h| h.is_null(number));
                    self.runs.push_back(Run { key, is_empty_key, rows });
                }
            }
        }
        self.rows += batch.num_rows();
        self.bytes += batch.get_array_memory_size();
        self.batches.push_back(batch);
        Ok(())
    }

    /// The first rows, as one batch.
    fn take(&mut self, rows: usize) -> Result<RecordBatch> {
        let (mut parts, mut missing) = (Vec::new(), rows);
        while missing > 0 {
            let Some(front) = self.batches.front_mut() else {
                return exec_err!("the input of a band join lost rows");
            };
            if front.num_rows() <= missing {
                missing -= front.num_rows();
                self.bytes = self.bytes.saturating_sub(front.get_array_memory_size());
                parts.extend(self.batches.pop_front());
            } else {
                parts.push(front.slice(0, missing));
                *front = front.slice(missing, front.num_rows() - missing);
                missing = 0;
            }
        }
        self.rows -= rows;
        match parts.as_slice() {
            [one] => Ok(one.clone()),
            _ => Ok(concat_batches(&self.schema, &parts)?),
        }
    }
}
