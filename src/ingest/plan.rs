//! Which scenes go where: duplicates, what is unchanged, the grid of each tile, slots.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::found::Found;
use crate::archive::{Archive, Sensor};
use crate::catalog::Scene;
use crate::error::Result;
use crate::geo::{Grid, Stamp};

/// A scene to convert.
pub(super) struct Job {
    pub found: Found,
    pub slot: u32,
    /// Whether it is in that slot already: another processing of it, or this one, damaged.
    pub replaces: bool,
    /// Whether it is this very processing, damaged.
    pub repairs: bool,
}

/// The work of one tile.
pub(super) struct TilePlan {
    pub name: String,
    pub grid: Grid,
    pub jobs: Vec<Job>,
    /// The time coordinates that must hold before pixels are written, of the sensors that need a
    /// change.
    pub times: Vec<(Sensor, Vec<Stamp>)>,
}

/// The whole work.
pub(super) struct Plan {
    pub tiles: Vec<TilePlan>,
    pub unchanged: usize,
    pub refused: Vec<(PathBuf, String)>,
}

/// Plans the found scenes against what the archive has (`None`: there is no archive yet). Those of
/// `damaged` are done again.
pub(super) fn plan(
    found: Vec<Found>,
    archive: Option<&Archive>,
    have: &[Scene],
    damaged: &[Scene],
) -> Result<Plan> {
    let mut plan = Plan { tiles: Vec::new(), unchanged: 0, refused: Vec::new() };
    let mut tiles: BTreeMap<String, Vec<Found>> = BTreeMap::new();
    for one in without_doubles(found, &mut plan.refused) {
        tiles.entry(one.tile.clone()).or_default().push(one);
    }
    let known = archive.map(Archive::tiles).transpose()?.unwrap_or_default();
    for (name, found) in tiles {
        let tile = match archive {
            Some(archive) if known.contains(&name) => Some(archive.tile(&name)?),
            _ => None,
        };
        let grid = tile.as_ref().map_or_else(|| grid_of(&found), |t| Some(t.grid().clone()));
        let Some(grid) = grid else { continue };
        let have: Vec<&Scene> = have.iter().filter(|s| s.tile == name).collect();
        let mut fresh = Vec::new();
        for one in found {
            if one.grid != grid {
                let (theirs, ours) = (&one.grid, &grid);
                let text = format!("its grid is {theirs}, that of tile {name} is {ours}");
                plan.refused.push((one.path, text));
            } else if have.iter().any(|s| is_same(s, &one) && !damaged.contains(s)) {
                plan.unchanged += 1;
            } else {
                fresh.push(one);
            }
        }
        if fresh.is_empty() {
            continue;
        }
        let jobs = slots(fresh, &have);
        let old = |sensor| tile.as_ref().map_or_else(|| Ok(Vec::new()), |t| t.times(sensor));
        let times = times(&jobs, &old)?;
        plan.tiles.push(TilePlan { name, grid, jobs, times });
    }
    Ok(plan)
}

fn is_same(scene: &Scene, found: &Found) -> bool {
    scene.scene == found.scene && scene.fingerprint == found.fingerprint
}

/// One product a scene: the newest processing, or the first by path.
fn without_doubles(mut found: Vec<Found>, refused: &mut Vec<(PathBuf, String)>) -> Vec<Found> {
    found.sort_by(|a, b| {
        let by_version = b.version.cmp(&a.version);
        a.scene.cmp(&b.scene).then(by_version).then_with(|| a.path.cmp(&b.path))
    });
    let mut kept: Vec<Found> = Vec::with_capacity(found.len());
    for one in found {
        match kept.last() {
            Some(best) if best.scene == one.scene => {
                let text = format!("scene {} is taken from {}", one.scene, best.path.display());
                refused.push((one.path, text));
            }
            _ => kept.push(one),
        }
    }
    kept
}

/// The grid of a new tile: its first optical scene's, else its first radar scene's, else its
/// elevation's.
fn grid_of(found: &[Found]) -> Option<Grid> {
    found.iter().min_by_key(|f| (f.sensor, f.time, &f.scene)).map(|f| f.grid.clone())
}

/// A known scene keeps its slot; new ones take free slots in the order of time.
fn slots(mut fresh: Vec<Found>, have: &[&Scene]) -> Vec<Job> {
    fresh.sort_by(|a, b| (a.sensor, a.time, &a.scene).cmp(&(b.sensor, b.time, &b.scene)));
    let used: BTreeSet<(Sensor, u32)> = have.iter().map(|s| (s.sensor, s.slot)).collect();
    let mut free: BTreeMap<Sensor, u32> = BTreeMap::new();
    let mut job = |found: Found| {
        let old = have.iter().find(|s| s.scene == found.scene && s.sensor == found.sensor);
        if let Some(old) = old {
            let repairs = is_same(old, &found);
            return Job { found, slot: old.slot, replaces: true, repairs };
        }
        let next = free.entry(found.sensor).or_insert(0);
        while used.contains(&(found.sensor, *next)) {
            *next += 1;
        }
        let slot = *next;
        *next += 1;
        Job { found, slot, replaces: false, repairs: false }
    };
    fresh.into_iter().map(&mut job).collect()
}

/// The time axes that the jobs need; elevation has none.
fn times(
    jobs: &[Job],
    old: &dyn Fn(Sensor) -> Result<Vec<Stamp>>,
) -> Result<Vec<(Sensor, Vec<Stamp>)>> {
    let mut axes = Vec::new();
    for sensor in [Sensor::S2, Sensor::S1] {
        let before = old(sensor)?;
        let mut after = before.clone();
        for job in jobs.iter().filter(|j| j.found.sensor == sensor) {
            let slot = job.slot as usize;
            if slot >= after.len() {
                after.resize(slot + 1, job.found.time);
            }
            after[slot] = job.found.time;
        }
        if after != before {
            axes.push((sensor, after));
        }
    }
    Ok(axes)
}
