//! `verify`: is every byte of the archive what was written?

use std::path::PathBuf;

use super::Done;
use crate::archive::Archive;
use crate::catalog::{Catalog, Scene};
use crate::error::Result;

/// Read every chunk of an archive and check it against its checksum.
///
/// Example: eclaircie verify archive/
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The archive.
    archive: PathBuf,
}

pub(super) fn run(args: Args) -> Result<Done> {
    let archive = Archive::open(&args.archive)?;
    let report = archive.verify()?;
    let catalog = Catalog::open(&archive)?;
    // A slot where nothing was ever written is a lost scene if the catalog knows one there.
    let unused = |s: &&Scene| report.unused.contains(&(s.tile.clone(), s.sensor, s.slot as usize));
    let lost: Vec<&Scene> = catalog.scenes().iter().filter(unused).collect();
    for fault in report.damaged.iter().chain(&report.missing) {
        super::say(&fault.to_string())?;
    }
    for scene in &lost {
        super::say(&format!(
            "tile {}, slot {}: scene {} is lost",
            scene.tile, scene.slot, scene.scene
        ))?;
    }
    super::say(&format!(
        "{} chunks in {} shards, {} bytes: {} damaged, {} missing, {} scenes lost",
        report.chunks,
        report.shards,
        report.bytes,
        report.damaged.len(),
        report.missing.len(),
        lost.len()
    ))?;
    let whole = report.is_whole() && lost.is_empty();
    Ok(if whole { Done::Whole } else { Done::Damaged })
}
