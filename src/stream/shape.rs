//! A graph as it is described, without its nodes.

use super::NodeStats;
use super::outlet::Order;
use super::report::size;
use super::work::Post;
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

/// Who works at a node.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Workers {
    /// One that sees all items in order.
    One,
    /// A number of copies, and in what order their results leave.
    Spread(usize, Order),
}

impl Workers {
    pub(super) fn order(self) -> Order {
        match self {
            Self::One => Order::Kept,
            Self::Spread(_, order) => order,
        }
    }

    fn count(self) -> usize {
        match self {
            Self::One => 1,
            Self::Spread(count, _) => count,
        }
    }
}

/// One node as it is described.
struct Described {
    role: Role,
    name: String,
    workers: Workers,
}

impl Described {
    fn about(&self, total: Option<u64>) -> String {
        let order = match self.workers.order() {
            Order::Kept => "order kept",
            Order::Free => "order free",
        };
        match (self.role, total, self.workers.count()) {
            (Role::Source, Some(total), _) => format!("{total} items"),
            (Role::Source, None, _) => "items not counted".to_owned(),
            (Role::Operator, _, 1) => "1 worker".to_owned(),
            (Role::Operator, _, n) => format!("{n} workers, {order}"),
            (Role::Sink, ..) => "on the calling thread".to_owned(),
        }
    }
}

/// A graph as it is described.
pub(super) struct Shape {
    pub(super) graph: String,
    pub(super) edge_bytes: usize,
    pub(super) total: Option<u64>,
    nodes: Vec<Described>,
}

impl Shape {
    pub(super) fn new(graph: &str, edge_bytes: usize) -> Self {
        Self { graph: graph.to_owned(), edge_bytes, nodes: Vec::new(), total: None }
    }

    /// Adds a node; returns the post of its first worker.
    pub(super) fn add(&mut self, role: Role, name: &str, workers: Workers) -> Post {
        let (node, name) = (self.nodes.len(), name.to_owned());
        let title = format!("{} {name}", role.word());
        self.nodes.push(Described { role, name: name.clone(), workers });
        Post { node, name, title, worker: 0 }
    }

    fn edges(&self) -> usize {
        self.nodes.len().saturating_sub(1).max(1)
    }

    /// Bytes of one edge.
    pub(super) fn share(&self) -> usize {
        self.edge_bytes / self.edges()
    }

    /// Threads of a run, that of the sink among them.
    pub(super) fn threads(&self) -> usize {
        self.nodes.iter().map(|node| node.workers.count()).sum()
    }

    /// Statistics of nodes that have done nothing yet.
    pub(super) fn stats(&self) -> Vec<NodeStats> {
        let stats = |node: &Described| NodeStats {
            name: node.name.clone(),
            workers: node.workers.count(),
            spread: node.workers != Workers::One,
            ..NodeStats::default()
        };
        self.nodes.iter().map(stats).collect()
    }

    /// Refuses what cannot run: no budget, no workers or too many.
    pub(super) fn check(&self) -> Result<()> {
        if self.edge_bytes == 0 {
            return Err(Error::usage("the memory budget of the edges is 0 bytes"))
                .during(|| format!("graph {}", self.graph))
                .map_err(|e| e.hint("give a memory budget that holds at least one item"));
        }
        for node in &self.nodes {
            let workers = node.workers.count();
            if workers == 0 || workers > WORKERS_MAX {
                let text = format!("{workers} workers, expected 1 to {WORKERS_MAX}");
                let error = Error::usage(text).context(format!("operator {}", node.name));
                return Err(error.context(format!("graph {}", self.graph)));
            }
        }
        Ok(())
    }

    /// One line a node.
    pub(super) fn explain(&self) -> String {
        let (all, each) = (size(self.edge_bytes as u64), size(self.share() as u64));
        let (nodes, edges) = (self.nodes.len(), self.edges());
        let mut text = format!(
            "graph {}: {nodes} nodes, {edges} edges of {each} each ({all} in all)\n",
            self.graph
        );
        let widest = self.nodes.iter().map(|n| n.name.chars().count()).max().unwrap_or_default();
        for node in &self.nodes {
            let (word, about) = (node.role.word(), node.about(self.total));
            text += &format!("  {word:<8}  {:<widest$}  {about}\n", node.name);
        }
        // What a worker takes in and gives out is not on an edge.
        text + &format!("and one item in the hands of each of {} threads\n", self.threads())
    }

    /// A flowchart, its edges with what they hold; those that keep no order are dotted.
    pub(super) fn mermaid(&self) -> String {
        let mut text = "flowchart LR\n".to_owned();
        for (i, node) in self.nodes.iter().enumerate() {
            // Mermaid reads entities, not backslashes.
            let name = node.name.replace('#', "#35;").replace('"', "#quot;").replace('\n', " ");
            text += &match (node.role, node.workers.count()) {
                (Role::Operator, 1) => format!("  n{i}[\"{name}\"]\n"),
                (Role::Operator, n) => format!("  n{i}[\"{name} x{n}\"]\n"),
                _ => format!("  n{i}([\"{name}\"])\n"),
            };
        }
        let each = size(self.share() as u64);
        for (i, node) in self.nodes.iter().enumerate().take(self.edges()) {
            let arrow = match node.workers.order() {
                Order::Kept => "-->",
                Order::Free => "-.->",
            };
            text += &format!("  n{i} {arrow}|\"{each}\"| n{}\n", i + 1);
        }
        text
    }
}
