//! `layout preview`: the first samples, and the timeline of one.

use std::path::PathBuf;

use super::Choice;
use crate::archive::Archive;
use crate::catalog::Catalog;
use crate::cli::{args::parse_count, say};
use crate::error::Result;
use crate::limits;
use crate::report::timeline_svg;
use crate::sql::Session;
use crate::store::publish;

/// The first samples by name, and the timeline of one: who is at which date, how cloudy.
///
/// Example: eclaircie layout preview os2 archive/ --sample 3 --svg sample.svg
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Name or file.
    layout: String,
    /// The archive.
    archive: PathBuf,
    #[command(flatten)]
    choice: Choice,
    /// How many to list.
    #[arg(long, default_value_t = 10)]
    rows: usize,
    /// The sample whose timeline is shown, by its number in the list.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = parse_count)]
    sample: usize,
    /// Draw the timeline.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

pub(super) fn run(args: Args) -> Result<()> {
    let archive = Archive::open(&args.archive)?;
    let (samples, _) = args.choice.of(args.layout).samples(&archive)?;
    for (i, sample) in samples.rows.iter().take(args.rows).enumerate() {
        say(&format!("{:>4} {:6} {}", i + 1, sample.split.name(), sample.name()))?;
    }
    if samples.rows.is_empty() {
        return say("the layout finds no sample here; `layout funnel` tells where they are lost");
    }
    let session = Session::new(limits::MEMORY_DEFAULT)?.with_catalog(&Catalog::open(&archive)?)?;
    let timeline = samples.timeline(args.sample - 1, &session)?;
    say(&format!("\nsample {} of {}: {}", args.sample, samples.rows.len(), timeline.to_text()))?;
    match &args.svg {
        Some(path) => publish(path, timeline_svg(&timeline).as_bytes()),
        None => Ok(()),
    }
}
