//! The three traits, and what is counted.

use crate::error::Result;

/// The size of an item on an edge, so that edges are bounded in bytes.
pub trait Weigh {
    /// Bytes that the item keeps alive.
    fn bytes(&self) -> usize;
}

/// Where items come from. Names are nouns.
pub trait Source: Send {
    /// What it gives.
    type Out: Send + Weigh;
    /// Shown in errors, statistics and `explain`.
    fn name(&self) -> String;
    /// The next item; `None` at the end.
    fn next(&mut self) -> Result<Option<Self::Out>>;
    /// Number of items, if known, for progress.
    fn total(&self) -> Option<u64> {
        None
    }
}

/// What happens to items. Names are verbs.
pub trait Operator: Send {
    /// What it takes.
    type In: Send + Weigh;
    /// What it gives.
    type Out: Send + Weigh;
    /// Shown in errors, statistics and `explain`.
    fn name(&self) -> String;
    /// Takes one item; gives none, one or more.
    fn apply(&mut self, item: Self::In, out: &mut Emit<Self::Out>) -> Result<()>;
    /// Called once after the last item: gives what was held back.
    fn finish(&mut self, out: &mut Emit<Self::Out>) -> Result<()> {
        let _ = out;
        Ok(())
    }
}

/// Where items end. It runs on the thread that called [`super::Plan::run`].
pub trait Sink {
    /// What it takes.
    type In: Send + Weigh;
    /// Shown in errors, statistics and `explain`.
    fn name(&self) -> String;
    /// Takes one item.
    fn accept(&mut self, item: Self::In) -> Result<()>;
    /// Called once after the last item.
    fn finish(&mut self) -> Result<()> {
        Ok(())
    }
}

/// What an operator gives for one item.
#[derive(Debug)]
pub struct Emit<T>(pub(super) Vec<T>);

impl<T> Emit<T> {
    /// Gives one item.
    pub fn push(&mut self, item: T) {
        self.0.push(item);
    }
}

/// What one node did.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct NodeStats {
    /// Its name.
    pub name: String,
    /// Its workers.
    pub workers: usize,
    /// Items taken (a source: given).
    pub items: u64,
    /// Bytes given (a sink: taken).
    pub bytes: u64,
    /// Seconds at work, all workers together.
    pub busy_s: f64,
    /// Seconds waiting for input.
    pub wait_in_s: f64,
    /// Seconds waiting for room downstream.
    pub wait_out_s: f64,
}

/// What a run did.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct Report {
    /// Name of the graph.
    pub graph: String,
    /// Wall time, seconds.
    pub wall_s: f64,
    /// Largest number of bytes that were on edges at once.
    pub peak_edge_bytes: usize,
    /// One entry a node, source first.
    pub nodes: Vec<NodeStats>,
}
