//! The only door of this room to threads, locks, atomics and queues, so that a model checker can
//! stand here.

pub(super) use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering, fence};
pub(super) use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
pub(super) use std::thread;

pub(super) use crossbeam::queue::ArrayQueue;
pub(super) use crossbeam::utils::{Backoff, CachePadded};

/// Locks; a poisoned lock is taken all the same, for no code of a user runs under our locks.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
