//! How the ground of an archive is split, from what was asked for and what the archive holds.

use crate::archive::Archive;
use crate::error::{Error, Result};
use crate::geo::{Ground, Regions, SplitBy, Splitter};

/// What was asked for; what is left open is decided by the archive.
#[derive(Debug, Clone, PartialEq)]
pub struct SplitPlan {
    /// What ground is split by; open: regions if there are some, by tile in an archive of one tile,
    /// else by ground.
    pub by: Option<SplitBy>,
    /// Side of a block, patches; open: 2 by tile, 8 by ground.
    pub block: Option<u32>,
    /// Share of blocks that validate.
    pub valid: f64,
    /// Share of blocks that test.
    pub test: f64,
    /// Chance.
    pub seed: u64,
    /// Pixels kept free between uses; open: none by tile, else what a network sees around a pixel.
    pub buffer: Option<u32>,
    /// Polygons.
    pub regions: Option<Regions>,
}

/// Pixels that the largest shipped network sees on each side of one.
const SUPPORT: u32 = 66;

impl SplitPlan {
    /// The same settings as `splitter`, with these regions.
    pub fn like(splitter: &Splitter, regions: Option<Regions>) -> Self {
        Self {
            by: Some(splitter.by),
            block: Some(splitter.block),
            valid: splitter.valid,
            test: splitter.test,
            seed: splitter.seed,
            buffer: Some(splitter.buffer),
            regions,
        }
    }

    /// Settles what is open. Refuses shares that leave nothing to train on, a buffer where blocks
    /// are counted by tile, and regions that are missing or not asked for.
    pub fn over(&self, archive: &Archive) -> Result<Splitter> {
        let (valid, test) = (self.valid, self.test);
        if !(valid >= 0.0 && test >= 0.0 && valid + test < 1.0) {
            return Err(Error::usage(format!(
                "shares {valid} and {test} leave nothing to train on"
            ))
            .hint("choose --valid-share and --test-share that add up to less than 1"));
        }
        let names = archive.tiles()?;
        let open = match (&self.regions, names.len()) {
            (Some(_), _) => SplitBy::Regions,
            (None, 0 | 1) => SplitBy::Tile,
            (None, _) => SplitBy::Ground,
        };
        let by = self.by.unwrap_or(open);
        let block = self.block.unwrap_or(if by == SplitBy::Tile { 2 } else { 8 });
        let splitter = Splitter::new(block, valid, test, self.seed);
        let buffer = self.buffer.unwrap_or(SUPPORT);
        let ground = || -> Result<Ground> {
            let grid = |name: &String| Ok((name.clone(), archive.tile(name)?.grid().clone()));
            let tiles = names.iter().map(grid).collect::<Result<Vec<_>>>()?;
            Ok(Ground::new(tiles, archive.settings().patch))
        };
        match (by, &self.regions) {
            (SplitBy::Regions, Some(regions)) => splitter.within(&ground()?, regions, buffer),
            (SplitBy::Regions, None) => Err(Error::usage("the split by regions needs regions")
                .hint("name their file: --split-regions FILE.geojson")),
            (_, Some(_)) => Err(Error::usage("regions and blocks cannot both rule")
                .hint("leave out --split-by, or --split-regions")),
            (SplitBy::Ground, None) => splitter.over(&ground()?, buffer),
            (SplitBy::Tile, None) if self.buffer.unwrap_or(0) > 0 => {
                Err(Error::usage("blocks that are counted by tile have no buffer")
                    .hint("add --split-by ground"))
            }
            (SplitBy::Tile, None) => Ok(splitter),
        }
    }
}
