//! Where a thread waits for a condition that other threads bring about without a lock.

use std::time::Duration;

use super::sync::{AtomicUsize, Backoff, Condvar, Mutex, Ordering, fence, lock};

/// Longest sleep before a waiting thread looks at its flags again. Only the word to stop needs it,
/// and only while every other thread is inside a node: it has no bell of its own.
const LISTEN: Duration = Duration::from_millis(50);

/// Threads park here; whoever changes the condition rings. Ringing costs one load if nobody waits.
#[derive(Default)]
pub(super) struct Gate {
    waiting: AtomicUsize,
    lock: Mutex<()>,
    bell: Condvar,
}

impl Gate {
    /// Waits until `ready`, a ring or [`LISTEN`], whichever is first: the caller looks again.
    ///
    /// A few turns are spent looking before the thread parks, for a neighbour is often about to
    /// finish.
    pub(super) fn wait(&self, ready: impl Fn() -> bool) {
        let backoff = Backoff::new();
        while !backoff.is_completed() {
            if ready() {
                return;
            }
            backoff.snooze();
        }
        let guard = lock(&self.lock);
        self.waiting.fetch_add(1, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        // The lock is held from this look to the sleep, and a ringer takes it: no ring falls
        // between.
        if !ready() {
            drop(self.bell.wait_timeout(guard, LISTEN));
        }
        self.waiting.fetch_sub(1, Ordering::SeqCst);
    }

    /// Wakes one waiting thread; call it after the change.
    pub(super) fn ring(&self) {
        if self.awaited() {
            drop(lock(&self.lock));
            self.bell.notify_one();
        }
    }

    /// Wakes all waiting threads; call it after the change.
    pub(super) fn ring_all(&self) {
        if self.awaited() {
            drop(lock(&self.lock));
            self.bell.notify_all();
        }
    }

    /// Whether a thread is parked, or is looking for the last time before it parks.
    pub(super) fn awaited(&self) -> bool {
        fence(Ordering::SeqCst);
        self.waiting.load(Ordering::SeqCst) > 0
    }
}
