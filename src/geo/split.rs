//! Which part of the ground trains, validates or tests.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::blocks::{Blocks, drawn};
use super::ground::{Ground, Uses};
use super::regions::Regions;
use crate::error::Result;

/// The use of a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
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

    /// The split of a name.
    pub fn parse(name: &str) -> Option<Self> {
        let all = [Self::Train, Self::Valid, Self::Test, Self::Buffer];
        all.into_iter().find(|split| split.name() == name)
    }

    /// The same, of ground that is used.
    pub fn of_use(name: &str) -> Option<Self> {
        Self::parse(name).filter(|split| *split != Self::Buffer)
    }
}

/// What ground is split by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SplitBy {
    /// Blocks of the patch grid of a tile, by its name: for tiles that lie apart.
    #[default]
    Tile,
    /// Blocks of ground by longitude and latitude: ground under two tile names has one use.
    Ground,
    /// Polygons.
    Regions,
}

impl SplitBy {
    /// Lower-case name, as on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tile => "tile",
            Self::Ground => "ground",
            Self::Regions => "regions",
        }
    }

    /// What ground is split by, by its name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Tile, Self::Ground, Self::Regions].into_iter().find(|by| by.name() == name)
    }

    fn is_tile(&self) -> bool {
        *self == Self::Tile
    }
}

fn is_zero(n: &u32) -> bool {
    *n == 0
}

/// Splits patches by square blocks of ground, by seed, or by regions.
///
/// A block is `block` x `block` patches. Whole blocks go to one use, so neighbouring patches mostly
/// stay together; the same settings always give the same answer. Without the grids of the tiles
/// blocks are counted from the corner of each tile and drawn by its name; with them ([`over`],
/// [`within`]) they are squares of ground, whatever tile shows it.
///
/// [`over`]: Splitter::over
/// [`within`]: Splitter::within
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Splitter {
    /// What ground is split by.
    // What is not asked for is not written: settings that older weights carry stay the same text.
    #[serde(default, skip_serializing_if = "SplitBy::is_tile")]
    pub by: SplitBy,
    /// Side of a block, in patches; at least 1.
    pub block: u32,
    /// Share of blocks that validate, 0..1.
    pub valid: f64,
    /// Share of blocks that test, 0..1.
    pub test: f64,
    /// Chance.
    pub seed: u64,
    /// Least distance of a patch to ground of another use that counts more (test, then valid, then
    /// train), pixels.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub buffer: u32,
    /// Digest of the regions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regions: Option<String>,
    #[serde(skip)]
    uses: Option<Arc<Uses>>,
}

impl Default for Splitter {
    fn default() -> Self {
        Self::new(2, 0.15, 0.2, 1)
    }
}

impl Splitter {
    /// Blocks of the patch grid of each tile, by its name.
    pub fn new(block: u32, valid: f64, test: f64, seed: u64) -> Self {
        let (by, block) = (SplitBy::Tile, block.max(1));
        Self { by, block, valid, test, seed, buffer: 0, regions: None, uses: None }
    }

    /// Blocks of ground. A patch that shows ground of two uses, or lies within `buffer` pixels of
    /// ground of a use that counts more, is [`Split::Buffer`]: so no patch that trains shares a
    /// pixel with, or comes nearer than `buffer` to, one that validates or tests.
    pub fn over(self, ground: &Ground, buffer: u32) -> Result<Self> {
        let blocks = Blocks {
            side: ground.patch_metres() * f64::from(self.block.max(1)),
            shares: (self.valid, self.test),
            seed: self.seed,
        };
        let uses = ground.uses(buffer, |corners| Ok(blocks.touched(&corners.degrees())))?;
        Ok(Self { by: SplitBy::Ground, buffer, regions: None, uses: Some(Arc::new(uses)), ..self })
    }

    /// Regions, with the same promise as [`Splitter::over`]. Where no region trains, all ground
    /// outside the regions does; else it has no use.
    pub fn within(self, ground: &Ground, regions: &Regions, buffer: u32) -> Result<Self> {
        let uses = ground.uses(buffer, |corners| regions.touched(corners))?;
        Ok(Self {
            by: SplitBy::Regions,
            buffer,
            regions: Some(regions.digest().to_owned()),
            uses: Some(Arc::new(uses)),
            ..self
        })
    }

    /// The use of patch (`row`, `col`) of `tile`: drawn for its block, so that shares are met on
    /// average over many blocks. With grids, a place outside all of them is [`Split::Buffer`].
    pub fn of(&self, tile: &str, row: u32, col: u32) -> Split {
        if let Some(uses) = &self.uses {
            return uses.get(tile, row, col).unwrap_or(Split::Buffer);
        }
        let block = self.block.max(1);
        let key = format!("{}/{}/{}/{}", self.seed, tile, row / block, col / block);
        drawn(&key, (self.valid, self.test))
    }
}

#[cfg(test)]
#[path = "split_tests.rs"]
mod tests;
