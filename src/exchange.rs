//! Samples as files that other programs read, and the study's own shards back in.
//!
//! In: samples with their pixels, as `ops` fetches them, or TFRecord shards. Out: Arrow, Parquet,
//! WebDataset or TFRecord, as one file, a folder of shards or a pipe. Promises: stored integers
//! unchanged, the order of the stream, and a file or folder that is whole once it has its name.
//! Refuses: damaged shards, by file and byte. Cost: one copy of each sample, and a batch in memory.

mod arrow;
mod columns;
mod contents;
mod decode;
mod describe;
mod entry;
mod event;
mod example;
mod form;
mod frame;
mod key;
mod manifest;
mod npy;
mod out;
mod parquet;
mod records;
mod scenes;
mod shard;
mod shards;
mod tar;
mod tensor;
mod tensor_proto;
mod tfrecord;
mod turn;
mod waiting;
mod webdataset;

pub use contents::{Contents, Origin};
pub use decode::Decode;
pub use describe::Describe;
pub use entry::{Entry, Image, Place};
pub use event::{Scalar, write_events};
pub use form::{Form, Target};
pub use records::{Record, Records};
pub use scenes::Scenes;
pub use shards::Shards;
pub use tensor::Tensor;
