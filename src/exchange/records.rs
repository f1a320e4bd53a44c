//! The source of what is read back: records of the study's shards.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Contents;
use super::decode::contents;
use super::frame::{Frame, Frames};
use crate::error::{Error, Result, While};
use crate::limits;
use crate::stream::{Source, Weigh};

/// The bytes of one sample in a shard, checked against their checksum.
#[derive(Debug)]
pub struct Record(pub(super) Frame);

impl Weigh for Record {
    fn bytes(&self) -> usize {
        size_of::<Self>() + self.0.bytes.len()
    }
}

/// Gives the records of a folder of shards, or of one file, in order.
pub struct Records {
    shards: std::vec::IntoIter<Arc<Path>>,
    open: Option<Frames>,
    left: usize,
}

impl Records {
    /// The shards of a folder in the order of their numbers, `most` samples of them; and what they
    /// hold, as their first record tells.
    pub fn open(path: &Path, most: usize) -> Result<(Self, Contents)> {
        let shards = shards(path)?;
        for shard in &shards {
            if let Some(first) = Frames::open(shard)?.next()? {
                let contents = contents(&first)?;
                return Ok((Self { shards: shards.into_iter(), open: None, left: most }, contents));
            }
        }
        Err(Error::invalid(format!("the shards of {} are empty", path.display())))
    }
}

impl Source for Records {
    type Out = Record;

    fn name(&self) -> String {
        "records".into()
    }

    fn next(&mut self) -> Result<Option<Record>> {
        while self.left > 0 {
            if let Some(frame) = self.open.as_mut().map(Frames::next).transpose()?.flatten() {
                self.left -= 1;
                return Ok(Some(Record(frame)));
            }
            match self.shards.next() {
                Some(shard) => self.open = Some(Frames::open(&shard)?),
                None => break,
            }
        }
        Ok(None)
    }
}

/// The files that hold records, `2` before `10`.
fn shards(path: &Path) -> Result<Vec<Arc<Path>>> {
    let doing = || format!("reading {}", path.display());
    if !std::fs::metadata(path).during(doing)?.is_dir() {
        return Ok(vec![path.into()]);
    }
    let mut found: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(path).during(doing)? {
        let file = entry.during(doing)?.path();
        let ending = file.extension().and_then(|e| e.to_str());
        if matches!(ending, Some("records" | "tfrecord")) {
            found.push(file);
        }
        if found.len() > limits::SHARDS_MAX {
            return Err(Error::usage(format!(
                "{} holds more than {} shards",
                path.display(),
                limits::SHARDS_MAX
            )));
        }
    }
    if found.is_empty() {
        return Err(Error::not_found(format!("{} holds no shards", path.display()))
            .hint("shards are files such as 0.records; name the folder that they are in"));
    }
    let number = |p: &PathBuf| p.file_stem().and_then(|s| s.to_str()?.parse::<u64>().ok());
    found.sort_by_key(|p| (number(p).is_none(), number(p), p.clone()));
    Ok(found.into_iter().map(Into::into).collect())
}
