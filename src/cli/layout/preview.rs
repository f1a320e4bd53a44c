//! `layout preview`: the first samples, and the timeline of one.

use std::path::PathBuf;

use super::tables::Tables;
use super::{Choice, LOST};
use crate::cli::{args::parse_count, say};
use crate::error::Result;
use crate::report::timeline_svg;
use crate::store::publish;
use crate::stream::Cancel;

/// The first samples by name, and the timeline of one: who is at which date, how cloudy.
///
/// Example: eclaircie layout preview os2 archive/ --sample 3 --svg sample.svg
///
/// Example: eclaircie layout preview os2 --table s2=a.parquet --table s1=b.parquet
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Name or file.
    layout: String,
    #[command(flatten)]
    from: Tables,
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

pub(super) fn run(args: Args, cancel: &Cancel) -> Result<()> {
    let choice = args.choice.of(args.layout);
    let layout = args.from.answer(choice.open()?)?;
    let session = args.from.session(cancel)?;
    let samples = choice.split.drawn(&layout, &session, args.from.archive()?.as_ref())?;
    for (i, sample) in samples.rows.iter().take(args.rows).enumerate() {
        say(&format!("{:>4} {:6} {}", i + 1, sample.split.name(), sample.name()))?;
    }
    if samples.rows.is_empty() {
        return say(LOST);
    }
    let timeline = samples.timeline(args.sample - 1, &session)?;
    say(&format!("\nsample {} of {}: {}", args.sample, samples.rows.len(), timeline.to_text()))?;
    match &args.svg {
        Some(path) => publish(path, timeline_svg(&timeline).as_bytes()),
        None => Ok(()),
    }
}
