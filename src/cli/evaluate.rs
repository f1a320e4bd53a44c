//! `evaluate`: methods compared on the same samples.

use std::path::PathBuf;

use super::{Done, args, progress::Progress};
use crate::archive::Archive;
use crate::error::Result;
use crate::evaluate::{EvaluateOptions, Row, evaluate, write_rows};
use crate::geo::Split;
use crate::stream::Cancel;
use crate::tensors::pick_device;

/// Score methods on the test samples of a layout: PSNR, MSE, SSIM, SAM and errors per band.
///
/// Example: eclaircie evaluate archive/ --layout os2 --method gapfill --method runs/msop/weights.safetensors --to scores.parquet
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The archive.
    archive: PathBuf,
    #[command(flatten)]
    layout: args::LayoutArgs,
    /// `input`, `gapfill`, or the weights of a network; may be repeated.
    #[arg(long = "method", required = true, value_name = "input|gapfill|WEIGHTS")]
    methods: Vec<String>,
    /// An archive of the clear truth: score the scene at t against it instead of the layout's
    /// target.
    #[arg(long, value_name = "ARCHIVE")]
    truth: Option<PathBuf>,
    /// Which samples.
    #[arg(long, default_value = "test", value_parser = args::parse_split)]
    split: Split,
    /// Samples at most.
    #[arg(long, default_value_t = 200, value_parser = args::parse_count)]
    samples_max: usize,
    /// Samples a batch.
    #[arg(long, default_value_t = 4, value_parser = args::parse_count)]
    batch: usize,
    /// Gap-filling uses dates up to so many days away.
    #[arg(long, default_value_t = 90.0)]
    days: f64,
    /// Write all scores as Parquet.
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
    /// Mean absolute errors from elsewhere (DN) to print beside ours; may be repeated.
    #[arg(long, value_name = "NAME=B02:212,B03:225", value_parser = parse_beside)]
    beside: Vec<Beside>,
    /// Print all scores as JSON.
    #[arg(long)]
    json: bool,
    /// auto, cpu, cuda or cuda:N.
    #[arg(long, default_value = "auto")]
    device: String,
    /// Chance of the bootstrap.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    stream: args::StreamArgs,
}

/// A method's errors by band, from elsewhere.
#[derive(Debug, Clone)]
struct Beside {
    name: String,
    bands: Vec<(String, f64)>,
}

fn parse_beside(text: &str) -> std::result::Result<Beside, String> {
    let how = || "write NAME=B02:212,B03:225".to_owned();
    let (name, list) = text.split_once('=').ok_or_else(how)?;
    let band = |pair: &str| {
        let (band, value) = pair.split_once(':').ok_or_else(how)?;
        let value: f64 = value.parse().map_err(|_| how())?;
        Ok((band.to_owned(), value))
    };
    let bands = list.split(',').map(band).collect::<std::result::Result<_, String>>()?;
    Ok(Beside { name: name.to_owned(), bands })
}

impl Beside {
    /// Rows that stand beside ours, by our definition.
    fn rows<'a>(&'a self, definition: &'a str) -> impl Iterator<Item = Row> + 'a {
        self.bands.iter().map(move |(band, value)| Row {
            method: self.name.clone(),
            stratum: "all".into(),
            metric: "mae".into(),
            band: band.clone(),
            value: *value,
            low: None,
            high: None,
            unit: "DN".into(),
            definition: definition.to_owned(),
            samples: 0,
        })
    }
}

pub(super) fn run(a: Args, cancel: &Cancel) -> Result<Done> {
    let archive = a.stream.open(&a.archive)?;
    let truth = a.truth.as_deref().map(Archive::open).transpose()?;
    let (samples, snapshot) = a.layout.samples(&archive)?;
    let options = EvaluateOptions {
        methods: a.methods.clone(),
        split: a.split,
        snapshot,
        samples_max: a.samples_max,
        batch: a.batch,
        days: a.days,
        edge_bytes: a.stream.memory,
        workers: a.stream.workers,
        device: pick_device(&a.device)?,
        trace: a.stream.tracer()?,
        seed: a.seed,
    };
    a.to.as_deref().map_or(Ok(()), crate::store::probe)?;
    let mut bar = Progress::new("evaluate", "samples");
    let judged = evaluate(&archive, truth.as_ref(), &samples, &options, cancel, &mut |d, t| {
        bar.at(d, t);
    });
    let mut result = a.stream.traced(options.trace.as_ref(), judged)?;
    bar.finish(&format!("{} samples scored", result.samples));
    let mae = result.rows.iter().find(|r| r.metric == "mae");
    let definition = mae.map(|r| r.definition.clone()).unwrap_or_default();
    result.rows.extend(a.beside.iter().flat_map(|b| b.rows(&definition)));
    if let Some(path) = &a.to {
        write_rows(path, &result.rows)?;
    }
    match a.json {
        true => super::say(&serde_json::json!(result.rows).to_string())?,
        false => super::say(&table(&result.rows))?,
    }
    a.stream.report(&[result.report])?;
    Ok(Done::Whole)
}

/// One line a method, one column a metric over all bands, then the errors per band, then the
/// definitions.
fn table(rows: &[Row]) -> String {
    let mut text = String::new();
    let mut strata: Vec<&str> = rows.iter().map(|r| r.stratum.as_str()).collect();
    strata.dedup();
    strata.sort();
    strata.dedup();
    for stratum in strata {
        let here: Vec<&Row> = rows.iter().filter(|r| r.stratum == stratum).collect();
        text += &format!("\npixels: {stratum}\n");
        text += &block(&here, |r| (r.band == "all").then(|| format!("{} [{}]", r.metric, r.unit)));
        text += &block(&here, |r| {
            (r.band != "all" && r.metric == "mae").then(|| format!("mae {} [{}]", r.band, r.unit))
        });
    }
    let mut said: Vec<&str> = Vec::new();
    for r in rows {
        if !said.contains(&r.metric.as_str()) {
            said.push(&r.metric);
            text += &format!("\n{}: {}", r.metric, r.definition);
        }
    }
    text
}

/// Methods down, the columns that `head` names across.
fn block(rows: &[&Row], head: impl Fn(&Row) -> Option<String>) -> String {
    let (mut heads, mut methods) = (Vec::new(), Vec::new());
    for r in rows {
        if let Some(h) = head(r) {
            if !heads.contains(&h) {
                heads.push(h);
            }
            if !methods.contains(&r.method) {
                methods.push(r.method.clone());
            }
        }
    }
    let width = methods.iter().map(String::len).max().unwrap_or(0).max(8);
    let mut text = format!("{:width$}", "method");
    heads.iter().for_each(|h| text += &format!(" {h:>16}"));
    text.push('\n');
    for m in &methods {
        text += &format!("{m:width$}");
        for h in &heads {
            let cell = rows.iter().find(|r| &r.method == m && head(r).as_ref() == Some(h));
            text += &cell.map_or(format!(" {:>16}", "-"), |r| format!(" {:>16.4}", r.value));
        }
        text.push('\n');
    }
    text
}
