//! How far a node is whose items are done out of order.

use std::collections::BTreeMap;

/// Runs of items that are done, each with the source items that were through at its last item. A
/// gap is an item in the hands of a worker, so there are no more runs than workers, and one.
#[derive(Default)]
pub(super) struct Marks {
    /// First item of a run to (item after its last, source items).
    runs: BTreeMap<u64, (u64, u64)>,
}

impl Marks {
    /// Item `seq`, to which `origin` source items belong, is done. Returns the source items before
    /// which all is done.
    pub(super) fn pass(&mut self, seq: u64, origin: u64) -> u64 {
        let (mut first, mut run) = (seq, (seq + 1, origin));
        if let Some(after) = self.runs.remove(&run.0) {
            run = after;
        }
        if let Some((&start, before)) = self.runs.range(..seq).next_back()
            && before.0 == seq
        {
            first = start;
        }
        self.runs.insert(first, run);
        self.runs.get(&0).map_or(0, |run| run.1)
    }

    #[cfg(test)]
    fn runs(&self) -> usize {
        self.runs.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_before_the_mark_is_done_and_neighbours_are_one() {
        let mut marks = Marks::default();
        // Item n comes from source item 10 n.
        let told: Vec<u64> = [2, 1, 4, 0, 3, 5].map(|n| marks.pass(n, 10 * n)).to_vec();
        assert_eq!(told, [0, 0, 0, 20, 40, 50]);
        assert_eq!(marks.runs(), 1);
    }
}
