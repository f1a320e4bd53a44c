//! `batch`: samples side by side.

use std::collections::BTreeMap;

use super::Fetched;
use crate::error::Result;
use crate::stream::{Emit, Operator, Weigh};
use crate::tensors::{Batch, Stack};

/// Gathers `size` samples into one tensor a role, stored integers, one copy a patch. The last batch
/// may be smaller.
pub struct MakeBatch {
    size: usize,
    side: usize,
    waiting: Vec<Fetched>,
}

impl MakeBatch {
    /// Batches of `size` samples (at least 1); `side`: pixels (10 m) on a side of a patch.
    pub fn new(size: usize, side: usize) -> Self {
        Self { size: size.max(1), side, waiting: Vec::new() }
    }

    fn gather(&mut self) -> Result<Batch> {
        let items = std::mem::take(&mut self.waiting);
        let mut tensors = BTreeMap::new();
        let roles = items.first().map_or(0, |f| f.patches.len());
        for role in 0..roles {
            let (name, layer, _) = &items[0].patches[role];
            let mut stack = Stack::new(*layer, self.side, items.len())?;
            for item in &items {
                stack.push(&item.patches[role].2)?;
            }
            tensors.insert(name.clone(), stack.finish()?);
        }
        let names = items.iter().map(|f| f.sample.name()).collect();
        Ok(Batch { tensors, names })
    }
}

impl Weigh for Batch {
    fn bytes(&self) -> usize {
        self.tensors.values().map(|t| t.numel() * t.kind().elt_size_in_bytes()).sum()
    }
}

impl Operator for MakeBatch {
    type In = Fetched;
    type Out = Batch;

    fn name(&self) -> String {
        "batch".into()
    }

    fn apply(&mut self, item: Fetched, out: &mut Emit<Batch>) -> Result<()> {
        self.waiting.push(item);
        if self.waiting.len() == self.size {
            out.push(self.gather()?);
        }
        Ok(())
    }

    fn finish(&mut self, out: &mut Emit<Batch>) -> Result<()> {
        if !self.waiting.is_empty() {
            out.push(self.gather()?);
        }
        Ok(())
    }
}
