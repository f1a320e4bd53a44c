//! `layout import`: a layout of the Decloud study as a SQL file.

use std::path::PathBuf;

use crate::error::Result;
use crate::layout;

/// Turns an acquisition layout in the JSON form of the Decloud study into a SQL layout file.
///
/// Example: eclaircie layout import AL-Meraner.json --to meraner.sql
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The JSON file: one layout, or an object of several.
    file: PathBuf,
    /// Which layout of a file of several.
    #[arg(long, value_name = "NAME")]
    layout: Option<String>,
    /// Where to write; standard output if left out.
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
}

pub(super) fn run(args: Args) -> Result<()> {
    let layout = layout::import(&args.file, args.layout.as_deref())?;
    match &args.to {
        Some(path) => crate::store::publish(path, layout.sql.as_bytes()),
        None => crate::cli::say(&layout.sql),
    }
}
