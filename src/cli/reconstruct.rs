//! `reconstruct`: whole scenes without clouds.

use std::path::PathBuf;

use super::{Done, args, progress::Progress};
use crate::archive::Archive;
use crate::catalog::Catalog;
use crate::error::{Error, Result};
use crate::geo::{Splitter, Stamp};
use crate::layout::{Layout, Sample, Samples};
use crate::limits;
use crate::reconstruct::{Method, ReconstructJob, ReconstructOptions, reconstruct};
use crate::sql::Session;
use crate::stream::Cancel;
use crate::tensors::pick_device;

/// Reconstruct whole scenes of a tile, by a trained network or by gap-filling, into a Zarr cube.
///
/// Example: eclaircie reconstruct archive/ --tile 31TCJ --date 2018-05-11 --method runs/msop/weights.safetensors --to msop.zarr
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The archive.
    archive: PathBuf,
    /// Tile.
    #[arg(long)]
    tile: String,
    /// Days of the scenes to reconstruct; may be repeated. All scenes of the tile if left out.
    #[arg(long = "date", value_name = "YYYY-MM-DD")]
    dates: Vec<String>,
    /// `gapfill`, or the weights of a network.
    #[arg(long, value_name = "gapfill|WEIGHTS")]
    method: String,
    /// The cube to write.
    #[arg(long, value_name = "CUBE.zarr")]
    to: PathBuf,
    /// Scene layout that chooses the inputs.
    #[arg(long, value_name = "NAME|FILE", default_value = "os2_scene")]
    layout: String,
    /// Sets a parameter of the layout.
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// Leave pixels that are clear as they were observed.
    #[arg(long)]
    keep_clear: bool,
    /// Gap-filling uses dates up to so many days away.
    #[arg(long, default_value_t = 90.0)]
    days: f64,
    /// auto, cpu, cuda or cuda:N.
    #[arg(long, default_value = "auto")]
    device: String,
    /// Pixels on a side of a piece.
    #[arg(long, default_value_t = 256)]
    piece: usize,
    #[command(flatten)]
    stream: args::StreamArgs,
}

/// The rows of the scene layout for this tile and these days.
fn choose(a: &Args, archive: &Archive) -> Result<(Samples, Vec<Sample>)> {
    let mut layout = Layout::open(&a.layout)?;
    layout.set(&a.set)?;
    let session = Session::new(limits::MEMORY_DEFAULT)?.with_scenes(&Catalog::open(archive)?)?;
    let samples = layout.samples(&session, &Splitter::default())?;
    let at_t = samples
        .role("s2_t")
        .ok_or_else(|| Error::usage(format!("layout '{}' has no role 's2_t'", a.layout)))?;
    let mut days = Vec::new();
    for date in &a.dates {
        days.push((date, Stamp::parse(date)?.date()));
    }
    let on = |s: &Sample, day| s.patches[at_t].time.date() == day;
    let mine = samples.rows.iter().filter(|s| *s.tile == *a.tile);
    let rows: Vec<Sample> =
        mine.filter(|s| days.is_empty() || days.iter().any(|(_, d)| on(s, *d))).cloned().collect();
    for (date, day) in &days {
        if !rows.iter().any(|s| on(s, *day)) {
            return Err(Error::not_found(format!(
                "layout '{}' finds no inputs for a scene of tile {} on {date}",
                a.layout, a.tile
            ))
            .hint("widen its windows with --set, or ask `eclaircie sql` which scenes there are"));
        }
    }
    Ok((samples, rows))
}

pub(super) fn run(a: Args, cancel: &Cancel) -> Result<Done> {
    let archive = Archive::open(&a.archive)?;
    let (samples, rows) = choose(&a, &archive)?;
    let options = ReconstructOptions {
        piece: a.piece,
        keep_clear: a.keep_clear,
        days: a.days,
        edge_bytes: a.stream.memory,
        workers: a.stream.workers,
        device: pick_device(&a.device)?,
    };
    let method = Method::parse(&a.method);
    let mut bar = Progress::new("reconstruct", "px");
    let job = ReconstructJob {
        archive: &archive,
        layout: &samples,
        rows: &rows,
        method: &method,
        out: &a.to,
    };
    let reports = reconstruct(&job, &options, cancel, &mut |done, all| bar.at(done, all))?;
    bar.finish(&format!("{} scenes into {}", rows.len(), a.to.display()));
    a.stream.report(&reports)?;
    Ok(Done::Whole)
}
