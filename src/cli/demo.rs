//! `demo`: the whole flow as a list of this program's own commands.

use std::path::{Path, PathBuf};

use super::{Done, script::Script};
use crate::error::{Error, Result};
use crate::geo::Stamp;
use crate::stream::Cancel;

/// Run the main job from beginning to end: cloudy scene in, reconstructed scene out, with a report
/// page.
///
/// Every step is a command that you could type; it is printed before it runs.
///
/// Example: eclaircie demo demo/
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Folder to work in; products and scenes that are there are not made again.
    #[arg(default_value = "demo")]
    out: PathBuf,
    /// Use a real GeoTIFF series (a folder with one file a band and CSV files of dates) instead of
    /// a simulated archive.
    #[arg(long, value_name = "FOLDER")]
    real: Option<PathBuf>,
    /// Random seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// With --real: errors of gap-filling from elsewhere, to print beside ours on the hidden clear dates.
    #[arg(long, value_name = "NAME=B02:212,B03:225")]
    beside: Option<String>,
    /// With --real: weights of a network of three dates that is tuned to the series, to stand beside one that learns from it alone.
    #[arg(long, value_name = "WEIGHTS", requires = "real")]
    from: Option<PathBuf>,
    /// Optimiser steps of each network.
    #[arg(long)]
    steps: Option<u64>,
}

pub(super) fn run(args: Args, cancel: &Cancel) -> Result<Done> {
    let mut script = Script::new(&args.out, cancel);
    match &args.real {
        Some(data) => real(&mut script, data, &args)?,
        None => simulated(&mut script, &args)?,
    }
    script.summary("report.html")?;
    Ok(Done::Whole)
}

/// What the scores of the simulated demo stand for.
const PLACES: &str = "The scores come from places that no network was trained on or chosen by, against the simulated \
    truth. The picture shows a whole tile, of which the networks know some places.";
/// What the scores of a real series stand for.
const DATES: &str = "scores: clear dates later than any that the network was trained on or chosen by, over the same \
    ground. hidden: every clear date of the series, hidden in turn; gap-filling alone, which learns nothing.";

/// The archive's most telling scene since a day: about half cloudy, whole, with inputs on both sides.
fn choose_scene(archive: &Path, from: Stamp) -> Result<(String, String)> {
    use crate::archive::Archive;
    use crate::catalog::Catalog;
    use crate::sql::Session;
    let catalog = Catalog::open(&Archive::open(archive)?)?;
    let session = Session::new(crate::limits::MEMORY_DEFAULT)?.with_scenes(&catalog)?;
    let layout = crate::layout::Layout::open("os2_scene")?;
    let samples = layout.samples(&session, &crate::geo::Splitter::default())?;
    let at_t = samples.role("s2_t").ok_or_else(|| Error::internal("os2_scene has no s2_t"))?;
    let cloudiness = |s: &&crate::layout::Sample| {
        catalog
            .scenes()
            .iter()
            .find(|c| {
                c.sensor == crate::archive::Sensor::S2
                    && c.tile == *s.tile
                    && c.time == s.patches[at_t].time
            })
            .filter(|c| c.nodata_percent < 1.0)
            .and_then(|c| c.cloud_percent)
            .map_or(f64::INFINITY, |p| (p - 60.0).abs())
    };
    let best = samples
        .rows
        .iter()
        .filter(|s| s.patches[at_t].time >= from)
        .min_by(|a, b| cloudiness(a).total_cmp(&cloudiness(b)))
        .ok_or_else(|| Error::not_found("no scene has clear neighbours before and after"))?;
    let day = best.patches[at_t].time.date().map(|d| d.to_string()).unwrap_or_default();
    Ok((best.tile.to_string(), day))
}

/// A cube of the scene by gap-filling and by each network that was trained.
fn reconstruct(s: &mut Script<'_>, tile: &str, day: &str, networks: &[&str]) -> Result<()> {
    let trained = networks.iter().map(|n| (*n, format!("{{{n}/weights.safetensors}}")));
    for (name, method) in std::iter::once(("gapfill", "gapfill".to_owned())).chain(trained) {
        s.step(&format!(
            "reconstruct {{archive}} --tile {tile} --date {day} --method {method} \
             --to {{cubes/{name}.zarr}} --stats-to {{stats/reconstruct-{name}.json}}"
        ))?;
    }
    Ok(())
}

