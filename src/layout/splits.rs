//! How the ground of an archive is split, from what was asked for and what the archive holds.

use crate::archive::Archive;
use crate::error::{Error, Result};
use crate::geo::{Ground, Regions, SplitBy, Splitter};
use crate::limits;

/// What was asked for; what is left open is decided by the archive.
#[derive(Debug, Clone, PartialEq)]
pub struct SplitPlan {
    /// What ground is split by; open: regions if there are some, by ground if tiles overlap or
    /// nearly touch, else by tile.
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

    /// Settles what is open; without an archive ground is split by tile. Refuses shares that leave nothing to train on, a buffer where blocks
    /// are counted by tile, and regions that are missing or not asked for.
    pub fn over(&self, archive: Option<&Archive>) -> Result<Splitter> {
        let (valid, test) = (self.valid, self.test);
        if !(valid >= 0.0 && test >= 0.0 && valid + test < 1.0) {
            return Err(Error::usage(format!(
                "shares {valid} and {test} leave nothing to train on"
            ))
            .hint("choose --valid-share and --test-share that add up to less than 1"));
        }
        let ground = || -> Result<Ground> {
            let archive = archive.ok_or_else(|| {
                Error::usage("only an archive knows where its tiles lie")
                    .hint("name the archive, or add --split-by tile")
            })?;
            let grid = |name: String| Ok((archive.tile(&name)?.grid().clone(), name));
            let tiles = archive.tiles()?.into_iter().map(grid).collect::<Result<Vec<_>>>()?;
            let tiles = tiles.into_iter().map(|(grid, name)| (name, grid)).collect();
            Ok(Ground::new(tiles, archive.settings().patch))
        };
        let by = match (self.by, &self.regions) {
            (Some(by), _) => by,
            (None, Some(_)) => SplitBy::Regions,
            (None, None)
                if archive.is_some() && ground()?.is_shared(limits::SUPPORT_MAX as u32)? =>
            {
                SplitBy::Ground
            }
            (None, None) => SplitBy::Tile,
        };
        let block = self.block.unwrap_or(if by == SplitBy::Tile { 2 } else { 8 });
        let splitter = Splitter::new(block, valid, test, self.seed);
        let buffer = self.buffer.unwrap_or(limits::SUPPORT_MAX as u32);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::{Codec, Settings};
    use crate::geo::Grid;

    fn plan() -> SplitPlan {
        SplitPlan {
            by: None,
            block: None,
            valid: 0.15,
            test: 0.2,
            seed: 1,
            buffer: None,
            regions: None,
        }
    }

    #[test]
    fn ground_rules_as_soon_as_two_tiles_share_it() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("archive");
        let archive = Archive::create(&root, Settings::new(128, Codec::None).unwrap()).unwrap();
        let add = |name: &str, x0: f64| {
            let grid = Grid::new(32631, x0, 4_900_000.0, 10.0, 256, 256).unwrap();
            archive.create_tile(name, &grid).unwrap();
        };
        add("31TCJ", 600_000.0);
        assert_eq!(plan().over(Some(&archive)).unwrap(), Splitter::default());
        add("31TDJ", 610_000.0);
        assert_eq!(plan().over(Some(&archive)).unwrap().by, SplitBy::Tile);
        add("31TEJ", 602_000.0);
        let splitter = plan().over(Some(&archive)).unwrap();
        assert_eq!((splitter.by, splitter.block, splitter.buffer), (SplitBy::Ground, 8, 68));
        let again = SplitPlan::like(&splitter, None).over(Some(&archive)).unwrap();
        assert_eq!(again, splitter);
        let by_tile = SplitPlan { by: Some(SplitBy::Tile), ..plan() };
        assert_eq!(by_tile.over(Some(&archive)).unwrap(), Splitter::default());
        let error = SplitPlan { buffer: Some(3), ..by_tile }.over(Some(&archive)).unwrap_err();
        assert!(error.advice().contains("--split-by ground"), "{error}");
        assert_eq!(plan().over(None).unwrap(), Splitter::default());
        let error = SplitPlan { by: Some(SplitBy::Ground), ..plan() }.over(None).unwrap_err();
        assert!(error.advice().contains("--split-by tile"), "{error}");
        let error =
            SplitPlan { by: Some(SplitBy::Regions), ..plan() }.over(Some(&archive)).unwrap_err();
        assert!(error.advice().contains("--split-regions"), "{error}");
        assert!(SplitPlan { test: 0.9, ..plan() }.over(Some(&archive)).is_err());
    }
}
