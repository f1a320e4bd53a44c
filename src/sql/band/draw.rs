//! The combinations of each place whose hash is least, found while they are counted out.

use std::collections::BinaryHeap;
use std::sync::Arc;

use arrow::array::{ArrayRef, UInt32Array, UInt64Array};
use datafusion::common::Result;

use super::prepare::Prepared;
use super::product::{Combinations, Level, NONE};
use super::program::Draw;
use super::rows::Rows;
use crate::sql::stable_hash::{finish, parts};

/// What the hash of a combination is made of.
pub(super) struct Hashes {
    /// The part that is the same for all.
    constant: u64,
    /// For each role, the part of each of its rows.
    roles: Vec<Vec<u64>>,
}

impl Hashes {
    pub fn of(draw: &Draw, prepared: &Prepared, roles: &[Rows]) -> Result<Self> {
        let mut all = Self { constant: 0, roles: roles.iter().map(|r| vec![0; r.len()]).collect() };
        for (place, ((role, _), value)) in draw.values.iter().zip(&prepared.drawn).enumerate() {
            match role {
                Some(role) => {
                    let rows = &roles[*role];
                    let values = value.run(rows.len(), |c| rows.column(c))?;
                    for (sum, part) in all.roles[*role].iter_mut().zip(parts(&values, place)?) {
                        *sum = sum.wrapping_add(part);
                    }
                }
                None => {
                    let value = value.run(1, |c| roles[0].column(c))?;
                    all.constant = all.constant.wrapping_add(parts(&value, place)?[0]);
                }
            }
        }
        Ok(all)
    }

    fn row(&self, role: usize, row: u32) -> u64 {
        self.roles[role].get(row as usize).copied().unwrap_or(0)
    }
}

/// A combination in the race: hash first, so that the greatest hash is on top of the heap.
type Candidate = (i64, Vec<u32>);

impl Combinations {
    /// The drawn combinations of the next places, at least `most` if there are as many, with their
    /// numbers; none at the end.
    pub fn draw(&mut self, hashes: &Hashes, keep: usize, most: usize) -> (Vec<Vec<u32>>, Vec<u64>) {
        let mut found: Vec<Vec<u32>> = vec![Vec::new(); self.levels.len()];
        let mut ranks = Vec::new();
        while ranks.len() < most && self.place < self.offsets.len() - 1 {
            let mut best: BinaryHeap<Candidate> = BinaryHeap::new();
            let (a, b) = (self.offsets[self.place], self.offsets[self.place + 1]);
            self.place += 1;
            self.limit(a as usize, b as usize);
            if self.levels.len() == 1 {
                for row in a..b {
                    let hash = finish(hashes.constant.wrapping_add(hashes.row(0, row)));
                    offer(&mut best, keep, hash, || vec![row]);
                }
            } else {
                while self.advance() {
                    race(&self.levels, hashes, keep, &mut best);
                }
            }
            for (number, (_, rows)) in best.into_sorted_vec().into_iter().enumerate() {
                rows.into_iter().zip(&mut found).for_each(|(row, all)| all.push(row));
                ranks.push(number as u64 + 1);
            }
        }
        (found, ranks)
    }
}

/// Lets every row of the last level race, those of the other levels being what they are.
fn race(levels: &[Level], hashes: &Hashes, keep: usize, best: &mut BinaryHeap<Candidate>) {
    let Some((last, fixed)) = levels.split_last() else { return };
    let mut sum = hashes.constant;
    for level in fixed {
        sum = sum.wrapping_add(hashes.row(level.role, level.row));
    }
    let parent = fixed[last.parent].row;
    for k in 0..last.count {
        let row = if last.row == NONE { NONE } else { last.at(parent, k) };
        let hash = finish(sum.wrapping_add(hashes.row(last.role, row)));
        offer(best, keep, hash, || {
            let mut rows = vec![NONE; levels.len()];
            fixed.iter().for_each(|l| rows[l.role] = l.row);
            rows[last.role] = row;
            rows
        });
    }
}

fn offer(
    best: &mut BinaryHeap<Candidate>,
    keep: usize,
    hash: i64,
    rows: impl FnOnce() -> Vec<u32>,
) {
    if best.len() == keep {
        if best.peek().is_some_and(|worst| worst.0 <= hash) {
            return;
        }
        best.pop();
    }
    best.push((hash, rows()));
}

/// Puts the numbers of combinations among the columns.
pub(super) fn with_ranks(columns: &mut Vec<ArrayRef>, draw: &Draw, ranks: &[u64]) {
    for at in &draw.ranks {
        columns.insert(*at, Arc::new(UInt64Array::from(ranks.to_vec())));
    }
}

/// Rows of each role as arrays.
pub(super) fn as_arrays(found: Vec<Vec<u32>>) -> Vec<UInt32Array> {
    found.into_iter().map(super::product::as_array).collect()
}
