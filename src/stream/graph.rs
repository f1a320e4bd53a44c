//! Building a graph.

use super::crew::Crew;
use super::edge::Edge;
use super::outlet::{Order, Outlet};
use super::plan::Plan;
use super::shape::{Role, Shape, Workers};
use super::sync::Arc;
use super::work::{Post, change, give, take};
use super::{Operator, Sink, Source, Weigh};
use crate::error::Result;
use crate::limits::WORKERS_MAX;

/// A graph to be: a source, any number of operators, a sink.
///
/// ```
/// use eclaircie::{Cancel, Collect, Each, Emit, Graph, Items};
///
/// # fn main() -> eclaircie::Result<()> {
/// let mut squares = Collect::new("squares");
/// let report = Graph::new("example", 1 << 20)
///     .source(Items::new("numbers", 0..5_u64))
///     .spread(2, |_worker| {
///         Each::new("square", |n: u64, out: &mut Emit<u64>| {
///             out.push(n * n);
///             Ok(())
///         })
///     })
///     .sink(&mut squares)
///     .run(&Cancel::default())?;
/// assert_eq!(squares.items(), [0, 1, 4, 9, 16]);
/// assert_eq!(report.nodes[1].items, 5);
/// # Ok(())
/// # }
/// ```
pub struct Graph {
    shape: Shape,
}

impl Graph {
    /// A graph with a name and a budget of bytes for all its edges. Each edge has an equal share;
    /// items in the hands of a node are not on an edge.
    pub fn new(name: &str, edge_bytes: usize) -> Self {
        Self { shape: Shape::new(name, edge_bytes) }
    }

    /// Starts the chain.
    pub fn source<S: Source + 'static>(mut self, source: S) -> Pipe<S::Out> {
        self.shape.total = source.total();
        let name = source.name();
        let post = self.shape.add(Role::Source, &name, Workers::One);
        let start = Box::new(move |crew: &mut Crew, output: Arc<Edge<S::Out>>| {
            let out = Outlet::new(output, 1, Order::Kept);
            let control = crew.control().clone();
            crew.spawn(&post.clone(), move || give(&post, &control, source, &out))
        });
        Pipe { shape: self.shape, start }
    }
}

/// Starts all threads up to the edge that it is given.
type Start<T> = Box<dyn FnOnce(&mut Crew, Arc<Edge<T>>) -> Result<()> + Send>;

/// The open end of a graph.
pub struct Pipe<T> {
    shape: Shape,
    start: Start<T>,
}

impl<T: Send + Weigh + 'static> Pipe<T> {
    /// One operator that sees all items in order.
    pub fn then<O: Operator<In = T> + 'static>(self, operator: O) -> Pipe<O::Out> {
        let name = operator.name();
        self.chain(&name, Workers::One, vec![operator])
    }

    /// `workers` copies of an operator, each on its own thread; the output keeps the order of the
    /// input. What the copies give in `finish` comes last, in the order of the workers.
    ///
    /// With [`super::cores`] workers on every spread node, whichever node has work can use the
    /// whole machine; threads that wait cost nothing.
    pub fn spread<O, F>(self, workers: usize, make: F) -> Pipe<O::Out>
    where
        O: Operator<In = T> + 'static,
        F: Fn(usize) -> O,
    {
        self.copies(workers, Order::Kept, make)
    }

    /// As [`Pipe::spread`], but results leave as they become ready: a slow item holds up no other.
    /// The order differs from run to run, so it is for those who do not care, such as counters.
    /// What a copy gives in `finish` may come before the last results of another.
    pub fn spread_unordered<O, F>(self, workers: usize, make: F) -> Pipe<O::Out>
    where
        O: Operator<In = T> + 'static,
        F: Fn(usize) -> O,
    {
        self.copies(workers, Order::Free, make)
    }

    fn copies<O, F>(self, workers: usize, order: Order, make: F) -> Pipe<O::Out>
    where
        O: Operator<In = T> + 'static,
        F: Fn(usize) -> O,
    {
        // A count that `check` refuses is not built; one copy tells the name.
        let build = if workers > WORKERS_MAX { 1 } else { workers.max(1) };
        let operators: Vec<O> = (0..build).map(make).collect();
        let name = operators.first().map(Operator::name).unwrap_or_default();
        self.chain(&name, Workers::Spread(workers, order), operators)
    }

    /// Ends the chain.
    pub fn sink<'a, K: Sink<In = T> + 'a>(mut self, sink: &'a mut K) -> Plan<'a> {
        let post = self.shape.add(Role::Sink, &sink.name(), Workers::One);
        let start = self.start;
        let run = Box::new(move |crew: &mut Crew, progress: super::progress::Progress<'a>| {
            let input = crew.edge();
            start(crew, input.clone())?;
            let _seat = crew.control().seat(&post.title);
            take(&post, &crew.control().clone(), sink, &input, progress);
            Ok(())
        });
        Plan::new(self.shape, run)
    }

    fn chain<O>(mut self, name: &str, workers: Workers, operators: Vec<O>) -> Pipe<O::Out>
    where
        O: Operator<In = T> + 'static,
    {
        let post = self.shape.add(Role::Operator, name, workers);
        let (before, order) = (self.start, workers.order());
        let start = Box::new(move |crew: &mut Crew, output: Arc<Edge<O::Out>>| {
            let input: Arc<Edge<T>> = crew.edge();
            before(crew, input.clone())?;
            let out = Outlet::new(output, operators.len(), order);
            for (worker, operator) in operators.into_iter().enumerate() {
                let post = Post { worker: worker as u64, ..post.clone() };
                let (input, out, control) = (input.clone(), out.clone(), crew.control().clone());
                crew.spawn(&post.clone(), move || change(&post, &control, operator, &input, &out))?;
            }
            Ok(())
        });
        Pipe { shape: self.shape, start }
    }
}
