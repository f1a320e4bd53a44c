//! What all threads of one run share: the word to stop, the first error, the count of bytes, the
//! statistics.

use super::gate::Gate;
use super::roll::Roll;
use super::sync::{Arc, AtomicBool, AtomicUsize, CachePadded, Mutex, Ordering, lock};
use super::trace::{Recorder, Run};
use super::work::Post;
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
    gates: Mutex<Vec<Arc<Gate>>>,
    roll: Roll,
    budget: usize,
    on_edges: CachePadded<AtomicUsize>,
    peak: AtomicUsize,
    nodes: Mutex<Vec<NodeStats>>,
    trace: Option<Run>,
}

/// A thread is at work as long as it holds this.
pub(super) struct Seat {
    control: Arc<Control>,
    title: String,
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.control.roll.leave(&self.title);
    }
}

impl Control {
    /// A run of `nodes` that listens to `cancel`, with a budget of bytes for all edges.
    pub(super) fn new(cancel: &Cancel, budget: usize, nodes: Vec<NodeStats>) -> Self {
        Self {
            cancel: cancel.clone(),
            halted: AtomicBool::new(false),
            first: Mutex::new(None),
            gates: Mutex::new(Vec::new()),
            roll: Roll::default(),
            budget,
            on_edges: CachePadded::new(AtomicUsize::new(0)),
            peak: AtomicUsize::new(0),
            nodes: Mutex::new(nodes),
            trace: None,
        }
    }

    /// Its threads write down what they do.
    pub(super) fn traced(mut self, run: Option<Run>) -> Self {
        self.trace = run;
        self
    }

    /// Bytes that all edges may hold together.
    pub(super) fn budget(&self) -> usize {
        self.budget
    }

    /// A gate that is rung when the run is ended. Whoever waits there looks at [`Self::is_halted`].
    pub(super) fn gate(&self) -> Arc<Gate> {
        let gate = Arc::new(Gate::default());
        lock(&self.gates).push(gate.clone());
        gate
    }

    /// A thread comes; it leaves when its seat is dropped.
    pub(super) fn seat(self: &Arc<Self>, title: &str) -> Seat {
        self.roll.enter(title);
        Seat { control: self.clone(), title: title.to_owned() }
    }

    /// Waits until all seats are free.
    pub(super) fn wait(&self) {
        self.roll.wait();
    }

    /// Where a thread that begins its work writes down what it does.
    pub(super) fn recorder(&self) -> Option<Recorder> {
        self.trace.as_ref().map(Run::recorder)
    }

    /// Ends the run with `error`; only the first error of a run is kept.
    pub(super) fn fail(&self, error: Error) {
        lock(&self.first).get_or_insert(error);
        self.halt();
    }

    /// Ends the run: everybody who waits is woken.
    pub(super) fn halt(&self) {
        if self.halted.swap(true, Ordering::SeqCst) {
            return;
        }
        self.roll.stop();
        // A copy, so that no lock is held while others are taken.
        let gates = lock(&self.gates).clone();
        gates.iter().for_each(|gate| gate.ring_all());
    }

    /// Whether the run was ended. It asks nothing of anybody, so a thread may look while it holds
    /// the lock of a gate.
    pub(super) fn is_halted(&self) -> bool {
        self.halted.load(Ordering::SeqCst)
    }

    /// `Stopped` if the run has ended or the user asks to stop. Every wait comes by here.
    pub(super) fn check(&self) -> Result<(), Ended> {
        if self.is_halted() {
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
        // A look first: all threads share this line, and it seldom changes.
        if now > self.peak.load(Ordering::Relaxed) {
            self.peak.fetch_max(now, Ordering::Relaxed);
        }
    }

    /// Counts bytes off an edge. Call it before the edge offers their room again.
    pub(super) fn unload(&self, bytes: usize) {
        self.on_edges.fetch_sub(bytes, Ordering::SeqCst);
    }

    /// Largest number of bytes that were on edges at once.
    pub(super) fn peak(&self) -> usize {
        self.peak.load(Ordering::Relaxed)
    }

    /// Takes what one worker did.
    pub(super) fn add(&self, post: &Post, did: &NodeStats, recorder: Option<Recorder>) {
        if let Some(node) = lock(&self.nodes).get_mut(post.node) {
            node.add(post.worker as usize, did);
            if let (Some(trace), Some(recorder)) = (&self.trace, recorder) {
                trace.keep(post, node, recorder);
            }
        }
    }

    /// The first error, or the statistics. Takes both: call it once, after all threads were joined.
    pub(super) fn outcome(&self) -> Result<Vec<NodeStats>> {
        match lock(&self.first).take() {
            Some(error) => Err(self.roll.blame(error)),
            None => Ok(std::mem::take(&mut *lock(&self.nodes))),
        }
    }
}
