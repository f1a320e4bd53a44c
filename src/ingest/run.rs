//! The verb: find products, plan, convert, publish the catalog.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::convert::{Outcome, Target, Trouble, convert, side, steps};
use super::crew;
use super::found::{Family, Found};
use super::plan::{Job, TilePlan, plan};
use super::repair::{Damage, inspect};
use super::walk::walk;
use super::{dem, s1tiling, series, theia};
use crate::archive::{Archive, Codec, Sensor, Settings};
use crate::catalog::{Catalog, Scene};
use crate::error::{Error, Result, While};
use crate::limits;
use crate::store::{Claim, check_name};

/// Choices of a run.
#[derive(Debug, Clone, Default)]
pub struct IngestOptions {
    /// Name of the tile of a GeoTIFF series; by default the last part of its folder's name that is
    /// the name of a tile (`series-be-31UES` is 31UES). Other products name their tile themselves.
    pub tile: Option<String>,
    /// Pixels (10 m) on a side of a patch; by default the archive's, or `limits::PATCH` for a new
    /// one. An archive of another size is refused.
    pub patch: Option<usize>,
    /// How chunks are stored; by default as the archive does, or plainly in a new one. An archive
    /// with another codec is refused.
    pub codec: Option<Codec>,
    /// Whether scenes that are damaged in the archive are ingested again from the same files.
    pub repair: bool,
}

/// What a run did.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct IngestSummary {
    /// Scenes that are new in the archive.
    pub added: usize,
    /// Scenes that were there already, from the same files.
    pub unchanged: usize,
    /// Scenes of which another processing was there.
    pub replaced: usize,
    /// Damaged scenes that were written again.
    pub repaired: usize,
    /// Names of damaged scenes that no product of the source mended; asked for by
    /// [`IngestOptions::repair`] alone.
    pub damaged: Vec<String>,
    /// Products that were set aside, with the reason.
    pub quarantined: Vec<(PathBuf, String)>,
    /// Scenes in the archive now.
    pub scenes: usize,
}

