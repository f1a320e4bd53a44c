//! What to simulate, and what came of it.

use serde::{Deserialize, Serialize};

use super::cause::Cause;
use super::place;
use super::region::Region;
use crate::error::{Error, Result};
use crate::geo::Stamp;
use crate::limits;

/// Counted up whenever the same world gives other bytes.
const PHYSICS: u32 = 3;

fn first_physics() -> u32 {
    1
}

/// What to simulate. The same world always gives the same bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct World {
    /// Sentinel-2 tiles.
    pub tiles: Vec<String>,
    /// Pixels (10 m) on a side: the upper-left corner of each tile.
    pub side: usize,
    /// First day.
    pub start: Stamp,
    /// Months simulated.
    pub months: u32,
    /// Chance.
    pub seed: u64,
    /// Days between two Sentinel-2 passes.
    pub s2_every_days: u32,
    /// Days between two Sentinel-1 passes.
    pub s1_every_days: u32,
    /// Climate, calendar and crops.
    pub region: Region,
    /// What is left out, to see what it does.
    pub without: Vec<Cause>,
    /// Which physics made it: a folder of an older one is not gone on with.
    #[serde(default = "first_physics")]
    pub physics: u32,
    /// Threads; 0 takes all cores. Not part of what is simulated.
    #[serde(skip)]
    pub threads: usize,
}

impl Default for World {
    fn default() -> Self {
        Self {
            tiles: vec!["31TCJ".into(), "31TDJ".into()],
            side: 1024,
            // 2018-01-01.
            start: Stamp(1_514_764_800_000_000),
            months: 18,
            seed: 1,
            s2_every_days: 5,
            s1_every_days: 6,
            region: Region::France,
            without: Vec::new(),
            physics: PHYSICS,
            threads: 0,
        }
    }
}

impl World {
    /// Whether a cause is left out.
    pub(super) fn lacks(&self, cause: Cause) -> bool {
        self.without.contains(&cause)
    }

    /// Refuses what cannot be simulated.
    pub(super) fn check(&self) -> Result<()> {
        let cell = limits::CELL;
        if self.side == 0
            || !self.side.is_multiple_of(cell)
            || self.side > limits::SIMULATED_SIDE_MAX
        {
            return Err(Error::usage(format!(
                "a side of {} pixels cannot be simulated",
                self.side
            ))
            .hint(format!("choose a multiple of {cell} up to {}", limits::SIMULATED_SIDE_MAX)));
        }
        let months = limits::SIMULATED_MONTHS_MAX;
        if self.months == 0 || self.months > months {
            return Err(Error::usage(format!("{} months cannot be simulated", self.months))
                .hint(format!("choose 1 to {months} months")));
        }
        if self.s2_every_days == 0 || self.s1_every_days == 0 {
            return Err(Error::usage("passes every 0 days cannot be simulated")
                .hint("Sentinel-2 passes every 5 days, Sentinel-1 every 6"));
        }
        if self.tiles.is_empty() {
            return Err(Error::usage("a world without tiles").hint("name a tile, such as 31TCJ"));
        }
        for (i, tile) in self.tiles.iter().enumerate() {
            place::tile_grid(tile, self.side)?;
            if self.tiles[..i].contains(tile) {
                return Err(Error::usage(format!("tile {tile} is named twice")));
            }
        }
        let years = self.start.date().map(|d| chrono::Datelike::year(&d));
        if !years.is_some_and(|y| (1971..2200).contains(&y)) {
            return Err(Error::usage(format!("{} is not a day that can be simulated", self.start)));
        }
        Ok(())
    }
}

/// What a run of [`super::simulate`] did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Sentinel-2 products written.
    pub s2: u64,
    /// Sentinel-1 acquisitions written (two files each).
    pub s1: u64,
    /// Sentinel-2 dates dropped for more than 90 % of cloud.
    pub dropped: u64,
    /// Acquisitions found complete from an earlier run.
    pub skipped: u64,
}
