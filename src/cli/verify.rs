//! `verify`: is every byte of the archive what was written?

use std::path::PathBuf;

use super::Done;
use crate::archive::Archive;
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
    let report = Archive::open(&args.archive)?.verify()?;
    for fault in report.damaged.iter().chain(&report.missing) {
        super::say(&fault.to_string())?;
    }
    super::say(&format!(
        "{} chunks in {} shards, {} bytes: {} damaged, {} missing",
        report.chunks,
        report.shards,
        report.bytes,
        report.damaged.len(),
        report.missing.len()
    ))?;
    let whole = report.damaged.is_empty() && report.missing.is_empty();
    Ok(if whole { Done::Whole } else { Done::Damaged })
}
