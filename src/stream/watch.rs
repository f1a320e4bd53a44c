//! Where the time of one worker goes.

use std::time::Instant;

use super::control::Ended;
use super::edge::{Edge, Parcel};
use super::outlet::Outlet;
use super::trace::{Doing, Recorder};
use super::{NodeStats, Weigh};

/// Splits the time of a worker into work and waiting, without a gap. The clock is read only when a
/// wait begins and ends, so an item that flows costs none; a trace reads it at each item as well.
pub(super) struct Watch {
    pub(super) stats: NodeStats,
    mark: Instant,
    waits: bool,
    recorder: Option<Recorder>,
}

impl Watch {
    pub(super) fn new(recorder: Option<Recorder>) -> Self {
        Self { stats: NodeStats::default(), mark: Instant::now(), waits: false, recorder }
    }

    /// The next item of an edge.
    pub(super) fn recv<T>(&mut self, input: &Edge<T>) -> Result<Option<Parcel<T>>, Ended> {
        let parcel = input.recv(&mut || self.pause());
        self.resume(Doing::WaitIn);
        parcel
    }

    /// Sends what one item gave, and counts its bytes.
    pub(super) fn send<T: Weigh>(
        &mut self,
        out: &Outlet<T>,
        seq: u64,
        origin: u64,
        items: &mut Vec<T>,
    ) -> Result<(), Ended> {
        let sent = out.send(seq, origin, items, || self.pause());
        self.resume(Doing::WaitOut);
        self.stats.bytes += sent?;
        Ok(())
    }

    /// The work on an item is done.
    pub(super) fn busy(&mut self) {
        if self.recorder.is_some() {
            self.lap(Doing::Work);
        }
    }

    /// What was done, and the record of it.
    pub(super) fn stop(mut self) -> (NodeStats, Option<Recorder>) {
        self.lap(Doing::Work);
        (self.stats, self.recorder)
    }

    /// A wait begins, or goes on.
    fn pause(&mut self) {
        if !self.waits {
            self.lap(Doing::Work);
            self.waits = true;
        }
    }

    /// The wait is over, if there was one.
    fn resume(&mut self, waited: Doing) {
        if self.waits {
            self.lap(waited);
            self.waits = false;
        }
    }

    fn lap(&mut self, doing: Doing) {
        let now = Instant::now();
        if let Some(recorder) = &mut self.recorder {
            recorder.note(doing, self.mark, now);
        }
        let lap = now.duration_since(self.mark).as_secs_f64();
        self.mark = now;
        match doing {
            Doing::Work => self.stats.busy_s += lap,
            Doing::WaitIn => self.stats.wait_in_s += lap,
            Doing::WaitOut => self.stats.wait_out_s += lap,
        }
    }
}