fn simulated(s: &mut Script<'_>, args: &Args) -> Result<()> {
    let seed = args.seed;
    s.give("@note", PLACES.to_owned());
    s.step(&format!("simulate {{simulated}} --seed {seed}"))?;
    s.step("ingest {simulated/products} {archive}")?;
    s.step("ingest {simulated/truth} {truth}")?;
    s.step("sql {archive} --file cloudiness")?;
    s.step("layout count ssop {archive} --split-block 1")?;
    s.step("layout count os2 {archive} --split-block 1")?;
    let (ssop, msop) = (args.steps.unwrap_or(420), args.steps.unwrap_or(360));
    s.step(&format!(
        "train {{archive}} --layout ssop --split-block 1 --model ssop-unet-small --to {{ssop}} \
         --steps {ssop} --seed {seed} --resume --replace --stats-to {{stats/train-ssop.json}}"
    ))?;
    s.step(&format!(
        "train {{archive}} --layout os2 --split-block 1 --model msop-unet-small --to {{msop}} \
         --steps {msop} --seed {seed} --resume --replace --stats --stats-to {{stats/train-msop.json}}"
    ))?;
    let (tile, day) = choose_scene(&s.at("archive"), Stamp(0))?;
    reconstruct(s, &tile, &day, &["ssop", "msop"])?;
    s.step("export {cubes/msop.zarr} --to {cubes/msop.tif}")?;
    s.step(
        "evaluate {archive} --layout os2 --split-block 1 --truth {truth} --method input \
         --method gapfill --method {ssop/weights.safetensors} --method {msop/weights.safetensors} \
         --to {scores.parquet} --stats --stats-to {stats/evaluate.json}",
    )?;
    s.step(&format!(
        "report {{report.html}} --archive {{archive}} --truth {{truth}} --tile {tile} --date {day} \
         --cube gapfill={{cubes/gapfill.zarr}} --cube ssop={{cubes/ssop.zarr}} \
         --cube msop={{cubes/msop.zarr}} --scores {{scores.parquet}} --run ssop={{ssop}} \
         --run msop={{msop}} --stats {{stats}} --fact seed={seed} --note @note"
    ))
}

/// Day from which targets of a real series are kept for the test, and from which they validate: the
/// last quarter of the dates, and the tenth before it.
fn boundaries(archive: &Path) -> Result<(String, String)> {
    use crate::archive::{Archive, Sensor};
    let catalog = crate::catalog::Catalog::open(&Archive::open(archive)?)?;
    let times: Vec<_> =
        catalog.scenes().iter().filter(|s| s.sensor == Sensor::S2).map(|s| s.time).collect();
    let day = |share: f64| {
        let i = ((times.len() as f64 * share) as usize).min(times.len().saturating_sub(1));
        times.get(i).and_then(|t| t.date()).map(|d| d.to_string())
    };
    day(0.65).zip(day(0.75)).ok_or_else(|| Error::not_found("the series has no optical date"))
}

fn real(s: &mut Script<'_>, data: &Path, args: &Args) -> Result<()> {
    let (seed, steps) = (args.seed, args.steps.unwrap_or(1200));
    s.give("@note", DATES.to_owned());
    s.give("@data", data.display().to_string());
    if let Some(beside) = &args.beside {
        s.give("@beside", beside.clone());
    }
    s.step("ingest @data {archive} --patch 64")?;
    s.step("sql {archive} --file cloudiness")?;
    let (valid, test) = boundaries(&s.at("archive"))?;
    let dates = format!("--set valid_from={valid} --set test_from={test}");
    s.step(&format!("layout count os2 {{archive}} {dates}"))?;
    // Before the long training, so that weights that do not fit are told at once.
    if let Some(weights) = &args.from {
        s.give("@from", weights.display().to_string());
        s.step(&format!(
            "train {{archive}} --layout os2 {dates} --from @from --to {{tuned}} --steps {steps} --batch 16 \
             --rate 3e-4 --seed {seed} --resume --replace --stats-to {{stats/train-tuned.json}}"
        ))?;
    }
    s.step(&format!(
        "train {{archive}} --layout os2 {dates} --model msop-unet-small --to {{msop}} \
         --steps {steps} --batch 16 --seed {seed} --resume --replace --stats --stats-to {{stats/train-msop.json}}"
    ))?;
    let networks: &[&str] = if args.from.is_some() { &["msop", "tuned"] } else { &["msop"] };
    let beside = if args.beside.is_some() { "--beside @beside" } else { "" };
    s.step(&format!(
        "evaluate {{archive}} --layout hidden --valid-share 0 --test-share 0 --split train \
         --method nearest --method gapfill --method gapfill-loess --to {{hidden.parquet}} {beside}"
    ))?;
    let methods: Vec<String> =
        networks.iter().map(|n| format!("--method {n}={{{n}/weights.safetensors}}")).collect();
    s.step(&format!(
        "evaluate {{archive}} --layout os2 {dates} --method input --method gapfill --method gapfill-loess \
         {} --to {{scores.parquet}} --stats-to {{stats/evaluate.json}} {beside}",
        methods.join(" ")
    ))?;
    let (tile, day) = choose_scene(&s.at("archive"), Stamp::parse(&test)?)?;
    reconstruct(s, &tile, &day, networks)?;
    s.step("export {cubes/msop.zarr} --to {cubes/msop.tif}")?;
    let shown: Vec<String> = networks
        .iter()
        .map(|n| format!("--cube {n}={{cubes/{n}.zarr}} --run {n}={{{n}}}"))
        .collect();
    s.step(&format!(
        "report {{report.html}} --archive {{archive}} --tile {tile} --date {day} \
         --cube gapfill={{cubes/gapfill.zarr}} {} --scores {{scores.parquet}} --scores {{hidden.parquet}} \
         --stats {{stats}} --fact seed={seed} --note @note",
        shown.join(" ")
    ))
}
