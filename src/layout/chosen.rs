//! The rows of a query that a draw has chosen.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{RecordBatch, UInt32Array};

use super::rows::Gatherer;
use super::{PatchRef, Sample, Samples};
use crate::error::Result;
use crate::geo::Split;

/// What tells samples apart.
type Key = (Arc<str>, u32, u32, Split, Vec<PatchRef>);

/// Samples that are looked for among the rows of their query.
pub(super) struct Chosen<'a> {
    gatherer: Gatherer<'a>,
    roles: Vec<String>,
    /// How often each is wanted; those that were found are taken out.
    wanted: HashMap<Key, u32>,
}

impl<'a> Chosen<'a> {
    pub fn of(samples: &'a Samples) -> Self {
        let mut wanted = HashMap::new();
        for sample in &samples.rows {
            *wanted.entry(key(sample.clone())).or_default() += 1;
        }
        let roles = samples.roles.iter().map(|r| r.name.clone()).collect();
        Self { gatherer: Gatherer::new(&samples.splitter), roles, wanted }
    }

    /// The rows of a batch that are wanted, each as often as it is. Of equal samples the first row
    /// stands for all.
    pub fn rows(&mut self, batch: &RecordBatch) -> Result<UInt32Array> {
        let mut rows = Vec::new();
        let found = self.gatherer.samples(batch, &self.roles)?;
        for (row, sample) in (0u32..).zip(found) {
            if let Some(times) = self.wanted.remove(&key(sample)) {
                rows.extend((0..times).map(|_| row));
            }
        }
        Ok(rows.into())
    }

    /// Samples that are still looked for.
    pub fn missing(&self) -> usize {
        self.wanted.len()
    }
}

fn key(s: Sample) -> Key {
    (s.tile, s.row, s.col, s.split, s.patches)
}
