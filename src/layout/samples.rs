//! The rows of a layout.

use std::sync::Arc;

use crate::archive::Sensor;
use crate::geo::{Split, Stamp};

/// One column of type patch: an input or target by its name, as `s2_t`, `s1_tm1`, `s2_target`,
/// `dem`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Column name.
    pub name: String,
    /// Instrument.
    pub sensor: Sensor,
}

/// One patch of one scene.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PatchRef {
    /// Index along the time axis.
    pub slot: u32,
    /// Row of the patch grid; `u32::MAX` when the patch is the whole scene.
    pub row: u32,
    /// Column of the patch grid; `u32::MAX` when the patch is the whole scene.
    pub col: u32,
    /// Time of acquisition (the DEM: 0).
    pub time: Stamp,
}

/// One row of a layout.
#[derive(Debug, Clone)]
pub struct Sample {
    /// Tile of all its patches.
    pub tile: Arc<str>,
    /// Row of the patch grid.
    pub row: u32,
    /// Column of the patch grid.
    pub col: u32,
    /// Use.
    pub split: Split,
    /// One patch a role, in the order of [`Samples::roles`].
    pub patches: Vec<PatchRef>,
}

impl Sample {
    /// A name for messages and reports: tile, position and time of every role.
    pub fn name(&self) -> String {
        let times: Vec<String> =
            self.patches.iter().filter(|p| p.time.0 != 0).map(|p| p.time.compact()).collect();
        format!("{}/r{}c{}@{}", self.tile, self.row, self.col, times.join("+"))
    }
}

/// All rows of a layout, sorted by (tile, row, col, times): the same for every machine.
#[derive(Debug, Clone)]
pub struct Samples {
    /// Patch columns, in query order.
    pub roles: Vec<Role>,
    /// Rows.
    pub rows: Vec<Sample>,
    /// Name of the layout.
    pub layout: String,
    /// Digest of query and parameters.
    pub query_hash: String,
}

impl Samples {
    /// The rows of one split, in order.
    pub fn of(&self, split: Split) -> Vec<Sample> {
        self.rows.iter().filter(|s| s.split == split).cloned().collect()
    }

    /// Position of a role by name.
    pub fn role(&self, name: &str) -> Option<usize> {
        self.roles.iter().position(|r| r.name == name)
    }
}
