//! How far a run is.

use std::time::{Duration, Instant};

/// Shortest time between two calls: a person reads no faster.
const EVERY: Duration = Duration::from_millis(100);

/// Called with the source items whose results have arrived, and the total if the source knows it.
pub(super) type Told<'a> = Box<dyn FnMut(u64, Option<u64>) + Send + 'a>;

/// Calls a function now and then.
pub(super) struct Progress<'a> {
    tell: Option<Told<'a>>,
    total: Option<u64>,
    last: Option<Instant>,
}

impl<'a> Progress<'a> {
    /// Progress towards `total`; silent without a function.
    pub(super) fn new(tell: Option<Told<'a>>, total: Option<u64>) -> Self {
        Self { tell, total, last: None }
    }

    /// Tells unless it has just told.
    pub(super) fn at(&mut self, done: u64) {
        if self.tell.is_some() && self.last.is_none_or(|last| last.elapsed() >= EVERY) {
            self.now(done);
        }
    }

    /// Tells in any case: at the end.
    pub(super) fn now(&mut self, done: u64) {
        if let Some(tell) = &mut self.tell {
            tell(done, self.total);
            self.last = Some(Instant::now());
        }
    }
}
