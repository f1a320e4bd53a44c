//! A source over an iterator.

use super::{Source, Weigh};
use crate::error::Result;

/// Gives the items of an iterator, in order.
#[derive(Debug, Clone)]
pub struct Items<I> {
    name: String,
    items: I,
}

impl<I: Iterator> Items<I> {
    /// A named source over a vector, a range or any iterator.
    pub fn new(name: &str, items: impl IntoIterator<IntoIter = I>) -> Self {
        Self { name: name.to_owned(), items: items.into_iter() }
    }
}

impl<I> Source for Items<I>
where
    I: Iterator + Send,
    I::Item: Send + Weigh,
{
    type Out = I::Item;

    fn name(&self) -> String {
        self.name.clone()
    }

    fn next(&mut self) -> Result<Option<I::Item>> {
        Ok(self.items.next())
    }

    /// Known if the iterator knows it exactly.
    fn total(&self) -> Option<u64> {
        match self.items.size_hint() {
            (low, Some(high)) if low == high => Some(low as u64),
            _ => None,
        }
    }
}
