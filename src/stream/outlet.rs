//! Where the workers of one node put their results.

use std::collections::BTreeMap;

use super::Weigh;
use super::control::{Control, Ended};
use super::edge::{Edge, Parcel};
use super::gate::Gate;
use super::marks::Marks;
use super::report::size;
use super::sync::{Arc, AtomicU64, AtomicUsize, Mutex, Ordering, lock};
use crate::error::{Error, Kind, Result};
use crate::limits::EDGE_ITEMS;

/// In what order the results of a spread node leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// That of the input.
    Kept,
    /// That in which they become ready.
    Free,
}

/// The turn goes round: by the sequence number of the input where order is kept, by the order of
/// arrival here where it is free. A worker that is early leaves its results here if the edge has
/// room to spare, and waits for its turn otherwise; the worker whose turn it is sends its own and
/// all that were left behind it.
///
/// It never stands still. Where order is kept, the turn is that of the oldest item under way, and
/// the worker that holds it waits for nobody here. Where order is free, a turn is given out here, to
/// a worker that holds its results ready, so the worker whose turn it is is always one that is
/// here, or has left its results here. Early results leave half of the edge to it; were that
/// taken too, it would still give by hand.
pub(super) struct Outlet<T> {
    edge: Arc<Edge<T>>,
    next: AtomicU64,
    early: Mutex<Early<T>>,
    turns: Arc<Gate>,
    writers: AtomicUsize,
    /// Whether one worker sends all: every turn is then its own.
    alone: bool,
    /// Turns given out and what has been sent, where order is free.
    free: Option<(AtomicU64, Mutex<Marks>)>,
}

/// Results that came before their turn, by turn; their bytes are charged to the edge.
struct Early<T> {
    loads: BTreeMap<u64, Load<T>>,
    slots: usize,
}

/// The results of one item.
struct Load<T> {
    parcels: Vec<Parcel<T>>,
    bytes: usize,
    /// The item's place in the input.
    seq: u64,
    origin: u64,
}

impl<T: Weigh> Outlet<T> {
    /// An outlet of `writers` workers onto `edge`.
    pub(super) fn new(edge: Arc<Edge<T>>, writers: usize, order: Order) -> Arc<Self> {
        let early = Mutex::new(Early { loads: BTreeMap::new(), slots: 0 });
        let alone = writers == 1;
        let (next, writers) = (AtomicU64::new(0), AtomicUsize::new(writers));
        let turns = edge.control().gate();
        let free = match order {
            Order::Kept => None,
            Order::Free => Some((AtomicU64::new(0), Mutex::new(Marks::default()))),
        };
        Arc::new(Self { edge, next, early, turns, writers, alone, free })
    }

    /// Sends the results of item `seq` of the input, empties `items`, and returns their bytes;
    /// calls `pause` before it waits.
    ///
    /// Every item from 0 on must be sent once, by some worker, even if it has no results.
    pub(super) fn send(
        &self,
        seq: u64,
        origin: u64,
        items: &mut Vec<T>,
        mut pause: impl FnMut(),
    ) -> Result<u64, Ended> {
        if self.alone {
            return self.send_alone(origin, items, &mut pause);
        }
        let load = self.weigh(seq, origin, items)?;
        let bytes = load.bytes as u64;
        // Given out when nothing but the end of the run can keep the load from being sent.
        let turn = self.free.as_ref().map(|(turns, _)| turns.fetch_add(1, Ordering::SeqCst));
        let mut mine = self.enter(turn.unwrap_or(seq), load, &mut pause)?;
        while let Some(load) = mine {
            let origin = self.mark(load.seq, load.origin);
            for parcel in load.parcels {
                self.edge.push(Parcel { origin, ..parcel }, &mut pause)?;
            }
            self.edge.passed(origin);
            mine = self.advance();
        }
        Ok(bytes)
    }

    fn send_alone(
        &self,
        origin: u64,
        items: &mut Vec<T>,
        pause: &mut impl FnMut(),
    ) -> Result<u64, Ended> {
        let (budget, mut sum) = (self.control().budget(), 0);
        for item in items.drain(..) {
            let bytes = fitting(&item, budget)?;
            sum += bytes as u64;
            self.edge.push(Parcel { item, bytes, charged: 0, seq: 0, origin }, pause)?;
        }
        self.edge.passed(origin);
        Ok(sum)
    }

    /// One worker has nothing more to send; the last one closes the edge.
    pub(super) fn close(&self) {
        if self.writers.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.edge.close();
        }
    }

    /// Source items that are through when item `seq` is. Only the worker whose turn it is asks.
    fn mark(&self, seq: u64, origin: u64) -> u64 {
        self.free.as_ref().map_or(origin, |(_, marks)| lock(marks).pass(seq, origin))
    }

    fn control(&self) -> &Control {
        self.edge.control()
    }

    fn weigh(&self, seq: u64, origin: u64, items: &mut Vec<T>) -> Result<Load<T>> {
        let budget = self.control().budget();
        let mut load = Load { parcels: Vec::with_capacity(items.len()), bytes: 0, seq, origin };
        for item in items.drain(..) {
            let bytes = fitting(&item, budget)?;
            load.bytes = load.bytes.saturating_add(bytes);
            load.parcels.push(Parcel { item, bytes, charged: 0, seq: 0, origin });
        }
        Ok(load)
    }

    /// Waits for the turn and gives the load back, or leaves the load behind.
    fn enter(
        &self,
        turn: u64,
        mut load: Load<T>,
        pause: &mut impl FnMut(),
    ) -> Result<Option<Load<T>>, Ended> {
        loop {
            self.control().check()?;
            {
                let mut early = lock(&self.early);
                if self.next.load(Ordering::SeqCst) == turn {
                    return Ok(Some(load));
                }
                // A load takes a slot even if it is empty, so that idle turns cannot pile up
                // either.
                let slots = early.slots.saturating_add(load.parcels.len().max(1));
                let room = || load.bytes == 0 || self.edge.charge_early(load.bytes);
                if slots <= EDGE_ITEMS && room() {
                    load.parcels.iter_mut().for_each(|p| p.charged = p.bytes);
                    early.slots = slots;
                    early.loads.insert(turn, load);
                    return Ok(None);
                }
            }
            pause();
            self.turns
                .wait(|| self.next.load(Ordering::SeqCst) == turn || self.control().is_halted());
        }
    }

    /// Ends a turn; gives the load of the next one if it was left here.
    fn advance(&self) -> Option<Load<T>> {
        let mut early = lock(&self.early);
        let next = self.next.fetch_add(1, Ordering::SeqCst) + 1;
        let load = early.loads.remove(&next);
        if let Some(load) = &load {
            early.slots -= load.parcels.len().max(1);
        }
        drop(early);
        if load.is_none() {
            self.turns.ring_all();
        }
        load
    }
}

/// The bytes of an item that the budget can hold.
fn fitting(item: &impl Weigh, budget: usize) -> Result<usize> {
    let bytes = item.bytes();
    if bytes > budget { Err(too_large(bytes, budget)) } else { Ok(bytes) }
}

fn too_large(bytes: usize, budget: usize) -> Error {
    let (item, all) = (size(bytes as u64), size(budget as u64));
    let one = format!("one item of {item} ({bytes} bytes)");
    let text = format!("{one} is larger than the memory budget of {all} ({budget} bytes)");
    Error::new(Kind::OutOfMemory, text)
        .hint("give a larger memory budget, or make the items smaller (a smaller batch)")
}
