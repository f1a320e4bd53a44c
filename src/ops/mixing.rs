//! How well an order mixes, and what it costs to read.

use std::collections::{HashMap, VecDeque};

use super::Want;
use super::order::mix;
use crate::layout::Sample;

/// Figures of one order of samples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mixing {
    /// Greatest difference between the share of same-place pairs that lie at most so far apart and that share in a
    /// uniform order (Kolmogorov-Smirnov): 0 is uniform, 1 is worst.
    pub distance: f64,
    /// Mean number of places in a batch over what a uniform order would have: 1 is uniform.
    pub spread: f64,
    /// Bytes read over bytes used, patches that were used lately being in memory: below 1 where samples share patches.
    pub amplification: f64,
}

impl Mixing {
    /// Looks at `order` (positions in `samples`), taken in batches of `batch`, with room for `cache`
    /// bytes of patches of `side` px (10 m); `wants` are read for each sample.
    pub fn of(
        samples: &[Sample],
        order: &[usize],
        batch: usize,
        (wants, side): (&[Want], usize),
        cache: usize,
    ) -> Self {
        let mut known = HashMap::new();
        let places: Vec<usize> = order
            .iter()
            .map(|i| {
                let (sample, next) = (&samples[*i], known.len());
                *known.entry((sample.tile.clone(), sample.row, sample.col)).or_insert(next)
            })
            .collect();
        let mut members: Vec<Vec<usize>> = vec![Vec::new(); known.len()];
        places.iter().enumerate().for_each(|(at, place)| members[*place].push(at));
        let weighed: Vec<(&Want, usize)> =
            wants.iter().map(|w| (w, w.layer.patch_bytes(side))).collect();
        let ordered = order.iter().map(|i| &samples[*i]);
        Self {
            distance: distance(&members, order.len()),
            spread: spread(&places, &members, batch.max(1)),
            amplification: amplification(ordered, &weighed, cache),
        }
    }
}

/// One pair a sample, drawn by a fixed chance, is enough: no place counts by the square of its size.
fn distance(members: &[Vec<usize>], n: usize) -> f64 {
    let mut gaps: Vec<f64> = Vec::new();
    for here in members.iter().filter(|m| m.len() > 1) {
        for (k, at) in here.iter().enumerate() {
            let others = here.len() as u64 - 1;
            let other = (k + 1 + (mix(n as u64, *at as u64) % others) as usize) % here.len();
            gaps.push(at.abs_diff(here[other]) as f64 / n as f64);
        }
    }
    gaps.sort_by(f64::total_cmp);
    let count = gaps.len().max(1) as f64;
    // Two points of a line of length 1 lie at most d apart with chance 2d - d².
    let uniform = |d: f64| d * (2.0 - d);
    let worst = |(k, d): (usize, &f64)| {
        (uniform(*d) - k as f64 / count).abs().max((uniform(*d) - (k + 1) as f64 / count).abs())
    };
    gaps.iter().enumerate().map(worst).fold(0.0, f64::max)
}

fn spread(places: &[usize], members: &[Vec<usize>], batch: usize) -> f64 {
    let (mut seen, mut wanted) = (0.0, 0.0);
    for part in places.chunks(batch) {
        let mut distinct = part.to_vec();
        distinct.sort_unstable();
        distinct.dedup();
        seen += distinct.len() as f64;
    }
    // Chance that a batch drawn without putting back misses a place: a product over its samples.
    let n = places.len() as f64;
    let mut missed: HashMap<usize, f64> = HashMap::new();
    for here in members {
        let size = here.len();
        let miss = *missed.entry(size).or_insert_with(|| {
            (0..batch.min(places.len()))
                .map(|drawn| ((n - size as f64 - drawn as f64) / (n - drawn as f64)).max(0.0))
                .product()
        });
        wanted += 1.0 - miss;
    }
    let batches = places.len() as f64 / batch as f64;
    if wanted > 0.0 { seen / (wanted * batches.max(1.0)) } else { 1.0 }
}

fn amplification<'a>(
    ordered: impl Iterator<Item = &'a Sample>,
    wants: &[(&Want, usize)],
    cache: usize,
) -> f64 {
    let (mut used, mut read, mut held) = (0.0, 0.0, 0usize);
    // Least recently used: an entry of the queue counts only if it is the patch's last use.
    let mut last = HashMap::new();
    let mut queue = VecDeque::new();
    let mut clock = 0u64;
    for sample in ordered {
        for (want, weight) in wants {
            let patch = sample.patches[want.role];
            let address = (sample.tile.clone(), want.layer, patch.slot, patch.row, patch.col);
            used += *weight as f64;
            clock += 1;
            if last.insert(address.clone(), clock).is_none() {
                read += *weight as f64;
                held += weight;
            }
            queue.push_back((clock, address, *weight));
            while held > cache {
                let Some((used_at, address, weight)) = queue.pop_front() else { break };
                if last.get(&address) == Some(&used_at) {
                    last.remove(&address);
                    held -= weight;
                }
            }
        }
    }
    if used > 0.0 { read / used } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::Layer;
    use crate::geo::{Split, Stamp};
    use crate::layout::PatchRef;
    use crate::ops::{Epoch, Shuffle};

    /// 200 places of 50 samples, each sample two of its place's ten dates.
    fn samples() -> Vec<Sample> {
        let patch = |row, slot| PatchRef { slot, row, col: 0, time: Stamp(i64::from(slot)) };
        let one = |row: u32, k: u32| Sample {
            tile: "31TCJ".into(),
            row,
            col: 0,
            split: Split::Train,
            patches: vec![patch(row, k % 10), patch(row, (k / 10 + k + 1) % 10)],
        };
        (0..200).flat_map(|row| (0..50).map(move |k| one(row, k))).collect()
    }

    fn figures(shuffle: Shuffle, cache: usize) -> Mixing {
        let samples = samples();
        let epoch = Epoch::new(&samples, shuffle, 3, 0);
        let want = |role| Want { name: String::new(), role, layer: Layer::S2Mask, truth: false };
        // A mask of 10 px: 100 bytes.
        Mixing::of(&samples, epoch.order(), 16, (&[want(0), want(1)], 10), cache)
    }

    #[test]
    fn a_full_shuffle_is_uniform_and_a_sorted_order_is_not() {
        let (full, sorted) = (figures(Shuffle::Full, 1), figures(Shuffle::Sorted, 1));
        assert!(full.distance < 0.03, "{full:?}");
        assert!((full.spread - 1.0).abs() < 0.02, "{full:?}");
        assert!(sorted.distance > 0.9 && sorted.spread < 0.15, "{sorted:?}");
        let window = figures(Shuffle::Window(1000), 1);
        assert!(window.distance > full.distance && window.distance < sorted.distance);
        assert!(window.spread > 0.6 && window.spread < full.spread, "{window:?}");
    }

    #[test]
    fn patches_are_read_once_if_memory_holds_what_is_mixed() {
        // All 2,000 patches fit: each is read once for ten uses.
        assert!((figures(Shuffle::Full, 200_000).amplification - 0.1).abs() < 1e-9);
        // Room for a window of 20 places, a tenth of all.
        assert!((figures(Shuffle::Window(1000), 40_000).amplification - 0.1).abs() < 0.01);
        assert!(figures(Shuffle::Full, 20_000).amplification > 0.8);
        assert!(figures(Shuffle::Full, 0).amplification > 0.99);
    }
}
