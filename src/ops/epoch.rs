//! The samples of one epoch in their order, cut into steps and shared out among ranks.
//!
//! The order is one list for all: a function of the samples (thereby of snapshot and query), seed,
//! epoch and way of mixing. Workers, ranks and a resume only decide who takes which part of it.

use std::ops::Range;

use super::order::{mix, order};
use crate::error::{Error, Result};
use crate::layout::Sample;

/// How the samples of an epoch are mixed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shuffle {
    /// Any order is as likely as any other.
    #[default]
    Full,
    /// Places are mixed whole, then the samples inside windows of so many: a window is read from few
    /// places, so that an archive larger than memory is not read again for every sample.
    Window(usize),
    /// The order of the layout: by place, then by time.
    Sorted,
}

impl Shuffle {
    /// `full`, `sorted`, or a number of samples.
    pub fn parse(text: &str) -> std::result::Result<Self, String> {
        match (text, text.parse()) {
            ("full", _) => Ok(Self::Full),
            ("sorted", _) => Ok(Self::Sorted),
            (_, Ok(window)) if window > 0 => Ok(Self::Window(window)),
            _ => Err("write full, sorted, or a window as a number of samples".to_owned()),
        }
    }

    /// As it is typed.
    pub fn name(self) -> String {
        match self {
            Self::Full => "full".into(),
            Self::Window(window) => window.to_string(),
            Self::Sorted => "sorted".into(),
        }
    }
}

/// One of several programs that share an epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    rank: usize,
    world: usize,
}

impl Default for Share {
    fn default() -> Self {
        Self { rank: 0, world: 1 }
    }
}

impl Share {
    /// Rank `rank` of `world`. Refuses a rank that is not below `world`.
    pub fn new(rank: usize, world: usize) -> Result<Self> {
        if rank < world {
            return Ok(Self { rank, world });
        }
        Err(Error::usage(format!("rank {rank} of {world}"))
            .hint("ranks are counted from 0 to --world less one"))
    }
}

/// The order of one epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Epoch {
    order: Vec<usize>,
    /// Samples of the order that were given before.
    done: usize,
}

impl Epoch {
    /// Mixes `samples`, which lie sorted by place, for one epoch.
    pub fn new(samples: &[Sample], shuffle: Shuffle, seed: u64, epoch: u64) -> Self {
        let order = match shuffle {
            Shuffle::Full => order(samples.len(), seed, epoch),
            Shuffle::Sorted => (0..samples.len()).collect(),
            Shuffle::Window(window) => windows(samples, window, seed, epoch),
        };
        Self { order, done: 0 }
    }

    /// Only the first `most` samples of the order.
    #[must_use]
    pub fn first(mut self, most: usize) -> Self {
        self.order.truncate(most);
        self
    }

    /// What is left after `done` samples, counted over all ranks.
    #[must_use]
    pub fn after(mut self, done: usize) -> Self {
        self.done = done.min(self.order.len());
        self
    }

    /// Positions of all samples of the epoch, in order.
    pub fn order(&self) -> &[usize] {
        &self.order
    }

    /// Steps that every rank takes, with `batch` samples each, the last one possibly fewer.
    pub fn steps(&self, batch: usize, share: Share) -> usize {
        let (all, whole) = (self.order.len() - self.done, batch.max(1) * share.world);
        all / whole + usize::from(all % whole >= share.world)
    }

    /// Samples that no rank takes: fewer than there are ranks, and others in each epoch. None for one rank.
    pub fn left_out(&self, batch: usize, share: Share) -> usize {
        let rest = (self.order.len() - self.done) % (batch.max(1) * share.world);
        if rest < share.world { rest } else { 0 }
    }

    /// Samples given by all ranks together after `steps` more steps.
    pub fn done_after(&self, steps: usize, batch: usize, share: Share) -> usize {
        let given = steps.saturating_mul(batch.max(1) * share.world);
        self.done.saturating_add(given).min(self.order.len())
    }

    /// Step `step` of a rank, as a range of the order. The samples of a step lie side by side, rank
    /// after rank, so that a step of all ranks is the same for any number of them; the rest at the
    /// end is shared out evenly.
    pub fn step(&self, step: usize, batch: usize, share: Share) -> Range<usize> {
        let whole = batch.max(1) * share.world;
        let first = (self.done + step * whole).min(self.order.len());
        let here = whole.min(self.order.len() - first);
        let cut = |rank: usize| first + here * rank / share.world;
        if here < share.world { first..first } else { cut(share.rank)..cut(share.rank + 1) }
    }
}

