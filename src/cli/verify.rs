//! `verify`: is every byte of the archive what was written?

use std::path::PathBuf;

use super::Done;
use crate::archive::Archive;
use crate::catalog::Catalog;
use crate::error::Result;

/// Read every chunk that a scene of the catalog owns and check it against its checksum.
///
/// What an interrupted ingest left in other slots is not looked at. `ingest --repair` mends damage.
///
/// Example: eclaircie verify archive/
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The archive.
    archive: PathBuf,
}

pub(super) fn run(args: Args) -> Result<Done> {
    let archive = Archive::open(&args.archive)?;
    let report = Catalog::open(&archive)?.verify()?;
    let pixels = &report.archive;
    for fault in pixels.damaged.iter().chain(&pixels.missing) {
        super::say(&fault.to_string())?;
    }
    for (tile, sensor, what) in &report.tables {
        super::say(&format!("tile {tile}, table of patches of {}: {what}", sensor.name()))?;
    }
    for s in &report.scenes {
        let (tile, slot, sensor) = (&s.tile, s.slot, s.sensor.name());
        super::say(&format!("tile {tile}, {sensor}, slot {slot}: scene {} is damaged", s.scene))?;
    }
    super::say(&format!(
        "{} chunks in {} shards, {} bytes: {} damaged, {} missing, {} scenes damaged, {} tables \
         damaged, {} slots unused",
        pixels.chunks,
        pixels.shards,
        pixels.bytes,
        pixels.damaged.len(),
        pixels.missing.len(),
        report.scenes.len(),
        report.tables.len(),
        pixels.unused.len()
    ))?;
    if report.is_whole() {
        return Ok(Done::Whole);
    }
    super::say("  next: ingest the product again with --repair")?;
    Ok(Done::Damaged)
}
