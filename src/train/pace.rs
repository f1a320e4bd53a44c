//! How fast a training goes.

use std::time::{Duration, Instant};

/// Samples and time of the epoch under way, validation left out.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    since: Instant,
    busy: Duration,
    waited: Duration,
    samples: u64,
}

impl Pace {
    /// From now on, nothing learned yet.
    pub(super) fn new() -> Self {
        let zero = Duration::ZERO;
        Self { since: Instant::now(), busy: zero, waited: zero, samples: 0 }
    }

    /// Goes on after something else: what that took is neither.
    pub(super) fn resume(&mut self) {
        self.since = Instant::now();
    }

    /// A batch has come: the time since the last one was waiting.
    pub(super) fn came(&mut self) {
        let now = Instant::now();
        self.waited += now - self.since;
        self.since = now;
    }

    /// `samples` were learned from: the time since they came was work.
    pub(super) fn learned(&mut self, samples: usize) {
        let now = Instant::now();
        self.busy += now - self.since;
        self.since = now;
        self.samples += samples as u64;
    }

    /// Samples a second.
    pub fn samples_s(&self) -> f64 {
        self.samples as f64 / (self.busy + self.waited).as_secs_f64().max(1e-9)
    }

    /// Share of the time that went into waiting for data, 0 to 1.
    pub fn wait_share(&self) -> f64 {
        let all = (self.busy + self.waited).as_secs_f64();
        if all > 0.0 { self.waited.as_secs_f64() / all } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_and_work_are_shares_of_the_same_time() {
        let second = Duration::from_secs(1);
        let pace = Pace { since: Instant::now(), busy: 3 * second, waited: second, samples: 8 };
        assert_eq!((pace.samples_s(), pace.wait_share()), (2.0, 0.25));
        assert_eq!(Pace::new().wait_share(), 0.0);
    }
}
