//! Memory maps of files that we wrote.

use std::fs::File;
use std::ops::{Deref, Range};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result, While};

/// Bytes of one call to read ahead: Linux passes over what exceeds the window of the disk, 128 KiB by
/// default.
const AHEAD: usize = 128 << 10;

/// A read-only map of a published file. Clone an `Arc<Map>` to keep its bytes alive.
#[derive(Debug)]
pub struct Map {
    map: memmap2::Mmap,
    path: PathBuf,
}

impl Map {
    /// Maps a file that was published by this program. Refuses an empty file.
    #[allow(unsafe_code)]
    pub fn open(path: &Path) -> Result<Self> {
        let file = File::open(path).during(|| format!("mapping {}", path.display()))?;
        let length = file.metadata().during(|| format!("mapping {}", path.display()))?.len();
        if length == 0 {
            return Err(Error::corrupt(format!("{} is empty", path.display()))
                .hint("run `eclaircie verify` on the archive, then ingest the scene again"));
        }
        // SAFETY: published files are never written again in place (`publish` renames over them,
        // which leaves the mapped inode alone), so the bytes under this map do not change or
        // shrink.
        let map = unsafe { memmap2::Mmap::map(&file) }
            .during(|| format!("mapping {}", path.display()))?;
        // Who reads says what by `will_need`. Left alone, the kernel reads its whole window around each
        // first touch, which on some disks is many times what is asked for.
        drop(map.advise(memmap2::Advice::Random));
        Ok(Self { map, path: path.to_owned() })
    }

    /// Asks the kernel to read these bytes before they are touched. Returns at once.
    pub fn will_need(&self, range: Range<usize>) {
        let end = range.end.min(self.map.len());
        for from in (range.start..end).step_by(AHEAD) {
            // A kernel that does not read ahead reads at the first touch.
            drop(self.map.advise_range(memmap2::Advice::WillNeed, from, AHEAD.min(end - from)));
        }
    }

    /// Takes the file's pages out of this process. They stay in the system's page cache, and come back
    /// when they are touched.
    #[allow(unsafe_code)]
    pub fn release(&self) {
        // SAFETY: the map is shared, read-only and over a file that never changes (see `open`), so a page that is dropped
        // is read again with the same bytes; nothing that was written can be lost.
        let done = unsafe { self.map.unchecked_advise(memmap2::UncheckedAdvice::DontNeed) };
        // A kernel that does not drop them keeps more pages mapped, and nothing else.
        drop(done);
    }

    /// Where the bytes are.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Deref for Map {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.map
    }
}