/// Brings every product below `source` into the archive at `archive_root`, which is made if need
/// be.
///
/// `cancelled` is asked some ten times a second; `progress` hears of windows done and in all.
/// Faulty products are set aside in the summary. Fails if nothing below `source` has the name of a
/// product, if the archive has other settings than are asked for, if a tile is smaller than a patch
/// (nothing is then made), if another program is writing the archive, if it cannot be written, or if cancelled; finished
/// scenes are then in the catalog.
pub fn ingest(
    source: &Path,
    archive_root: &Path,
    options: &IngestOptions,
    cancelled: &dyn Fn() -> bool,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<IngestSummary> {
    if let Some(tile) = &options.tile {
        check_name(tile).during(|| "naming the tile")?;
    }
    // From the first look at the archive to the last write nobody else may write it: scenes of one of the two would be lost.
    let _claim = Claim::of(archive_root)?;
    let exists = archive_root.join("archive.json").exists();
    let archive = if exists { Some(Archive::open(archive_root)?) } else { None };
    let settings = settings(options, archive.as_ref())?;
    let mut summary = IngestSummary::default();
    let found = discover(source, options, cancelled, &mut summary.quarantined)?;
    let (catalog, damage) = match &archive {
        Some(archive) if options.repair => inspect(archive).map(|(c, d)| (Some(c), d))?,
        Some(archive) => (Some(Catalog::open(archive)?), Damage::default()),
        None => (None, Damage::default()),
    };
    let have = catalog.as_ref().map(Catalog::scenes).unwrap_or_default();
    let plan = plan(found, archive.as_ref(), have, &damage.scenes)?;
    if let Some(least) = plan.tiles.iter().min_by_key(|t| t.grid.height.min(t.grid.width)) {
        settings.check_grid(&least.grid).during(|| format!("ingesting tile {}", least.name))?;
    }
    summary.unchanged = plan.unchanged;
    summary.quarantined.extend(plan.refused);
    summary.quarantined.sort();
    summary.scenes = have.len();
    if plan.tiles.is_empty() && damage.is_none() {
        return Ok(summary);
    }
    let archive = match archive {
        Some(archive) => archive,
        None => Archive::create(archive_root, settings)?,
    };
    let mut run = Run {
        side: side(archive.settings().patch),
        catalog: catalog.unwrap_or_else(|| Catalog::anew(&archive)),
        archive,
        cancelled,
        progress,
        done: 0,
        total: 0,
        damage,
    };
    let work = |tile: &TilePlan| -> u64 {
        tile.jobs.iter().map(|j| steps(&j.found, &tile.grid, run.side, j.replaces)).sum()
    };
    run.total = plan.tiles.iter().map(work).sum();
    (run.progress)(0, run.total);
    for tile in plan.tiles {
        run.tile(tile, &mut summary)?;
    }
    run.damage.mend_tables(&run.catalog)?;
    summary.quarantined.sort();
    summary.damaged = run.damage.scenes.into_iter().map(|s| s.scene).collect();
    summary.scenes = run.catalog.scenes().len();
    Ok(summary)
}

/// The archive's settings, or those of a new one. Refuses a wish that the archive does not fulfil.
fn settings(options: &IngestOptions, archive: Option<&Archive>) -> Result<Settings> {
    let Some(archive) = archive else {
        let codec = options.codec.unwrap_or_default();
        return Settings::new(options.patch.unwrap_or(limits::PATCH), codec);
    };
    let there = archive.settings();
    let patch = options.patch.unwrap_or(there.patch);
    let codec = options.codec.unwrap_or(there.codec);
    if (patch, codec) == (there.patch, there.codec) {
        return Ok(there.clone());
    }
    Err(Error::usage(format!(
        "the archive {} has patches of {} px and codec {}, not {patch} px and {}",
        archive.root().display(),
        there.patch,
        there.codec.name(),
        codec.name(),
    ))
    .hint("leave out --patch and --codec, or ingest into another folder"))
}

/// Every scene below the source; faulty products go to `aside`.
fn discover(
    source: &Path,
    options: &IngestOptions,
    cancelled: &dyn Fn() -> bool,
    aside: &mut Vec<(PathBuf, String)>,
) -> Result<Vec<Found>> {
    if !source.is_dir() {
        return Err(Error::not_found(format!("{} is not a folder", source.display()))
            .hint("name the folder that holds the products"));
    }
    // `.` and `..` have no name of their own, and a product is known by its folder's name.
    let source = match source.file_name() {
        Some(_) => source.to_owned(),
        None => source.canonicalize().during(|| format!("listing {}", source.display()))?,
    };
    let families: [&dyn Family; 4] =
        [&theia::Theia, &s1tiling::S1Tiling, &dem::Dem, &series::Series];
    let mut found = Vec::new();
    let mut recognised = 0;
    walk(&source, &mut |folder| {
        let mut below = true;
        for family in families {
            for product in family.recognise(folder) {
                if cancelled() {
                    return Err(crew::stopped());
                }
                recognised += 1;
                match family.describe(&product, options.tile.as_deref()) {
                    Ok(scenes) => found.extend(scenes),
                    Err(error) => aside.push((product, reason(&error))),
                }
            }
            below &= !family.owns(folder);
        }
        Ok(below)
    })?;
    if recognised == 0 {
        let names = families.map(Family::names).join("; ");
        return Err(Error::not_found(format!("no product is known below {}", source.display()))
            .hint(format!("known products are: {names}")));
    }
    Ok(found)
}

/// What is wrong with a product and what to do, in one line.
fn reason(error: &Error) -> String {
    match error.next_step() {
        Some(hint) => format!("{error}; {hint}"),
        None => error.to_string(),
    }
}

struct Run<'a> {
    archive: Archive,
    catalog: Catalog,
    side: usize,
    cancelled: &'a dyn Fn() -> bool,
    progress: &'a mut dyn FnMut(u64, u64),
    done: u64,
    total: u64,
    /// What was found damaged and is not mended yet.
    damage: Damage,
}

