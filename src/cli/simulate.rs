//! `simulate`: a believable archive of products with known truth.

use std::path::PathBuf;

use super::{Done, args, progress::Progress};
use crate::error::Result;
use crate::geo::Stamp;
use crate::simulate::{World, simulate};
use crate::stream::Cancel;

/// Write simulated products (Sentinel-2 in Theia's format, Sentinel-1 in S1Tiling's, a DEM) and,
/// apart, the clear truth.
///
/// Example: eclaircie simulate simulated/ --tiles 31TCJ,31TDJ --months 18
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Folder to fill: OUT/products and OUT/truth.
    out: PathBuf,
    /// Tiles, by name.
    #[arg(long, value_delimiter = ',', default_value = "31TCJ,31TDJ")]
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
    /// Chance.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

pub(super) fn run(a: Args, cancel: &Cancel) -> Result<Done> {
    let world = World {
        tiles: a.tiles,
        side: a.side,
        start: a.start,
        months: a.months,
        seed: a.seed,
        ..World::default()
    };
    let mut bar = Progress::new("simulate", "products");
    let heard = cancel.clone();
    let summary = simulate(&world, &a.out, &|| heard.is_cancelled(), &mut |d, t| bar.at(d, t))?;
    bar.finish(&format!(
        "{} optical and {} radar products written, {} too cloudy to be delivered, {} there already",
        summary.s2, summary.s1, summary.dropped, summary.skipped
    ));
    Ok(Done::Whole)
}
