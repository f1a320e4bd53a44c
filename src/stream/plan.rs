//! A whole graph: checked, explained, run.

use std::time::Instant;

use super::control::Control;
use super::crew::Crew;
use super::progress::{Progress, Told};
use super::report::size;
use super::sync::Arc;
use super::work::Post;
use super::{Cancel, NodeStats, Report};
use crate::error::{Error, Result, While};
use crate::limits::WORKERS_MAX;

/// Where a node stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Source,
    Operator,
    Sink,
}

impl Role {
    fn word(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Operator => "operator",
            Self::Sink => "sink",
        }
    }
}

/// One node as it is described.
struct Described {
    role: Role,
    name: String,
    workers: usize,
}

/// A graph as it is described.
pub(super) struct Shape {
    graph: String,
    edge_bytes: usize,
    nodes: Vec<Described>,
    pub(super) total: Option<u64>,
}

impl Shape {
    pub(super) fn new(graph: &str, edge_bytes: usize) -> Self {
        Self { graph: graph.to_owned(), edge_bytes, nodes: Vec::new(), total: None }
    }

    /// Adds a node; returns the post of its first worker.
    pub(super) fn add(&mut self, role: Role, name: &str, workers: usize) -> Post {
        let post =
            Post { node: self.nodes.len(), title: format!("{} {name}", role.word()), worker: 0 };
        self.nodes.push(Described { role, name: name.to_owned(), workers });
        post
    }

    fn edges(&self) -> usize {
        self.nodes.len().saturating_sub(1).max(1)
    }

    fn share(&self) -> usize {
        self.edge_bytes / self.edges()
    }
}

/// Starts all threads and works as the sink until the end.
type Run<'a> = Box<dyn FnOnce(&mut Crew, Progress<'a>) -> Result<()> + 'a>;

/// A whole graph, not yet running.
pub struct Plan<'a> {
    shape: Shape,
    run: Run<'a>,
    tell: Option<Told<'a>>,
}

impl<'a> Plan<'a> {
    pub(super) fn new(shape: Shape, run: Run<'a>) -> Self {
        Self { shape, run, tell: None }
    }

    /// Calls `tell(done, total)` on the thread of the sink, some ten times a second and once at the
    /// end. Both count items of the source: `done` are those whose results the sink has accepted.
    #[must_use]
    pub fn with_progress(mut self, tell: Box<dyn FnMut(u64, Option<u64>) + Send + 'a>) -> Self {
        self.tell = Some(tell);
        self
    }

    /// Refuses what cannot run: no budget, no workers or too many. [`Plan::run`] checks by itself.
    pub fn check(&self) -> Result<()> {
        let shape = &self.shape;
        if shape.edge_bytes == 0 {
            return Err(Error::usage("the memory budget of the edges is 0 bytes"))
                .during(|| format!("graph {}", shape.graph))
                .map_err(|e| e.hint("give a memory budget that holds at least one item"));
        }
        for node in &shape.nodes {
            if node.workers == 0 || node.workers > WORKERS_MAX {
                let text = format!("{} workers, expected 1 to {WORKERS_MAX}", node.workers);
                let error = Error::usage(text).context(format!("operator {}", node.name));
                return Err(error.context(format!("graph {}", shape.graph)));
            }
        }
        Ok(())
    }

    /// The graph as text, one line a node, without running it.
    pub fn explain(&self) -> String {
        let shape = &self.shape;
        let (all, each) = (size(shape.edge_bytes as u64), size(shape.share() as u64));
        let (nodes, edges) = (shape.nodes.len(), shape.edges());
        let mut text = format!(
            "graph {}: {nodes} nodes, {edges} edges of {each} each ({all} in all)\n",
            shape.graph
        );
        let widest = shape.nodes.iter().map(|n| n.name.chars().count()).max().unwrap_or_default();
        for node in &shape.nodes {
            let about = match (node.role, shape.total, node.workers) {
                (Role::Source, Some(total), _) => format!("{total} items"),
                (Role::Source, None, _) => "items not counted".to_owned(),
                (Role::Operator, _, 1) => "1 worker".to_owned(),
                (Role::Operator, _, n) => format!("{n} workers, order kept"),
                (Role::Sink, ..) => "on the calling thread".to_owned(),
            };
            text += &format!("  {:<8}  {:<widest$}  {about}\n", node.role.word(), node.name);
        }
        text
    }

    /// The graph as a Mermaid flowchart.
    pub fn mermaid(&self) -> String {
        let mut text = "flowchart LR\n".to_owned();
        for (i, node) in self.shape.nodes.iter().enumerate() {
            // Mermaid reads entities, not backslashes.
            let name = node.name.replace('#', "#35;").replace('"', "#quot;").replace('\n', " ");
            text += &match (node.role, node.workers) {
                (Role::Operator, 1) => format!("  n{i}[\"{name}\"]\n"),
                (Role::Operator, n) => format!("  n{i}[\"{name} x{n}\"]\n"),
                _ => format!("  n{i}([\"{name}\"])\n"),
            };
        }
        for i in 1..self.shape.nodes.len() {
            text += &format!("  n{} --> n{i}\n", i - 1);
        }
        text
    }

    /// Runs to the end. The first error wins; a panic becomes an error that names its node.
    ///
    /// All threads have ended when it returns. A node that is at work is waited for: one that may
    /// work for long should look at its own clone of the [`Cancel`].
    pub fn run(self, cancel: &Cancel) -> Result<Report> {
        self.check()?;
        cancel.check()?;
        let began = Instant::now();
        let describe = |node: &Described| NodeStats {
            name: node.name.clone(),
            workers: node.workers,
            ..NodeStats::default()
        };
        let nodes = self.shape.nodes.iter().map(describe).collect();
        let control = Arc::new(Control::new(cancel, self.shape.edge_bytes, nodes));
        let mut crew = Crew::new(control.clone(), self.shape.share());
        (self.run)(&mut crew, Progress::new(self.tell, self.shape.total))?;
        crew.join();
        let nodes = control.outcome()?;
        Ok(Report {
            graph: self.shape.graph,
            wall_s: began.elapsed().as_secs_f64(),
            peak_edge_bytes: control.peak(),
            nodes,
        })
    }
}
