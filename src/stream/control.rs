//! What all threads of one run share: the word to stop, the first error, the count of bytes, the
//! statistics.

use super::sync::{AtomicBool, AtomicUsize, CachePadded, Mutex, Ordering, lock};
use super::{Cancel, NodeStats};
use crate::error::{Error, Result};

/// Why a node left its work before the end.
pub(super) enum Ended {
    /// Somebody else failed, or the user asked to stop: nothing to say.
    Stopped,
    /// This node failed.
    Failed(Error),
}

impl From<Error> for Ended {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// Shared by all threads of one run.
pub(super) struct Control {
    cancel: Cancel,
    halted: AtomicBool,
    first: Mutex<Option<Error>>,
    budget: usize,
    on_edges: CachePadded<AtomicUsize>,
    peak: AtomicUsize,
    nodes: Mutex<Vec<NodeStats>>,
}

impl Control {
    /// A run of `nodes` that listens to `cancel`, with a budget of bytes for all edges.
    pub(super) fn new(cancel: &Cancel, budget: usize, nodes: Vec<NodeStats>) -> Self {
        Self {
            cancel: cancel.clone(),
            halted: AtomicBool::new(false),
            first: Mutex::new(None),
            budget,
            on_edges: CachePadded::new(AtomicUsize::new(0)),
            peak: AtomicUsize::new(0),
            nodes: Mutex::new(nodes),
        }
    }

    /// Bytes that all edges may hold together.
    pub(super) fn budget(&self) -> usize {
        self.budget
    }

    /// Ends the run with `error`; only the first error of a run is kept.
    pub(super) fn fail(&self, error: Error) {
        lock(&self.first).get_or_insert(error);
        self.halt();
    }

    /// Ends the run.
    pub(super) fn halt(&self) {
        self.halted.store(true, Ordering::SeqCst);
    }

    /// `Stopped` if the run has ended or the user asks to stop. Every wait comes by here.
    pub(super) fn check(&self) -> Result<(), Ended> {
        if self.halted.load(Ordering::SeqCst) {
            return Err(Ended::Stopped);
        }
        self.cancel.check().map_err(|error| {
            self.fail(error);
            Ended::Stopped
        })
    }

    /// Counts bytes onto an edge. Call it after the edge has accepted them.
    pub(super) fn load(&self, bytes: usize) {
        let now = self.on_edges.fetch_add(bytes, Ordering::SeqCst) + bytes;
        self.peak.fetch_max(now, Ordering::Relaxed);
    }

    /// Counts bytes off an edge. Call it before the edge offers their room again.
    pub(super) fn unload(&self, bytes: usize) {
        self.on_edges.fetch_sub(bytes, Ordering::SeqCst);
    }

    /// Largest number of bytes that were on edges at once.
    pub(super) fn peak(&self) -> usize {
        self.peak.load(Ordering::Relaxed)
    }

    /// Adds what one worker did to its node.
    pub(super) fn add(&self, node: usize, worker: &NodeStats) {
        if let Some(node) = lock(&self.nodes).get_mut(node) {
            node.add(worker);
        }
    }

    /// The first error, or the statistics. Takes both: call it once, after all threads were joined.
    pub(super) fn outcome(&self) -> Result<Vec<NodeStats>> {
        match lock(&self.first).take() {
            Some(error) => Err(error),
            None => Ok(std::mem::take(&mut *lock(&self.nodes))),
        }
    }
}
