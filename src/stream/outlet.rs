//! Where the workers of one node put their results, in the order of its input.

use std::collections::BTreeMap;

use super::Weigh;
use super::control::Ended;
use super::edge::{Edge, Parcel};
use super::gate::Gate;
use super::report::size;
use super::sync::{Arc, AtomicU64, AtomicUsize, Mutex, Ordering, lock};
use crate::error::{Error, Kind, Result};
use crate::limits::EDGE_ITEMS;

/// The turn goes round by the sequence number of the input. A worker that is early leaves its
/// results here if the edge has room to spare, and waits for its turn otherwise; the worker whose
/// turn it is sends its own and all that were left behind it.
pub(super) struct Outlet<T> {
    edge: Arc<Edge<T>>,
    next: AtomicU64,
    early: Mutex<Early<T>>,
    turns: Gate,
    writers: AtomicUsize,
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
    origin: u64,
}

impl<T: Weigh> Outlet<T> {
    /// An outlet of `writers` workers onto `edge`.
    pub(super) fn new(edge: Arc<Edge<T>>, writers: usize) -> Arc<Self> {
        let early = Mutex::new(Early { loads: BTreeMap::new(), slots: 0 });
        let (next, writers) = (AtomicU64::new(0), AtomicUsize::new(writers));
        Arc::new(Self { edge, next, early, turns: Gate::default(), writers })
    }

    /// Sends the results of turn `turn`, empties `items`, and returns their bytes.
    ///
    /// Every turn from 0 on must be sent once, by some worker, even if it has no results.
    pub(super) fn send(&self, turn: u64, origin: u64, items: &mut Vec<T>) -> Result<u64, Ended> {
        let load = self.weigh(origin, items)?;
        let bytes = load.bytes as u64;
        let mut mine = self.enter(turn, load)?;
        while let Some(load) = mine {
            for parcel in load.parcels {
                self.edge.push(parcel)?;
            }
            self.edge.passed(load.origin);
            mine = self.advance();
        }
        Ok(bytes)
    }

    /// One worker has nothing more to send; the last one closes the edge.
    pub(super) fn close(&self) {
        if self.writers.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.edge.close();
        }
    }

    fn weigh(&self, origin: u64, items: &mut Vec<T>) -> Result<Load<T>> {
        let budget = self.edge.control().budget();
        let mut load = Load { parcels: Vec::with_capacity(items.len()), bytes: 0, origin };
        for item in items.drain(..) {
            let bytes = item.bytes();
            if bytes > budget {
                return Err(too_large(bytes, budget));
            }
            load.bytes = load.bytes.saturating_add(bytes);
            load.parcels.push(Parcel { item, bytes, charged: 0, seq: 0, origin });
        }
        Ok(load)
    }

    /// Waits for the turn and gives the load back, or leaves the load behind.
    fn enter(&self, turn: u64, mut load: Load<T>) -> Result<Option<Load<T>>, Ended> {
        loop {
            self.edge.control().check()?;
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
            self.turns.wait(|| self.next.load(Ordering::SeqCst) == turn);
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

fn too_large(bytes: usize, budget: usize) -> Error {
    let (item, all) = (size(bytes as u64), size(budget as u64));
    let one = format!("one item of {item} ({bytes} bytes)");
    let text = format!("{one} is larger than the memory budget of {all} ({budget} bytes)");
    Error::new(Kind::OutOfMemory, text)
        .hint("give a larger memory budget, or make the items smaller (a smaller batch)")
}
