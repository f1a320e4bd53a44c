//! Mapped shards that were used lately.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::shard::Shard;
use crate::error::{Error, Result};

/// Which file a path shows: a re-published shard has another inode, since the map pins the old one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Identity {
    device: u64,
    inode: u64,
    size: u64,
    changed: (i64, i64),
}

#[derive(Debug)]
struct Held {
    shard: Arc<Shard>,
    identity: Identity,
}

/// Up to a number of mapped shards. A patch that points into an evicted map keeps that map alive.
///
/// What was read through maps counts as memory of the process until the kernel needs the pages
/// elsewhere; after so many bytes the cache lets go of them, so that an archive of any size fills no
/// more than that.
#[derive(Debug)]
pub(crate) struct Cache {
    most: usize,
    resident_max: AtomicUsize,
    touched: AtomicUsize,
    clock: AtomicU64,
    /// The clock when pages were let go of last, and the time before.
    released: [AtomicU64; 2],
    held: Mutex<HashMap<PathBuf, Held>>,
}

impl Cache {
    /// An empty cache of at most `most` shards and `resident_max` bytes of touched pages.
    pub(crate) fn new(most: usize, resident_max: usize) -> Self {
        Self {
            most: most.max(1),
            resident_max: AtomicUsize::new(resident_max),
            touched: AtomicUsize::new(0),
            clock: AtomicU64::new(1),
            released: Default::default(),
            held: Mutex::default(),
        }
    }

    /// Sets the bytes of touched pages that may stay.
    pub(crate) fn limit_resident(&self, bytes: usize) {
        self.resident_max.store(bytes, Ordering::Relaxed);
    }

    /// Counts bytes of a shard that are about to be read through its map.
    pub(crate) fn touch(&self, shard: &Shard, bytes: usize) {
        let touched = self.touched.fetch_add(bytes, Ordering::Relaxed) + bytes;
        let most = self.resident_max.load(Ordering::Relaxed);
        // Only the worker that takes the count cleans up. Taken before that, since the others read on and must come to the
        // limit again even if this worker is put off the core meanwhile.
        if touched > most && self.touched.swap(0, Ordering::Relaxed) > most {
            self.release();
        }
        // After that, so that the next release knows of these bytes.
        self.mark(shard);
    }

