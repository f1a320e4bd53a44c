//! `reconstruct`: whole scenes without clouds.

use std::path::PathBuf;

use super::{Done, args, progress::Progress};
use crate::archive::{Archive, Sensor};
use crate::catalog::Catalog;
use crate::error::{Error, Result};
use crate::geo::{Splitter, Stamp};
use crate::layout::{Layout, Sample, Samples};
use crate::limits;
use crate::models::Model;
use crate::reconstruct::{Method, ReconstructJob, ReconstructOptions, reconstruct};
use crate::sql::Session;
use crate::stream::Cancel;
use crate::tensors::pick_device;

/// Reconstruct whole scenes of a tile, by a trained network or by gap-filling, into a Zarr cube.
///
/// Example: eclaircie reconstruct archive/ --tile 31TCJ --date 2019-04-28 --method runs/msop/weights.safetensors --to msop.zarr
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The archive.
    archive: PathBuf,
    /// Tile.
    #[arg(long)]
    tile: String,
    /// Days of the scenes to reconstruct; may be repeated. If left out, all that the scene layout finds in the tile: those with cloud (--set cloud_min=0 for all)
    /// that have their partners.
    #[arg(long = "date", value_name = "YYYY-MM-DD", value_parser = args::parse_day)]
    dates: Vec<Stamp>,
    /// From the clear dates alone: `gapfill` (a line between the nearest two), `gapfill-loess` (through all of them) or
    /// `nearest` (a copy); or the weights of a network, or the card of a TorchScript network.
    #[arg(long, value_name = "NAME|WEIGHTS|CARD")]
    method: String,
    /// Let a TorchScript network run: its file is a program.
    #[arg(long)]
    allow_code: bool,
    /// The cube to write.
    #[arg(long, value_name = "CUBE.zarr")]
    to: PathBuf,
    /// Scene layout that chooses the inputs; by default the shipped one that offers what the method needs.
    #[arg(long, value_name = "NAME|FILE")]
    layout: Option<String>,
    /// Sets a parameter of the layout.
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// Leave pixels that are clear as they were observed.
    #[arg(long)]
    keep_clear: bool,
    /// Gap-filling and the nearest date use dates up to so many days away.
    #[arg(long, default_value_t = 90.0)]
    days: f64,
    /// auto, cpu, cuda or cuda:N.
    #[arg(long, default_value = "auto")]
    device: String,
    /// Pixels on a side of a piece.
    #[arg(long, default_value_t = 256, value_parser = args::parse_count)]
    piece: usize,
    #[command(flatten)]
    stream: args::StreamArgs,
}

/// The shipped scene layout for a method: gap-filling needs the scene alone, a network what its card names.
fn default_layout(method: &Method) -> Result<&'static str> {
    let Method::Network(weights) = method else { return Ok("scene") };
    let card = Model::card(weights)?;
    let several = card.inputs.iter().any(|i| i.ends_with("_tm1") || i.ends_with("_tp1"));
    Ok(if several { "os2_scene" } else { "ssop_scene" })
}

/// The rows of the scene layout for this tile and these days.
fn choose(a: &Args, name: &str, archive: &Archive) -> Result<(Samples, Vec<Sample>)> {
    archive.tile(&a.tile)?;
    let mut layout = Layout::open(name)?;
    layout.set(&a.set)?;
    let catalog = Catalog::open(archive)?;
    let session = Session::new(limits::MEMORY_DEFAULT)?.with_scenes(&catalog)?;
    let samples = layout.samples(&session, &Splitter::default())?;
    if samples.role("s2_target").is_some() {
        return Err(Error::usage(format!(
            "layout '{name}' has a target: it is one of patches, to learn from"
        ))
        .hint("scenes are rebuilt by a layout of scenes: scene, ssop_scene or os2_scene"));
    }
    let at_t = samples
        .role("s2_t")
        .ok_or_else(|| Error::usage(format!("layout '{name}' has no role 's2_t'")))?;
    let on = |s: &Sample, day: &Stamp| s.patches[at_t].time.date() == day.date();
    let mine = samples.rows.iter().filter(|s| *s.tile == *a.tile);
    let rows: Vec<Sample> =
        mine.filter(|s| a.dates.is_empty() || a.dates.iter().any(|d| on(s, d))).cloned().collect();
    match a.dates.iter().find(|day| !rows.iter().any(|s| on(s, day))) {
        Some(day) => Err(no_inputs(&catalog, &a.tile, name, *day)),
        None => Ok((samples, rows)),
    }
}

/// Either there is no scene that day, or the layout finds no partners for it.
fn no_inputs(catalog: &Catalog, tile: &str, layout: &str, day: Stamp) -> Error {
    let scenes = catalog.scenes().iter().filter(|s| s.sensor == Sensor::S2 && s.tile == tile);
    let nearest = scenes.min_by_key(|s| (s.time.0 - day.0).abs()).and_then(|s| s.time.date());
    let date = day.date();
    let text = date.map(|d| d.to_string()).unwrap_or_default();
    match nearest {
        Some(d) if Some(d) == date => Error::not_found(format!(
            "layout '{layout}' finds no partners for tile {tile} on {text}"
        ))
        .hint("widen its windows with --set; a clear scene needs --set cloud_min=0"),
        Some(d) => Error::not_found(format!("tile {tile} has no optical scene on {text}"))
            .hint(format!("the nearest is on {d}")),
        None => Error::not_found(format!("tile {tile} has no optical scene")),
    }
}

pub(super) fn run(a: Args, cancel: &Cancel) -> Result<Done> {
    let archive = a.stream.open(&a.archive)?;
    let (method, device) = (Method::parse(&a.method)?, pick_device(&a.device)?);
    let name = match &a.layout {
        Some(name) => name.as_str(),
        None => default_layout(&method)?,
    };
    let (samples, rows) = choose(&a, name, &archive)?;
    let options = ReconstructOptions {
        piece: a.piece,
        keep_clear: a.keep_clear,
        days: a.days,
        edge_bytes: a.stream.memory,
        workers: a.stream.workers,
        device,
        allow_code: a.allow_code,
        trace: a.stream.tracer()?,
    };
    let mut bar = Progress::new("reconstruct", "px");
    let job = ReconstructJob {
        archive: &archive,
        layout: &samples,
        rows: &rows,
        method: &method,
        out: &a.to,
    };
    let made = reconstruct(&job, &options, cancel, &mut |done, all| bar.at(done, all));
    let reports = a.stream.traced(options.trace.as_ref(), made)?;
    bar.finish(&format!("{} scenes into {}", rows.len(), a.to.display()));
    a.stream.report(&reports)?;
    Ok(Done::Whole)
}