impl Run<'_> {
    /// Converts the scenes of a tile, then publishes those that are whole.
    fn tile(&mut self, plan: TilePlan, summary: &mut IngestSummary) -> Result<()> {
        let tile = self.archive.create_tile(&plan.name, &plan.grid)?;
        for (sensor, times) in &plan.times {
            tile.set_times(*sensor, times)?;
        }
        let (side, grid) = (self.side, &plan.grid);
        let at = |job: &Job| Target { tile: &tile, grid, slot: job.slot as usize, side };
        let (old, mut jobs): (Vec<Job>, Vec<Job>) = plan.jobs.into_iter().partition(|j| j.replaces);
        if !old.is_empty() {
            let read = self.pass(&old, &at, true)?;
            let (whole, stop) = sort_out(old, read, summary);
            stop?;
            self.suspend(&whole)?;
            jobs.extend(whole.into_iter().map(|(job, _)| job));
        }
        let written = self.pass(&jobs, &at, false)?;
        let (whole, stop) = sort_out(jobs, written, summary);
        let old = whole.iter().filter(|(job, _)| job.replaces).count();
        let repaired = whole.iter().filter(|(job, _)| job.repairs).count();
        let rows: Vec<Scene> = whole.into_iter().map(|(job, outcome)| row(job, outcome)).collect();
        if !rows.is_empty() {
            summary.added += rows.len() - old;
            summary.replaced += old - repaired;
            summary.repaired += repaired;
            self.catalog.upsert(rows.clone())?;
            self.damage.mended(&rows);
        }
        stop
    }

    /// Reads (`dry`) or converts every job; `None` for those that a stop left out.
    fn pass<'t>(
        &mut self,
        jobs: &[Job],
        at: &(dyn Fn(&Job) -> Target<'t> + Sync),
        dry: bool,
    ) -> Result<Vec<Option<Result<Outcome, Trouble>>>> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let work = |job: &Job, pulse: &crew::Pulse| {
            let result = convert(&job.found, at(job), dry, &|| pulse.step());
            if let Err(Trouble::Run(_)) = result {
                pulse.stop();
            }
            result
        };
        let (done, total, progress) = (&mut self.done, self.total, &mut self.progress);
        crew::run(jobs, cores.min(limits::INGEST_WORKERS_MAX), work, self.cancelled, &mut || {
            *done += 1;
            progress(*done, total);
        })
    }

    /// Marks the rows of scenes that are about to be overwritten, so that a run that ends halfway
    /// is not taken for the old or the new processing by the next one.
    fn suspend(&mut self, jobs: &[(Job, Outcome)]) -> Result<()> {
        let names: BTreeSet<(&str, Sensor, &str)> = jobs
            .iter()
            .map(|(job, _)| &job.found)
            .map(|f| (f.tile.as_str(), f.sensor, f.scene.as_str()))
            .collect();
        let chosen = |s: &Scene| names.contains(&(s.tile.as_str(), s.sensor, s.scene.as_str()));
        self.catalog.mark(chosen, "being replaced")
    }
}

/// Whole scenes, and whether the run goes on; faulty products go to the summary.
fn sort_out(
    jobs: Vec<Job>,
    results: Vec<Option<Result<Outcome, Trouble>>>,
    summary: &mut IngestSummary,
) -> (Vec<(Job, Outcome)>, Result<()>) {
    let (mut whole, mut stop) = (Vec::new(), None::<Error>);
    for (job, result) in jobs.into_iter().zip(results) {
        match result {
            Some(Ok(outcome)) => whole.push((job, outcome)),
            Some(Err(Trouble::Product(e))) => {
                summary.quarantined.push((job.found.path, reason(&e)))
            }
            // The error that stopped the run says more than the stops that it caused.
            Some(Err(Trouble::Run(e))) if stop.as_ref().is_none_or(Error::is_cancelled) => {
                stop = Some(e);
            }
            Some(Err(Trouble::Run(_))) => {}
            None => stop = stop.or_else(|| Some(crew::stopped())),
        }
    }
    (whole, stop.map_or(Ok(()), Err))
}

/// The catalog's row of a converted scene. Every family stores reflectance x 10000 without offset.
fn row(job: Job, outcome: Outcome) -> Scene {
    let found = job.found;
    let scale = if found.sensor == Sensor::S2 { 1e-4 } else { 1.0 };
    Scene {
        scene: found.scene,
        sensor: found.sensor,
        tile: found.tile,
        time: found.time,
        slot: job.slot,
        product: found.product.to_owned(),
        platform: found.platform,
        orbit: found.orbit,
        direction: found.direction,
        cloud_percent: outcome.cloud_percent,
        nodata_percent: outcome.nodata_percent,
        scale,
        offset: 0.0,
        fingerprint: found.fingerprint,
    }
}
