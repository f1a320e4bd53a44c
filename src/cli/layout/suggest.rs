//! `layout suggest`: parameters from the archive's own dates.

use std::path::PathBuf;

use super::source::Source;
use crate::cli::say;
use crate::error::{Error, Result};
use crate::layout::{Layout, Suggestion};
use crate::store::publish;
use crate::stream::Cancel;

/// Windows and radar gap for the shipped layouts, from the archive's own dates.
///
/// The rule: every window is half of a wait. The radar gap is half of the upper quartile of the
/// waits between valid radar patches of a place, in whole hours: with a repeat of 6 days 72 hours,
/// with 12 days 144. The target window is half of the upper quartile of the waits between cloudless
/// optical patches of a place, in whole days, at least one wait for any optical patch, at most 30
/// days. The dates before and after lie between one and three target windows away (os2), or between
/// one gap and a gap and two target windows (os1). It prints the values to set and how many samples
/// each layout then finds.
///
/// Example: eclaircie layout suggest archive/ --to my-os2.sql
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    source: Source,
    /// Write a layout with these values as its defaults.
    #[arg(long, value_name = "FILE.sql")]
    to: Option<PathBuf>,
    /// The layout that --to writes: ssop, os1 or os2.
    #[arg(long, default_value = "os2")]
    layout: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, cancel: &Cancel) -> Result<()> {
    let found = Suggestion::of(&args.source.session(cancel)?)?;
    say(&if args.json { super::json(&found)? } else { found.to_text() })?;
    let Some(path) = &args.to else { return Ok(()) };
    let chosen = found.layouts.iter().find(|l| l.layout == args.layout).ok_or_else(|| {
        Error::usage(format!("there is no suggestion for '{}'", args.layout))
            .hint("write --layout ssop, os1 or os2")
    })?;
    let mut layout = Layout::open(&chosen.layout)?;
    layout.set(&chosen.set)?;
    publish(path, layout.with_defaults().as_bytes())
}
