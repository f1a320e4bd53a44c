//! `evaluate`: methods compared on the same samples.

mod beside;
#[cfg(feature = "gdal")]
mod cover;
mod page;
mod table;

use std::path::{Path, PathBuf};
#[cfg(feature = "gdal")]
use std::sync::Arc;

use super::{Done, args, progress::Progress};
use crate::archive::Archive;
use crate::error::{Result, While};
use crate::evaluate::{
    EvaluateOptions, Evaluation, evaluate, write_differences, write_patches, write_rows,
};
use crate::geo::Split;
use crate::layout::Control;
use crate::report::{strip_svg, write_page};
use crate::store::publish;
use crate::stream::Cancel;
use crate::tensors::pick_device;

/// Pixels of a patch in looks.svg.
const STRIP_SIDE: usize = 160;

/// Score methods on the test samples of a layout: PSNR, MSE, SSIM, SAM and errors per band, by stratum; paired differences
/// with intervals; the worst, median and best patches.
///
/// Example: eclaircie evaluate archive/ --layout os2 --method gapfill --method runs/msop/weights.safetensors --to scores/
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The archive.
    archive: PathBuf,
    #[command(flatten)]
    layout: args::LayoutArgs,
    /// `input` (the cloudy image), `nearest` (a copy of the nearest clear date), `gapfill` (a line between the nearest two),
    /// `gapfill-loess` (a weighted line through all), `gapfill-pair` (the study's: a line between s2_tm1 and s2_tp1), the weights of a network, or the card of a TorchScript network, with a
    /// name of your own before it or not (`radar=runs/3/weights.safetensors`); may be repeated.
    #[arg(long = "method", required = true, value_name = "NAME|[NAME=]WEIGHTS|CARD")]
    methods: Vec<String>,
    /// Run each network once more with an input that is another's: sar-time, sar-place or dem; may be repeated.
    #[arg(long = "control", value_name = "CONTROL", value_parser = Control::parse)]
    controls: Vec<Control>,
    /// `decloud`: as the study scores, without a mask of the target, in its four metrics.
    #[arg(long, value_name = "STUDY", value_parser = ["decloud"])]
    compat: Option<String>,
    /// Let TorchScript networks run: their files are programs.
    #[arg(long)]
    allow_code: bool,
    /// An archive of the clear truth: score the scene at t against it instead of the layout's
    /// target.
    #[arg(long, value_name = "ARCHIVE")]
    truth: Option<PathBuf>,
    /// Score what `reconstruct --keep-clear` writes: pixels that are clear at t stay as they were observed.
    #[arg(long)]
    keep_clear: bool,
    /// Which samples.
    #[arg(long, default_value = "test", value_parser = args::parse_split)]
    split: Split,
    /// Samples at most.
    #[arg(long, default_value_t = 200, value_parser = args::parse_count)]
    samples_max: usize,
    /// Samples a batch.
    #[arg(long, default_value_t = 4, value_parser = args::parse_count)]
    batch: usize,
    /// Gap-filling and the nearest date use dates up to so many days away.
    #[arg(long, default_value_t = 90.0)]
    days: f64,
    /// A name that ends with .parquet takes the scores; any other is a folder for scores.parquet, differences.parquet,
    /// patches.parquet, report.html, and looks.svg, a patch of each kind as one picture.
    #[arg(long, value_name = "FOLDER|FILE")]
    to: Option<PathBuf>,
    /// Patches of each kind on the page: worst, median, best.
    #[arg(long, default_value_t = 3, value_name = "N")]
    looks: usize,
    /// Mean absolute errors from elsewhere (DN) to print beside ours; may be repeated.
    #[arg(long, value_name = "NAME=B02:212,B03:225", value_parser = beside::parse, conflicts_with = "compat")]
    beside: Vec<beside::Beside>,
    /// A GeoTIFF of land cover on a tile's grid, whose kinds are scored apart; a .csv of its name beside it may name the codes
    /// (`code,name`). May be repeated, one a tile.
    #[cfg(feature = "gdal")]
    #[arg(long, value_name = "[TILE=]FILE", value_parser = cover::parse)]
    cover: Vec<cover::CoverArg>,
    /// Print every stratum, not only all, cloudy and clear pixels.
    #[arg(long)]
    strata: bool,
    /// Print all scores and differences as JSON.
    #[arg(long)]
    json: bool,
    /// auto, cpu, cuda or cuda:N.
    #[arg(long, default_value = "auto")]
    device: String,
    /// Random seed of the bootstrap and of the controls.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    stream: args::StreamArgs,
}

