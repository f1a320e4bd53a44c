//! Which part of the ground trains, validates or tests.

use serde::{Deserialize, Serialize};

/// The use of a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Split {
    /// Weights are fitted on it.
    Train,
    /// Checkpoints are chosen on it.
    Valid,
    /// Nothing is chosen on it.
    Test,
    /// Between two uses: kept out of all, so that a network's support never crosses.
    Buffer,
}

impl Split {
    /// Lower-case name, as in tables and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Valid => "valid",
            Self::Test => "test",
            Self::Buffer => "buffer",
        }
    }
}

/// Splits patches by square blocks of ground, by seed.
///
/// A block is `block` x `block` patches. Whole blocks go to one use, so neighbouring patches mostly
/// stay together; the same (tile, row, col, seed) always gives the same answer.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Splitter {
    /// Side of a block, in patches; at least 1.
    pub block: u32,
    /// Share of blocks that validate, 0..1.
    pub valid: f64,
    /// Share of blocks that test, 0..1.
    pub test: f64,
    /// Chance.
    pub seed: u64,
}

impl Default for Splitter {
    fn default() -> Self {
        Self { block: 2, valid: 0.15, test: 0.2, seed: 1 }
    }
}

impl Splitter {
    /// The use of patch (`row`, `col`) of `tile`. Blocks of a tile are ranked by a seeded hash, so
    /// that shares are met on average over many blocks.
    pub fn of(&self, tile: &str, row: u32, col: u32) -> Split {
        let block = self.block.max(1);
        let key = format!("{}/{}/{}/{}", self.seed, tile, row / block, col / block);
        let hash = blake3::hash(key.as_bytes());
        let mut low = [0u8; 8];
        low.copy_from_slice(&hash.as_bytes()[..8]);
        let u = (u64::from_le_bytes(low) >> 11) as f64 / (1u64 << 53) as f64;
        if u < self.test {
            Split::Test
        } else if u < self.test + self.valid {
            Split::Valid
        } else {
            Split::Train
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patches_of_one_block_share_their_use() {
        let s = Splitter::default();
        for block in 0..50u32 {
            let first = s.of("31TCJ", block * 2, 0);
            assert_eq!(first, s.of("31TCJ", block * 2 + 1, 1));
        }
    }

    #[test]
    fn shares_are_met_on_average() {
        let s = Splitter { block: 1, ..Splitter::default() };
        let test = (0..10_000).filter(|i| s.of("31TCJ", i / 100, i % 100) == Split::Test).count();
        assert!((1_800..2_200).contains(&test), "{test}");
    }
}
