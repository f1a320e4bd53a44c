//! The three traits of a graph.

use super::Weigh;
use crate::error::Result;

/// Where items come from. Names are nouns.
pub trait Source: Send {
    /// What it gives.
    type Out: Send + Weigh;
    /// Shown in errors, statistics and `explain`.
    fn name(&self) -> String;
    /// The next item; `None` at the end.
    fn next(&mut self) -> Result<Option<Self::Out>>;
    /// Number of items, if known, for progress. Asked once, when the graph is built.
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
    /// Called once after the last item, and only if no node failed: what is published here is
    /// whole.
    fn finish(&mut self) -> Result<()> {
        Ok(())
    }
}

/// What an operator gives for one item. It is sent when `apply` returns, so one call should not
/// give more than memory can hold beside the edges.
#[derive(Debug)]
pub struct Emit<T>(pub(super) Vec<T>);

impl<T> Emit<T> {
    /// Nothing given yet; for calling an operator without a graph.
    pub fn new() -> Self {
        Self(Vec::new())
    }

    /// Gives one item.
    pub fn push(&mut self, item: T) {
        self.0.push(item);
    }

    /// What was given, in order.
    pub fn into_items(self) -> Vec<T> {
        self.0
    }
}

impl<T> Default for Emit<T> {
    fn default() -> Self {
        Self::new()
    }
}
