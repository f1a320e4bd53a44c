//! `layout manifest`: what makes a sample set again.

use std::path::{Path, PathBuf};

use super::Choice;
use super::tables::Tables;
use crate::cli::say;
use crate::error::{Error, Kind, Result};
use crate::layout::{Draw, Layout, SampleManifest, SplitPlan, counted};
use crate::store::{read_json, write_json};
use crate::stream::Cancel;

/// Write what makes a sample set again, or check that it is still the same.
///
/// The manifest holds the digests of catalog, tables and query, all parameters, seeds and settings
/// of split and draw, the counts by use, tile and season, and a digest of the samples. --check
/// makes the set once more from the manifest's own settings and prints a line for each field that
/// differs; it fails (exit code 1) if the samples are not the same. A preset (os2@burkina) and --set
/// come before the parameters of the manifest; --table, --roi, --compat and --split-regions are to be given again.
///
/// Example: eclaircie layout manifest os2 archive/ --to os2.json
///
/// Example: eclaircie layout manifest os2 archive/ --check os2.json
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Name or file.
    layout: String,
    #[command(flatten)]
    from: Tables,
    #[command(flatten)]
    choice: Choice,
    /// Write the manifest.
    #[arg(long, value_name = "FILE", required_unless_present = "check")]
    to: Option<PathBuf>,
    /// Compare with this manifest.
    #[arg(long, value_name = "FILE", conflicts_with = "to")]
    check: Option<PathBuf>,
}

pub(super) fn run(args: Args, cancel: &Cancel) -> Result<()> {
    let mut layout = Layout::open(&args.layout)?;
    if let Some(path) = &args.check {
        return check(&args.from, layout, &args.choice, path, cancel);
    }
    layout.set(&args.choice.set)?;
    let plan = args.choice.split.plan()?;
    let manifest = make(&args.from, layout, &plan, &args.choice.split.draw(), cancel)?;
    let Some(path) = &args.to else { return Ok(()) };
    write_json(path, &manifest)?;
    let counts: Vec<String> =
        manifest.counts.split.iter().map(|(split, n)| format!("{split} {n}")).collect();
    let all = counted(manifest.counts.all, "sample");
    say(&format!("{all} ({}), {}", counts.join(", "), path.display()))
}

fn check(
    from: &Tables,
    mut layout: Layout,
    choice: &Choice,
    path: &Path,
    cancel: &Cancel,
) -> Result<()> {
    choice.split.refuse_own("the manifest says how ground is split and what is drawn")?;
    let was: SampleManifest = read_json(path)?;
    was.set(&mut layout, &choice.set)?;
    let plan = SplitPlan::like(&was.split, choice.split.regions()?);
    let now = make(from, layout, &plan, &was.draw, cancel)?;
    let differences = was.differences(&now);
    for difference in &differences {
        say(&difference.to_string())?;
    }
    if was.is_same_set(&now) {
        let how = if differences.is_empty() { "" } else { ", though what it is made from changed" };
        return say(&format!("the same {}{how}", counted(now.counts.all, "sample")));
    }
    Err(Error::new(Kind::Invalid, format!("the samples are not those of {}", path.display()))
        .hint("follow the lines above from the first on, or write a new manifest with --to"))
}

fn make(
    from: &Tables,
    layout: Layout,
    plan: &SplitPlan,
    draw: &Draw,
    cancel: &Cancel,
) -> Result<SampleManifest> {
    let (layout, session) = (from.answer(layout)?, from.session(cancel)?);
    let splitter = plan.over(from.archive()?.as_ref())?;
    let samples = layout.samples(&session, &splitter)?.drawn(draw);
    Ok(SampleManifest::of(&layout, &samples, draw, &from.digest()?))
}
