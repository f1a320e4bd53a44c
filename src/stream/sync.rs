//! The only door of this room to threads, locks, atomics and queues, so that a model checker can
//! stand here.

pub(super) use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering, fence};
pub(super) use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
pub(super) use std::thread;

pub(super) use crossbeam::queue::ArrayQueue;
pub(super) use crossbeam::utils::{Backoff, CachePadded};

/// Cores that this process may use: as many workers suit a spread node, unless the user says
/// otherwise.
pub fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Seconds that the calling thread has run on a core; 0 where the system does not tell.
pub(super) fn core_s() -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = told.split(' ').next().and_then(|word| word.parse::<u64>().ok());
    nanoseconds.unwrap_or_default() as f64 / 1e9
}

/// Seconds that all threads of this program have run on a core, a library's among them; 0 where the
/// system does not tell.
pub(super) fn process_s() -> f64 {
    /// Linux tells in hundredths of a second, whatever its own clock.
    const TICKS: f64 = 100.0;
    let told = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The program's name may hold spaces: fields are counted from the parenthesis that ends it.
    let fields = told.rsplit_once(')').map_or("", |(_, rest)| rest).split_ascii_whitespace();
    let ticks = fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok());
    ticks.sum::<u64>() as f64 / TICKS
}

/// Locks; a poisoned lock is taken all the same, for no code of a user runs under our locks.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
