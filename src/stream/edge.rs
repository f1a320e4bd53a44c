//! A queue between two nodes, bounded in bytes and in slots.

use super::control::{Control, Ended};
use super::gate::Gate;
use super::sync::{Arc, ArrayQueue, AtomicBool, AtomicU64, AtomicUsize, CachePadded, Ordering};
use crate::limits::EDGE_ITEMS;

/// An item under way.
pub(super) struct Parcel<T> {
    pub(super) item: T,
    /// Its weight.
    pub(super) bytes: usize,
    /// Bytes of the edge's share that it holds: its weight, or 0 if it goes from hand to hand.
    pub(super) charged: usize,
    /// Its place among the items of this edge.
    pub(super) seq: u64,
    /// Items that the source had given when this one's ancestor left it.
    pub(super) origin: u64,
}

/// One producer at a time (the [`super::outlet::Outlet`] sees to it), any number of consumers.
///
/// An item enters if the edge's share of the budget has room for it. If not, it enters when the
/// queue is empty and a consumer with empty hands waits for it: then it goes from hand to hand and
/// never rests on the edge. The second way is what rules deadlock out: the last node always comes
/// back for more, so the node before it can always give, and so on up to the source, whatever the
/// sizes are.
pub(super) struct Edge<T> {
    control: Arc<Control>,
    queue: ArrayQueue<Parcel<T>>,
    share: usize,
    used: CachePadded<AtomicUsize>,
    sent: AtomicU64,
    origin: AtomicU64,
    closed: AtomicBool,
    /// Consumers wait here.
    filled: Arc<Gate>,
    /// The producer waits here.
    room: Arc<Gate>,
}

impl<T> Edge<T> {
    /// An empty edge that may hold `share` bytes.
    pub(super) fn new(control: Arc<Control>, share: usize) -> Self {
        let (filled, room) = (control.gate(), control.gate());
        Self {
            control,
            queue: ArrayQueue::new(EDGE_ITEMS),
            share,
            used: CachePadded::new(AtomicUsize::new(0)),
            sent: AtomicU64::new(0),
            origin: AtomicU64::new(0),
            closed: AtomicBool::new(false),
            filled,
            room,
        }
    }

    /// The run that this edge is part of.
    pub(super) fn control(&self) -> &Control {
        &self.control
    }

    /// Number of items that were sent.
    pub(super) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Acquire)
    }

    /// Source items whose results, if they had any, have passed this edge.
    pub(super) fn origin(&self) -> u64 {
        self.origin.load(Ordering::Acquire)
    }

    /// Notes that all results of the first `origin` source items were sent.
    pub(super) fn passed(&self, origin: u64) {
        self.origin.store(origin, Ordering::Release);
    }

    /// Charges `bytes` if half of the share has room: for results that come before their turn. The
    /// other half stays free for the result whose turn it is.
    pub(super) fn charge_early(&self, bytes: usize) -> bool {
        self.charge(bytes, self.share / 2)
    }

    /// Sends one parcel, waiting for room; calls `pause` before it waits. Only one thread at a time
    /// may call this.
    pub(super) fn push(
        &self,
        mut parcel: Parcel<T>,
        pause: &mut impl FnMut(),
    ) -> Result<(), Ended> {
        let held = parcel.charged > 0;
        loop {
            self.control.check()?;
            if !self.queue.is_full() {
                if held || self.charge(parcel.bytes, self.share) {
                    parcel.charged = parcel.bytes;
                    break;
                }
                if self.wanted() {
                    break;
                }
            }
            pause();
            self.room.wait(|| {
                if self.control.is_halted() {
                    return true;
                }
                let fits = held || self.fits(parcel.bytes, self.share);
                !self.queue.is_full() && (fits || self.wanted())
            });
        }
        parcel.seq = self.sent.load(Ordering::Relaxed);
        // Nobody else writes it, and it is read after the end.
        self.sent.store(parcel.seq + 1, Ordering::Release);
        if self.queue.push(parcel).is_err() {
            return Err(crate::error::Error::internal("two producers on one edge").into());
        }
        self.filled.ring();
        Ok(())
    }

    /// Takes the next parcel, waiting for one; calls `pause` before it waits. `None` at the end.
    pub(super) fn recv(&self, pause: &mut impl FnMut()) -> Result<Option<Parcel<T>>, Ended> {
        loop {
            self.control.check()?;
            // Read before the queue: what was sent before the end is then seen.
            let closed = self.closed.load(Ordering::SeqCst);
            if let Some(parcel) = self.queue.pop() {
                self.control.unload(parcel.charged);
                self.used.fetch_sub(parcel.charged, Ordering::SeqCst);
                self.room.ring();
                return Ok(Some(parcel));
            }
            if closed {
                // A producer that fails halts the run before it closes its edge.
                self.control.check()?;
                return Ok(None);
            }
            pause();
            self.filled.wait(|| {
                // The producer may be waiting for empty hands: here they are.
                self.room.ring();
                let closed = self.closed.load(Ordering::SeqCst);
                !self.queue.is_empty() || closed || self.control.is_halted()
            });
        }
    }

    /// No more parcels will come.
    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        self.filled.ring_all();
    }

    /// Whether a consumer with empty hands waits at the empty queue. The order of the two looks
    /// matters: a consumer leaves the gate before it takes from the queue, so a queue that was
    /// emptied by a consumer is never taken for one that this same consumer waits at.
    fn wanted(&self) -> bool {
        self.queue.is_empty() && self.filled.awaited()
    }

    fn fits(&self, bytes: usize, limit: usize) -> bool {
        room(self.used.load(Ordering::SeqCst), bytes, limit)
    }

    fn charge(&self, bytes: usize, limit: usize) -> bool {
        let take = |used| room(used, bytes, limit).then(|| used + bytes);
        let taken = self.used.fetch_update(Ordering::SeqCst, Ordering::SeqCst, take).is_ok();
        if taken {
            self.control.load(bytes);
        }
        taken
    }
}

fn room(used: usize, bytes: usize, limit: usize) -> bool {
    limit.checked_sub(used).is_some_and(|free| bytes <= free)
}
