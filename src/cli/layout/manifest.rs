//! `layout manifest`: what makes a sample set again.

use std::path::{Path, PathBuf};

use super::Choice;
use crate::archive::Archive;
use crate::catalog::Catalog;
use crate::cli::say;
use crate::error::{Error, Kind, Result};
use crate::layout::{Draw, Layout, SampleManifest, SplitPlan};
use crate::limits;
use crate::sql::Session;
use crate::store::{read_json, write_json};

/// Write what makes a sample set again, or check that it is still the same.
///
/// The manifest holds the digests of catalog and query, all parameters, seeds and settings of split
/// and draw, the counts by use, tile and season, and a digest of the samples. --check makes the set
/// once more from the manifest's own settings and says what differs; it fails (exit code 1) if the
/// samples are not the same.
///
/// Example: eclaircie layout manifest os2 archive/ --to os2.json
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Name or file.
    layout: String,
    /// The archive.
    archive: PathBuf,
    #[command(flatten)]
    choice: Choice,
    /// Write the manifest.
    #[arg(long, value_name = "FILE", required_unless_present = "check")]
    to: Option<PathBuf>,
    /// Compare with this manifest.
    #[arg(long, value_name = "FILE", conflicts_with = "to")]
    check: Option<PathBuf>,
}

pub(super) fn run(args: Args) -> Result<()> {
    let archive = Archive::open(&args.archive)?;
    let mut layout = Layout::open(&args.layout)?;
    if let Some(path) = &args.check {
        return check(&archive, layout, &args.choice, path);
    }
    layout.set(&args.choice.set)?;
    let plan = args.choice.split.plan()?;
    let manifest = make(&archive, &layout, &plan, &args.choice.split.draw())?;
    let Some(path) = &args.to else { return Ok(()) };
    write_json(path, &manifest)?;
    let counts: Vec<String> =
        manifest.counts.split.iter().map(|(split, n)| format!("{split} {n}")).collect();
    say(&format!("{} samples ({}), {}", manifest.counts.all, counts.join(", "), path.display()))
}

fn check(archive: &Archive, mut layout: Layout, choice: &Choice, path: &Path) -> Result<()> {
    let was: SampleManifest = read_json(path)?;
    layout.set(&was.assignments())?;
    layout.set(&choice.set)?;
    let plan = SplitPlan::like(&was.split, choice.split.regions()?);
    let now = make(archive, &layout, &plan, &was.draw)?;
    let differences = was.differences(&now);
    for line in &differences {
        say(line)?;
    }
    if was.is_same_set(&now) {
        let how = if differences.is_empty() { "" } else { ", though what it is made from changed" };
        return say(&format!("the same {} samples{how}", now.counts.all));
    }
    Err(Error::new(Kind::Invalid, format!("the samples are not those of {}", path.display()))
        .hint("restore the archive and layout of that time, or write a new manifest with --to"))
}

fn make(
    archive: &Archive,
    layout: &Layout,
    plan: &SplitPlan,
    draw: &Draw,
) -> Result<SampleManifest> {
    let catalog = Catalog::open(archive)?;
    let session = Session::new(limits::MEMORY_DEFAULT)?.with_catalog(&catalog)?;
    let samples = layout.samples(&session, &plan.over(Some(archive))?)?.drawn(draw);
    Ok(SampleManifest::of(layout, &samples, draw, &catalog.snapshot()?))
}
