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
    super::say(&report.to_string())?;
    Ok(if report.is_whole() { Done::Whole } else { Done::Damaged })
}
