//! `simulate`: a believable archive of products with known truth.

use std::path::{Path, PathBuf};

use super::{Done, args, progress::Progress};
use crate::error::{Error, Kind, Result};
use crate::geo::Stamp;
use crate::simulate::{Cause, Gate, Region, World, check, simulate, table};
use crate::stream::Cancel;

/// Write simulated products (Sentinel-2 in Theia's format, Sentinel-1 in S1Tiling's, a DEM) and,
/// apart, the clear truth; measure whether what was written is believable.
///
/// Example: eclaircie simulate simulated/ --tiles 31TCJ,31TDJ --months 18
///
/// Example: eclaircie simulate simulated/ --check
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Folder to fill: OUT/products and OUT/truth.
    out: PathBuf,
    /// Which world: france, or burkina, with a dry and a wet season and radar every 12 days, on
    /// which nothing was tuned.
    #[arg(long, default_value = "france", value_name = "NAME", value_parser = parse_region)]
    world: Region,
    /// Tiles, by name; by default 31TCJ,31TDJ, or 30PVA,30PWA for burkina.
    #[arg(long, value_delimiter = ',')]
    tiles: Vec<String>,
    /// Pixels (10 m) on a side of a tile.
    #[arg(long, default_value_t = 1024, value_parser = args::parse_count)]
    side: usize,
    /// First day.
    #[arg(long, default_value = "2018-01-01", value_parser = args::parse_day)]
    start: Stamp,
    /// Months.
    #[arg(long, default_value_t = 18)]
    months: u32,
    /// Random seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Leave out a cause, to see what it does: events, mask-errors, thin-clouds,
    /// noise-correlation. The truth keeps a record of it, the products do not.
    #[arg(long, value_name = "CAUSE", value_delimiter = ',', value_parser = parse_cause)]
    without: Vec<Cause>,
    /// Measure the gates of a believable world on the products and the truth in OUT, which is
    /// simulated first where there is none. Fails if one does not hold. `--check=quick` leaves out
    /// the gates that train small learners or look at a second world (7 to 10).
    #[arg(long, value_name = "WHICH", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "all", value_parser = ["all", "quick"])]
    check: Option<String>,
}

fn parse_region(text: &str) -> std::result::Result<Region, String> {
    Region::parse(text).map_err(|e| format!("{e}; {}", e.advice()))
}

fn parse_cause(text: &str) -> std::result::Result<Cause, String> {
    Cause::parse(text).map_err(|e| format!("{e}; {}", e.advice()))
}

pub(super) fn run(a: Args, cancel: &Cancel) -> Result<Done> {
    let there = a.out.join("truth/world.json").exists();
    let (out, checked) = (a.out.clone(), a.check.clone());
    if checked.is_none() || !there {
        write(a, cancel)?;
    }
    match checked.as_deref() {
        Some(which) => gates(&out, which == "all", cancel),
        None => Ok(Done::Whole),
    }
}

fn write(a: Args, cancel: &Cancel) -> Result<()> {
    let usual = || a.world.tiles().map(str::to_owned).to_vec();
    let world = World {
        tiles: if a.tiles.is_empty() { usual() } else { a.tiles },
        side: a.side,
        start: a.start,
        months: a.months,
        seed: a.seed,
        s1_every_days: a.world.radar_days(),
        region: a.world,
        without: a.without,
        ..World::default()
    };
    let mut bar = Progress::new("simulate", "products");
    let heard = cancel.clone();
    let summary = simulate(&world, &a.out, &|| heard.is_cancelled(), &mut |d, t| bar.at(d, t))?;
    bar.finish(&format!(
        "{} optical and {} radar products written, {} too cloudy to be delivered, {} there already",
        summary.s2, summary.s1, summary.dropped, summary.skipped
    ));
    Ok(())
}

/// Prints the gates; one that does not hold is an error, but for a world that was not tuned on.
fn gates(out: &Path, learn: bool, cancel: &Cancel) -> Result<Done> {
    let stop = || cancel.check();
    let checked = check(out, learn, &stop, &mut |what| eprintln!("check: {what}"))?;
    super::say(&table(&checked.gates))?;
    if let Some(why) = checked.spared {
        super::say(why)?;
        return Ok(Done::Whole);
    }
    let failed: Vec<&Gate> = checked.gates.iter().filter(|g| !g.holds()).collect();
    let Some(first) = failed.first() else { return Ok(Done::Whole) };
    let numbers: Vec<String> = failed.iter().map(|g| g.number.to_string()).collect();
    let text = format!("{} does not pass gate {}", out.display(), numbers.join(", "));
    Err(Error::new(Kind::Invalid, text).hint(format!(
        "a world smaller than the default (1024 pixels, 18 months) says little about itself, and some seeds lie at an edge; else, in the source, {}",
        first.advice
    )))
}
