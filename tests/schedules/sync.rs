//! What `src/stream/sync.rs` gives, of the model checker.

use std::collections::VecDeque;
use std::ops::Deref;

pub(super) use shuttle::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering, fence};
pub(super) use shuttle::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
pub(super) use shuttle::thread;

/// Most items of a queue here, so that full queues are met as well.
const SLOTS: usize = 3;

pub(super) struct ArrayQueue<T> {
    items: Mutex<VecDeque<T>>,
    slots: usize,
}

impl<T> ArrayQueue<T> {
    pub(super) fn new(slots: usize) -> Self {
        Self { items: Mutex::new(VecDeque::new()), slots: slots.min(SLOTS) }
    }

    pub(super) fn push(&self, item: T) -> Result<(), T> {
        let mut items = lock(&self.items);
        if items.len() == self.slots {
            return Err(item);
        }
        items.push_back(item);
        Ok(())
    }

    pub(super) fn pop(&self) -> Option<T> {
        lock(&self.items).pop_front()
    }

    pub(super) fn is_empty(&self) -> bool {
        lock(&self.items).is_empty()
    }

    pub(super) fn is_full(&self) -> bool {
        lock(&self.items).len() == self.slots
    }
}

/// Threads park at once: turns spent looking are schedules like any other.
pub(super) struct Backoff;

impl Backoff {
    pub(super) fn new() -> Self {
        Self
    }

    pub(super) fn is_completed(&self) -> bool {
        true
    }

    pub(super) fn snooze(&self) {}
}

pub(super) struct CachePadded<T>(T);

impl<T> CachePadded<T> {
    pub(super) fn new(value: T) -> Self {
        Self(value)
    }
}

impl<T> Deref for CachePadded<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

pub fn cores() -> usize {
    2
}

pub(super) fn core_s() -> f64 {
    0.0
}

pub(super) fn process_s() -> f64 {
    0.0
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
