//! `layout export`: all samples as a Parquet file.

use std::path::PathBuf;

use super::tables::Tables;
use super::{Choice, LOST};
use crate::cli::say;
use crate::error::Result;
use crate::layout::counted;
use crate::stream::Cancel;

/// Writes the samples of a layout as a Parquet file: patches, and the id and scene of every image.
///
/// With --per-place or --balance these are the samples that training would get, but for those in which
/// another role shows the target's own image; one that comes twice is written twice.
///
/// Example: eclaircie layout export os2 archive/ --to os2.parquet
///
/// Example: eclaircie layout export os2 --table s2=a.parquet --table s1=b.parquet --to os2.parquet
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Name, SQL file, or JSON file of the Decloud study.
    layout: String,
    #[command(flatten)]
    from: Tables,
    #[command(flatten)]
    choice: Choice,
    /// Where to write: a Parquet file.
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
}

pub(super) fn run(args: Args, cancel: &Cancel) -> Result<()> {
    let choice = args.choice.of(args.layout);
    let layout = args.from.answer(choice.open()?)?;
    let session = args.from.identified(cancel)?;
    let splitter = choice.split.splitter(args.from.archive()?.as_ref())?;
    let draw = choice.split.draw();
    let rows = match draw.is_all() {
        true => layout.export(&session, &splitter, &args.to)?,
        false => layout.export_drawn(&session, &splitter, &draw, &args.to)?,
    };
    let samples = counted(rows, "sample");
    say(&format!("{samples} of layout {} in {}", layout.name, args.to.display()))?;
    if rows == 0 {
        eprintln!("{LOST}");
    }
    Ok(())
}