    fn mark(&self, shard: &Shard) {
        shard.used.store(self.clock.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
    }

    /// Lets go of the pages of all shards that were used since the time before the last: another
    /// worker may have marked a shard then, and read it after.
    fn release(&self) {
        let now = self.clock.load(Ordering::Relaxed);
        let last = self.released[0].swap(now, Ordering::Relaxed);
        let since = self.released[1].swap(last, Ordering::Relaxed);
        // Collected first: to let go of pages takes longer than a look at the map should.
        let used: Vec<Arc<Shard>> = {
            let held = self.lock();
            let used = |h: &&Held| h.shard.used.load(Ordering::Relaxed) >= since;
            held.values().filter(used).map(|h| h.shard.clone()).collect()
        };
        used.iter().for_each(|shard| shard.map().release());
    }

    /// The shard now at `path`, of `count` entries. A file that is not there was never written.
    pub(crate) fn shard(&self, path: &Path, count: usize) -> Result<Arc<Shard>> {
        let identity = identify(path)?;
        if let Some(held) = self.lock().get(path)
            && held.identity == identity
        {
            self.mark(&held.shard);
            return Ok(held.shard.clone());
        }
        // Opened outside the lock: two workers may map one file twice, which costs less than
        // waiting.
        let shard = Arc::new(Shard::open(path, count)?);
        self.mark(&shard);
        // The file may have been replaced between the two looks; then it is simply not kept.
        if identify(path)? == identity {
            let mut held = self.lock();
            if held.len() >= self.most {
                evict(&mut held);
            }
            held.insert(path.to_owned(), Held { shard: shard.clone(), identity });
        }
        Ok(shard)
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<PathBuf, Held>> {
        // Every change of the map is whole, so a panic elsewhere cannot have left it half done.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Drops the quarter used longest ago, so that the search is paid once for many insertions.
fn evict(held: &mut HashMap<PathBuf, Held>) {
    // Read once: other workers go on using shards meanwhile.
    let age = |h: &Held| h.shard.used.load(Ordering::Relaxed);
    let mut ages: Vec<(u64, PathBuf)> = held.iter().map(|(p, h)| (age(h), p.clone())).collect();
    let quarter = ages.len() / 4;
    ages.select_nth_unstable(quarter);
    for (_, path) in &ages[..=quarter] {
        held.remove(path);
    }
}

fn identify(path: &Path) -> Result<Identity> {
    let about = fs::metadata(path).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => {
            Error::not_found(format!("{} was never written", path.display()))
        }
        _ => Error::io(format!("looking at {}", path.display()), e),
    })?;
    Ok(Identity {
        device: about.dev(),
        inode: about.ino(),
        size: about.len(),
        changed: (about.mtime(), about.mtime_nsec()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::Codec;
    use crate::archive::shard::assemble;
    use crate::store::publish;

    fn put(path: &Path, value: u8) {
        publish(path, &assemble(vec![Some(Codec::None.encode(vec![value; 32]).unwrap())])).unwrap();
    }

    #[test]
    fn a_published_again_shard_is_seen_and_the_old_bytes_live_on() {
        let dir = tempfile::tempdir().unwrap();
        let (cache, path) = (Cache::new(4, 1 << 20), dir.path().join("0"));
        put(&path, 1);
        let old = cache.shard(&path, 1).unwrap();
        assert!(Arc::ptr_eq(&old, &cache.shard(&path, 1).unwrap()));
        put(&path, 2);
        let new = cache.shard(&path, 1).unwrap();
        assert_eq!(new.map()[new.chunk(0).unwrap()], [2; 32]);
        assert_eq!(old.map()[old.chunk(0).unwrap()], [1; 32]);
    }

    #[test]
    fn pages_that_were_let_go_of_are_read_again_the_same() {
        let dir = tempfile::tempdir().unwrap();
        let (cache, path) = (Cache::new(4, 100), dir.path().join("0"));
        put(&path, 7);
        let shard = cache.shard(&path, 1).unwrap();
        for _ in 0..20 {
            cache.touch(&shard, 32);
            assert_eq!(shard.map()[shard.chunk(0).unwrap()], [7; 32]);
        }
    }

    #[test]
    fn a_worker_that_is_held_up_while_it_lets_go_keeps_no_other_from_counting() {
        let dir = tempfile::tempdir().unwrap();
        let (cache, path) = (Cache::new(4, 100), dir.path().join("0"));
        put(&path, 7);
        let shard = cache.shard(&path, 1).unwrap();
        let counted = || cache.touched.load(Ordering::Relaxed);
        std::thread::scope(|scope| {
            let held = cache.lock();
            let releases = || cache.released[0].load(Ordering::Relaxed);
            // Waits for `held`, in the middle of letting go.
            scope.spawn(|| cache.touch(&shard, 200));
            let until = std::time::Instant::now() + std::time::Duration::from_secs(20);
            while releases() == 0 && std::time::Instant::now() < until {
                std::thread::yield_now();
            }
            assert_ne!(releases(), 0);
            assert_eq!(counted(), 0);
            drop(held);
        });
    }

    #[test]
    fn the_cache_stays_within_its_bound() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::new(8, 1 << 20);
        for i in 0..30u8 {
            let path = dir.path().join(i.to_string());
            put(&path, i);
            cache.shard(&path, 1).unwrap();
            assert!((1..=8).contains(&cache.len()));
        }
        assert!(cache.shard(&dir.path().join("absent"), 1).unwrap_err().is_not_found());
    }
}
