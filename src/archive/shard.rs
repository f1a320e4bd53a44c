//! A shard file: chunks one after another, then an index of where they are.
//!
//! This is the file of Zarr's `sharding_indexed` codec with the index at the end: one (offset,
//! size) pair of little-endian u64 a chunk, then the crc32c of the index. zarrs could write and
//! read it, but it fills what is missing, skips checksums on partial reads, and stores chunks
//! beyond the edge.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::error::{Error, Result};
use crate::store::Map;

/// Bytes of a crc32c.
const CRC: usize = 4;

/// What to do about damage.
pub(super) const MEND: &str = "run `eclaircie verify` to see all that is damaged, then ingest the product again with --repair";

/// Assembles a shard from encoded chunks; `None` lies outside the array.
pub(crate) fn assemble(chunks: Vec<Option<Vec<u8>>>) -> Vec<u8> {
    let body: usize = chunks.iter().flatten().map(Vec::len).sum();
    let mut file = Vec::with_capacity(body + chunks.len() * 16 + CRC);
    let mut index = Vec::with_capacity(chunks.len() * 16 + CRC);
    for chunk in chunks {
        let (offset, size) = match &chunk {
            Some(bytes) => (file.len() as u64, bytes.len() as u64),
            None => (u64::MAX, u64::MAX),
        };
        index.extend_from_slice(&offset.to_le_bytes());
        index.extend_from_slice(&size.to_le_bytes());
        file.extend_from_slice(chunk.as_deref().unwrap_or_default());
    }
    index.extend_from_slice(&crc32c::crc32c(&index).to_le_bytes());
    file.append(&mut index);
    file
}

/// A mapped shard whose index was verified; chunks are verified when they are first touched.
#[derive(Debug)]
pub(crate) struct Shard {
    map: Arc<Map>,
    /// Offset and size of every chunk, checksum included.
    entries: Vec<Option<Range<usize>>>,
    verified: Vec<AtomicBool>,
    /// When the cache gave it out or its bytes were read last, by the cache's clock.
    pub(super) used: AtomicU64,
}

impl Shard {
    /// Maps a shard of `count` entries and checks its index.
    pub(crate) fn open(path: &Path, count: usize) -> Result<Self> {
        let map = Map::open(path)?;
        let torn = |what: &str| Error::corrupt(format!("{} {what}", path.display())).hint(MEND);
        let size = count * 16 + CRC;
        let start = map.len().checked_sub(size).ok_or_else(|| torn("is shorter than its index"))?;
        let index = verify(&map[start..]).ok_or_else(|| torn("has a damaged index"))?;
        let mut entries = Vec::with_capacity(count);
        for pair in index.chunks_exact(16) {
            let number = |at: usize| {
                let mut eight = [0u8; 8];
                eight.copy_from_slice(&pair[at..at + 8]);
                u64::from_le_bytes(eight)
            };
            let (offset, length) = (number(0), number(8));
            if (offset, length) == (u64::MAX, u64::MAX) {
                entries.push(None);
                continue;
            }
            let end = offset.checked_add(length).filter(|&end| end <= start as u64);
            let end = end.ok_or_else(|| torn("has an index that points outside it"))?;
            entries.push(Some(offset as usize..end as usize));
        }
        let verified = entries.iter().map(|_| AtomicBool::new(false)).collect();
        Ok(Self { map: Arc::new(map), entries, verified, used: AtomicU64::new(0) })
    }

    /// The map, to keep its bytes alive.
    pub(crate) fn map(&self) -> &Arc<Map> {
        &self.map
    }

    /// Whether an entry was written.
    pub(crate) fn has(&self, entry: usize) -> bool {
        self.entries.get(entry).is_some_and(Option::is_some)
    }

    /// Asks the kernel to read an entry before it is touched.
    pub(crate) fn ahead(&self, entry: usize) {
        if let Some(Some(range)) = self.entries.get(entry) {
            self.map.will_need(range.clone());
        }
    }

    /// Where an entry's bytes are, without their checksum, which is verified at the first touch.
    pub(crate) fn chunk(&self, entry: usize) -> Result<Range<usize>> {
        let range = self.entries.get(entry).cloned().flatten();
        let range =
            range.ok_or_else(|| Error::corrupt("the chunk was never written").hint(MEND))?;
        let seen = self.verified.get(entry);
        if !seen.is_some_and(|v| v.load(Ordering::Relaxed)) {
            verify(&self.map[range.clone()]).ok_or_else(|| {
                Error::corrupt("the chunk does not match its checksum").hint(MEND)
            })?;
            if let Some(seen) = seen {
                seen.store(true, Ordering::Relaxed);
            }
        }
        Ok(range.start..range.end - CRC)
    }
}

/// The bytes before their trailing crc32c, if it is theirs.
fn verify(bytes: &[u8]) -> Option<&[u8]> {
    let (body, sum) = bytes.split_last_chunk::<CRC>()?;
    (crc32c::crc32c(body) == u32::from_le_bytes(*sum)).then_some(body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::Codec;

    fn sample() -> Vec<u8> {
        let chunk = |v: u8| Codec::None.encode(vec![v; 64]).unwrap();
        assemble(vec![Some(chunk(1)), None, Some(chunk(3))])
    }

    #[test]
    fn any_changed_byte_of_a_shard_is_noticed() {
        let dir = tempfile::tempdir().unwrap();
        let (path, good) = (dir.path().join("0"), sample());
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 0x10;
            std::fs::write(&path, &bad).unwrap();
            let read = Shard::open(&path, 3).and_then(|s| Ok((s.chunk(0)?, s.chunk(2)?)));
            assert!(read.unwrap_err().is_corrupt(), "byte {at}");
        }
        std::fs::write(&path, &good).unwrap();
        let shard = Shard::open(&path, 3).unwrap();
        assert_eq!(shard.map()[shard.chunk(2).unwrap()], [3; 64]);
        assert!(!shard.has(1) && shard.chunk(1).unwrap_err().is_corrupt());
    }

    #[test]
    fn a_torn_shard_is_never_read() {
        let dir = tempfile::tempdir().unwrap();
        let (path, good) = (dir.path().join("0"), sample());
        for len in 1..good.len() {
            std::fs::write(&path, &good[..len]).unwrap();
            assert!(Shard::open(&path, 3).unwrap_err().is_corrupt(), "{len} bytes");
        }
    }

    #[test]
    fn an_index_that_points_outside_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("0");
        for (offset, size) in [(0u64, 1u64 << 60), (u64::MAX - 1, 8), (1 << 40, 4)] {
            let mut index = [offset.to_le_bytes(), size.to_le_bytes()].concat();
            index.extend_from_slice(&crc32c::crc32c(&index).to_le_bytes());
            std::fs::write(&path, &index).unwrap();
            assert!(Shard::open(&path, 1).unwrap_err().is_corrupt());
        }
    }
}