/// Places in any order, then the samples of each window in any order.
fn windows(samples: &[Sample], window: usize, seed: u64, epoch: u64) -> Vec<usize> {
    let place = |s: &Sample| (s.tile.clone(), s.row, s.col);
    let mut starts: Vec<usize> = (0..samples.len())
        .filter(|i| *i == 0 || place(&samples[*i]) != place(&samples[i - 1]))
        .collect();
    starts.push(samples.len());
    let mut all = Vec::with_capacity(samples.len());
    for at in order(starts.len() - 1, seed, epoch) {
        all.extend(starts[at]..starts[at + 1]);
    }
    for (number, part) in all.chunks_mut(window.max(1)).enumerate() {
        let inside = order(part.len(), mix(seed, 1 + number as u64), epoch);
        let mixed: Vec<usize> = inside.into_iter().map(|i| part[i]).collect();
        part.copy_from_slice(&mixed);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geo::Split;

    /// `each` samples at each of `places` places.
    fn samples(places: u32, each: usize) -> Vec<Sample> {
        let at = |row| Sample {
            tile: "31TCJ".into(),
            row,
            col: 0,
            split: Split::Train,
            patches: Vec::new(),
        };
        (0..places).flat_map(|row| std::iter::repeat_n(at(row), each)).collect()
    }

    fn taken(epoch: &Epoch, batch: usize, share: Share) -> Vec<Vec<usize>> {
        let steps = 0..epoch.steps(batch, share);
        steps.map(|s| epoch.order()[epoch.step(s, batch, share)].to_vec()).collect()
    }

    #[test]
    fn any_number_of_ranks_takes_the_same_steps_together() {
        for n in [0, 1, 5, 16, 17, 31, 32, 33, 100] {
            let epoch = Epoch::new(&samples(n, 1), Shuffle::Full, 7, 3);
            for world in 1..6 {
                let ranks: Vec<Share> = (0..world).map(|r| Share::new(r, world).unwrap()).collect();
                let all: Vec<_> = ranks.iter().map(|share| taken(&epoch, 4, *share)).collect();
                // No rank starves or waits for another at the end.
                assert!(all.iter().all(|steps| steps.len() == all[0].len()));
                assert!(all.iter().flatten().all(|step| !step.is_empty() && step.len() <= 4));
                let mut together: Vec<usize> = Vec::new();
                for step in 0..all[0].len() {
                    all.iter().for_each(|rank| together.extend(&rank[step]));
                    let sizes = all.iter().map(|rank| rank[step].len());
                    assert!(sizes.clone().max().unwrap() - sizes.min().unwrap() <= 1);
                }
                let left = epoch.left_out(4, ranks[0]);
                assert!(left < world);
                assert_eq!(together, epoch.order()[..n as usize - left], "{n} over {world}");
            }
        }
    }

    #[test]
    fn a_resume_at_any_step_gives_the_rest_of_the_same_sequence() {
        for shuffle in [Shuffle::Full, Shuffle::Window(13), Shuffle::Sorted] {
            let samples = samples(10, 7);
            let whole = Epoch::new(&samples, shuffle, 1, 2);
            for world in [1, 2, 3] {
                let share = Share::new(world - 1, world).unwrap();
                let all = taken(&whole, 4, share);
                for k in 0..=all.len() {
                    let rest = Epoch::new(&samples, shuffle, 1, 2);
                    let rest = rest.after(whole.done_after(k, 4, share));
                    assert_eq!(taken(&rest, 4, share), all[k..], "{shuffle:?} {world} {k}");
                }
            }
        }
    }

    #[test]
    fn a_window_holds_few_places_and_an_epoch_holds_every_sample_once() {
        let samples = samples(50, 20);
        let epoch = Epoch::new(&samples, Shuffle::Window(100), 5, 0);
        let mut sorted = epoch.order().to_vec();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..1000).collect::<Vec<_>>());
        for window in epoch.order().chunks(100) {
            let places: std::collections::HashSet<u32> =
                window.iter().map(|i| samples[*i].row).collect();
            assert_eq!(places.len(), 5);
            assert!(window.windows(2).any(|two| two[0] > two[1]));
        }
        assert_ne!(epoch, Epoch::new(&samples, Shuffle::Window(100), 5, 1));
        assert_ne!(epoch, Epoch::new(&samples, Shuffle::Window(100), 6, 0));
        assert_eq!(epoch, Epoch::new(&samples, Shuffle::Window(100), 5, 0));
    }

    #[test]
    fn a_rank_beyond_the_world_is_refused() {
        assert!(Share::new(2, 2).is_err());
        assert!(Share::new(0, 0).is_err());
    }
}
