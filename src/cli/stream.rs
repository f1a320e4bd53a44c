//! `stream`: the samples of a layout, as batches where there is libtorch, and where time goes.

use std::path::PathBuf;

use super::{Done, args, progress::Progress};
use crate::archive::Archive;
use crate::error::Result;
use crate::geo::Split;
#[cfg(not(feature = "torch"))]
use crate::ops::Fetched;
use crate::ops::{Read, ordered, wants};
use crate::stream::{Cancel, Graph, Items, Pipe, Sink};
#[cfg(feature = "torch")]
use crate::tensors::Batch;

/// Read and batch the samples of a layout as training does, without a network: what is the
/// bottleneck?
///
/// Example: eclaircie stream os2 archive/ --stats
///
/// Example: eclaircie stream os2 archive/ --explain
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A shipped layout, or your own query file.
    layout: String,
    /// The archive.
    archive: PathBuf,
    /// Sets a parameter of the layout; may be repeated.
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
    #[command(flatten)]
    split: args::SplitArgs,
    /// Which samples.
    #[arg(long = "split", value_name = "SPLIT", default_value = "train")]
    #[arg(value_parser = args::parse_split)]
    of: Split,
    /// Samples at most.
    #[arg(long, default_value_t = usize::MAX, hide_default_value = true)]
    samples_max: usize,
    /// Samples a batch.
    #[cfg(feature = "torch")]
    #[arg(long, default_value_t = 16, value_parser = args::parse_count)]
    batch: usize,
    /// Chance of the order.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// auto, cpu, cuda or cuda:N.
    #[cfg(feature = "torch")]
    #[arg(long, default_value = "auto")]
    device: String,
    /// Print the graph and do not run it.
    #[arg(long)]
    explain: bool,
    /// Print the graph as a Mermaid flowchart and do not run it.
    #[arg(long)]
    mermaid: bool,
    #[command(flatten)]
    stream: args::StreamArgs,
}

/// What is counted at the end of the stream.
#[cfg(feature = "torch")]
type Last = Batch;
#[cfg(not(feature = "torch"))]
type Last = Fetched;

/// Where the stream ends: samples are counted.
#[derive(Default)]
struct Count {
    samples: u64,
}

impl Sink for Count {
    type In = Last;

    fn name(&self) -> String {
        "count".into()
    }

    #[cfg(feature = "torch")]
    fn accept(&mut self, batch: Batch) -> Result<()> {
        self.samples += batch.names.len() as u64;
        Ok(())
    }

    #[cfg(not(feature = "torch"))]
    fn accept(&mut self, _sample: Fetched) -> Result<()> {
        self.samples += 1;
        Ok(())
    }
}

/// Batches, scaled on their device.
#[cfg(feature = "torch")]
fn batches(read: Pipe<crate::ops::Fetched>, a: &Args, archive: &Archive) -> Result<Pipe<Batch>> {
    use crate::ops::{MakeBatch, Normalise};
    let device = crate::tensors::pick_device(&a.device)?;
    let side = archive.settings().patch;
    Ok(read.then(MakeBatch::new(a.batch, side)).then(Normalise::new(device)))
}

/// A program without libtorch has no tensors to batch.
#[cfg(not(feature = "torch"))]
fn batches(read: Pipe<Fetched>, _: &Args, _: &Archive) -> Result<Pipe<Fetched>> {
    Ok(read)
}

pub(super) fn run(a: Args, cancel: &Cancel) -> Result<Done> {
    let archive = Archive::open(&a.archive)?;
    let layout =
        args::LayoutArgs { layout: a.layout.clone(), set: a.set.clone(), split: a.split.clone() };
    let (samples, _) = layout.samples(&archive)?;
    let names: Vec<String> = samples.roles.iter().map(|r| r.name.clone()).collect();
    let all = wants(&samples.roles, &names)?;
    let rows = ordered(&samples.of(a.of), a.seed, 0, a.samples_max);
    let mut count = Count::default();
    let mut bar = Progress::new("stream", "samples");
    let read = Graph::new("stream", a.stream.memory)
        .source(Items::new("samples", rows))
        .spread(a.stream.workers, |_| Read::new(&archive, None, &all));
    let plan = batches(read, &a, &archive)?
        .sink(&mut count)
        .with_progress(Box::new(move |done, total| bar.at(done, total.unwrap_or(done))));
    if a.explain || a.mermaid {
        super::say(&if a.mermaid { plan.mermaid() } else { plan.explain() })?;
        return Ok(Done::Whole);
    }
    let report = plan.run(cancel)?;
    let rate = count.samples as f64 / report.wall_s.max(1e-9);
    super::say(&format!("{} samples, {rate:.1} samples/s", count.samples))?;
    a.stream.report(&[report])?;
    Ok(Done::Whole)
}
