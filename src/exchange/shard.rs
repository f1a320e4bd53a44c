//! One file of some form, being written.

use std::path::Path;
use std::sync::Arc;

use super::arrow::ArrowShard;
use super::out::Out;
use super::parquet::ParquetShard;
use super::tfrecord::{self, TfRecordShard};
use super::webdataset::WebDatasetShard;
use super::{Contents, Entry, Form};
use crate::error::Result;

/// A file that takes entries.
pub(super) enum Shard {
    Arrow(Box<ArrowShard>),
    Parquet(Box<ParquetShard>),
    WebDataset(Box<WebDatasetShard>),
    TfRecord(Box<TfRecordShard>),
}

impl Shard {
    /// A file whose first entry has number `first` in the whole set; `in_folder` if files may stand
    /// beside it.
    pub fn new(
        form: Form,
        out: Out,
        contents: &Arc<Contents>,
        first: u64,
        in_folder: bool,
    ) -> Result<Self> {
        Ok(match form {
            Form::Arrow | Form::ArrowStream => {
                let stream = form == Form::ArrowStream;
                Self::Arrow(Box::new(ArrowShard::new(out, contents, stream)?))
            }
            Form::Parquet => Self::Parquet(Box::new(ParquetShard::new(out, contents)?)),
            Form::WebDataset => {
                Self::WebDataset(Box::new(WebDatasetShard::new(out, contents, first)))
            }
            Form::TfRecord => {
                Self::TfRecord(Box::new(TfRecordShard::new(out, contents, in_folder)?))
            }
        })
    }

    pub fn push(&mut self, entry: Entry) -> Result<()> {
        match self {
            Self::Arrow(shard) => shard.push(entry),
            Self::Parquet(shard) => shard.push(entry),
            Self::WebDataset(shard) => shard.push(&entry),
            Self::TfRecord(shard) => shard.push(&entry),
        }
    }

    /// Ends the file, number `number` of `folder` if it is in one.
    pub fn close(self, folder: Option<&Path>, number: usize) -> Result<()> {
        match self {
            Self::Arrow(shard) => shard.close(),
            Self::Parquet(shard) => shard.close(),
            Self::WebDataset(shard) => shard.close(),
            Self::TfRecord(shard) => {
                let outlines = shard.close(number)?;
                match folder.zip(outlines) {
                    Some((folder, outlines)) => {
                        tfrecord::write_json(&folder.join(format!("{number}.geojson")), &outlines)
                    }
                    None => Ok(()),
                }
            }
        }
    }
}
