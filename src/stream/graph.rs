//! Building, explaining and running a graph.

use super::{Cancel, Operator, Report, Sink, Source, Weigh};
use crate::error::Result;

/// A graph to be.
pub struct Graph {}

impl Graph {
    /// A graph with a name and a budget of bytes for all its edges.
    pub fn new(name: &str, edge_bytes: usize) -> Self {
        let _ = (name, edge_bytes);
        todo!()
    }
    /// Starts the chain.
    pub fn source<S: Source + 'static>(self, source: S) -> Pipe<S::Out> {
        let _ = source;
        todo!()
    }
}

/// The open end of a graph.
pub struct Pipe<T>(std::marker::PhantomData<T>);

impl<T: Send + Weigh + 'static> Pipe<T> {
    /// One operator that sees all items in order.
    pub fn then<O: Operator<In = T> + 'static>(self, operator: O) -> Pipe<O::Out> {
        let _ = operator;
        todo!()
    }
    /// `workers` copies of an operator, each on its own thread; the output keeps the order of the input.
    pub fn spread<O, F>(self, workers: usize, make: F) -> Pipe<O::Out>
    where
        O: Operator<In = T> + 'static,
        F: Fn(usize) -> O,
    {
        let _ = (workers, make);
        todo!()
    }
    /// Ends the chain.
    pub fn sink<'a, K: Sink<In = T> + 'a>(self, sink: &'a mut K) -> Plan<'a> {
        let _ = sink;
        todo!()
    }
}

/// A whole graph, not yet running.
pub struct Plan<'a>(std::marker::PhantomData<&'a ()>);

impl Plan<'_> {
    /// The graph as text, one line a node, without running it.
    pub fn explain(&self) -> String {
        todo!()
    }
    /// The graph as a Mermaid flowchart.
    pub fn mermaid(&self) -> String {
        todo!()
    }
    /// Runs to the end. The first error wins; a panic becomes an error that names its node.
    pub fn run(self, cancel: &Cancel) -> Result<Report> {
        let _ = cancel;
        todo!()
    }
}
