//! A sink into a vector.

use super::{Sink, Weigh};
use crate::error::Result;

/// Keeps every item, in order. Memory is not bounded: for tests and short results.
#[derive(Debug, Clone)]
pub struct Collect<T> {
    name: String,
    items: Vec<T>,
}

impl<T> Collect<T> {
    /// An empty, named sink.
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), items: Vec::new() }
    }

    /// What has arrived.
    pub fn items(&self) -> &[T] {
        &self.items
    }

    /// What has arrived.
    pub fn into_items(self) -> Vec<T> {
        self.items
    }
}

impl<T: Send + Weigh> Sink for Collect<T> {
    type In = T;

    fn name(&self) -> String {
        self.name.clone()
    }

    fn accept(&mut self, item: T) -> Result<()> {
        self.items.push(item);
        Ok(())
    }
}