/// The folder that results go to, if `to` is no single file.
fn folder(to: Option<&Path>) -> Option<&Path> {
    to.filter(|path| path.extension().is_none_or(|e| e != "parquet"))
}

pub(super) fn run(a: Args, cancel: &Cancel) -> Result<Done> {
    let archive = a.stream.open(&a.archive)?;
    let truth = a.truth.as_deref().map(Archive::open).transpose()?;
    let (samples, snapshot) = a.layout.samples(&archive)?;
    let mut controls = a.controls.clone();
    controls.sort();
    controls.dedup();
    let options = EvaluateOptions {
        methods: a.methods.clone(),
        controls,
        split: a.split,
        snapshot,
        study: a.compat.is_some(),
        keep_clear: a.keep_clear,
        samples_max: a.samples_max,
        looks: if folder(a.to.as_deref()).is_some() { a.looks } else { 0 },
        batch: a.batch,
        days: a.days,
        edge_bytes: a.stream.memory,
        workers: a.stream.workers,
        device: pick_device(&a.device)?,
        allow_code: a.allow_code,
        trace: a.stream.tracer()?,
        seed: a.seed,
        #[cfg(feature = "gdal")]
        cover: cover::read(&a.cover, &archive)?.map(Arc::new),
        #[cfg(not(feature = "gdal"))]
        cover: None,
    };
    let probed = folder(a.to.as_deref()).map(|f| f.join("scores.parquet")).or(a.to.clone());
    probed.as_deref().map_or(Ok(()), crate::store::probe)?;
    let mut bar = Progress::new("evaluate", "samples");
    let judged = evaluate(&archive, truth.as_ref(), &samples, &options, cancel, &mut |d, t| {
        bar.at(d, t);
    });
    let mut result = a.stream.traced(options.trace.as_ref(), judged)?;
    bar.finish(&page::scored(&result));
    if let Some(ours) = result.rows.iter().find(|r| r.metric == "mae").cloned() {
        result.rows.extend(a.beside.iter().flat_map(|b| b.rows(&ours)));
    }
    write(&a, &options, &result)?;
    match a.json {
        true => super::say(
            &serde_json::json!({
                "samples": result.samples,
                "available": result.available,
                "left_out": result.left_out,
                "scores": result.rows,
                "differences": result.differences,
            })
            .to_string(),
        )?,
        false => super::say(&table::table(&result.rows, &result.differences, a.strata))?,
    }
    a.stream.report(&[result.report])?;
    Ok(Done::Whole)
}

/// Writes what was asked for.
fn write(a: &Args, options: &EvaluateOptions, result: &Evaluation) -> Result<()> {
    let Some(to) = &a.to else { return Ok(()) };
    let Some(folder) = folder(Some(to)) else { return write_rows(to, &result.rows) };
    let doing = || format!("writing {}", folder.display());
    write_rows(&folder.join("scores.parquet"), &result.rows).during(doing)?;
    write_differences(&folder.join("differences.parquet"), &result.differences).during(doing)?;
    write_patches(&folder.join("patches.parquet"), &result.patches).during(doing)?;
    let fact = |name: &str, value: String| (name.to_owned(), value);
    let shown = |files: &[PathBuf]| match files {
        [] => "none".to_owned(),
        files => files.iter().map(|f| f.display().to_string()).collect::<Vec<_>>().join(", "),
    };
    let facts = vec![
        fact("program", concat!("eclaircie ", env!("CARGO_PKG_VERSION")).to_owned()),
        fact("archive", a.archive.display().to_string()),
        fact("archive snapshot", options.snapshot.clone()),
        fact("truth", shown(a.truth.as_slice())),
        #[cfg(feature = "gdal")]
        fact("land cover", shown(&a.cover.iter().map(|c| c.file.clone()).collect::<Vec<_>>())),
        fact("split", options.split.name().to_owned()),
        fact("methods", options.methods.join(", ")),
        fact("pixels clear at t", if a.keep_clear { "kept" } else { "answered" }.to_owned()),
        fact("seed of bootstrap and controls", options.seed.to_string()),
        fact("compat", a.compat.clone().unwrap_or_else(|| "none".to_owned())),
    ];
    let page = page::page(result, &options.controls, facts)?;
    let strip = strip_svg(&page::strip(&page.comparisons), STRIP_SIDE)?;
    publish(&folder.join("looks.svg"), strip.as_bytes())?;
    write_page(&folder.join("report.html"), &page)
}
