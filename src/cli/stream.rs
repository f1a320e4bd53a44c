//! `stream`: the samples of a layout, as batches where there is libtorch, and where time goes.

mod files;

use std::path::PathBuf;

use super::{Done, args, epoch::Course, epoch::EpochArgs, layout::LOST, progress::Progress};
use crate::archive::Archive;
use crate::error::{Error, Kind, Result};
use crate::geo::Split;
use crate::layout::{Samples, counted};
#[cfg(not(feature = "torch"))]
use crate::ops::Fetched;
use crate::ops::{Want, wants};
use crate::stream::{Cancel, Graph, Items, Pipe, Sink};
#[cfg(feature = "torch")]
use crate::tensors::Batch;

/// Read and batch the samples of a layout as training does, without a network: what is the
/// bottleneck?
///
/// Example: eclaircie stream os2 archive/ --stats
///
/// Example: eclaircie stream os2 archive/ --explain
///
/// Example: eclaircie stream os2 archive/ --trace trace.json
///
/// With --to the samples become files: Arrow, Parquet, WebDataset or the Decloud study's TFRecord.
///
/// Example: eclaircie stream os2 archive/ --to os2/ --format webdataset
///
/// Example: eclaircie stream --from-tfrecord shards/ --to samples.parquet
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A shipped layout, or your own query file.
    #[arg(required_unless_present = "from_tfrecord")]
    layout: Option<String>,
    /// The archive.
    #[arg(required_unless_present = "from_tfrecord")]
    archive: Option<PathBuf>,
    /// Sets a parameter of the layout; may be repeated.
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
    #[command(flatten)]
    split: args::SplitArgs,
    #[command(flatten)]
    epoch: EpochArgs,
    /// auto, cpu, cuda or cuda:N.
    #[cfg(feature = "torch")]
    #[arg(long, default_value = "auto")]
    device: String,
    /// Leave the stored integers as they are: batches are neither scaled nor moved to the device.
    #[cfg(feature = "torch")]
    #[arg(long)]
    raw: bool,
    /// Windows of so many pixels, drawn inside patches by seed and epoch.
    #[cfg(feature = "torch")]
    #[arg(long, value_name = "PIXELS", value_parser = args::parse_count)]
    #[arg(conflicts_with_all = ["to", "from_tfrecord"])]
    crop: Option<usize>,
    /// Print the graph and figures of the order, and do not run it.
    #[arg(long)]
    explain: bool,
    /// Print the graph as a Mermaid flowchart and do not run it.
    #[arg(long)]
    mermaid: bool,
    /// Print the names of the samples in order, and read no pixel.
    #[arg(long)]
    names: bool,
    #[command(flatten)]
    files: files::FileArgs,
    #[command(flatten)]
    stream: args::StreamArgs,
}

impl Args {
    /// Opens the archive and finds the samples; clap asks for layout and archive where samples come
    /// from an archive.
    fn open(&self) -> Result<Opened> {
        let (layout, archive) = self
            .layout
            .clone()
            .zip(self.archive.as_deref())
            .ok_or_else(|| Error::usage("name a layout and an archive"))?;
        let archive = self.stream.open(archive)?;
        let layout = args::LayoutArgs { layout, set: self.set.clone(), split: self.split.clone() };
        let (samples, snapshot) = layout.samples(&archive)?;
        let course = self.epoch.course(&samples, &snapshot)?;
        Ok(Opened { archive, samples, snapshot, course })
    }

    /// Whether the graph is only shown.
    fn is_shown(&self) -> bool {
        self.explain || self.mermaid
    }
}

/// What is to be streamed.
struct Opened {
    archive: Archive,
    samples: Samples,
    snapshot: String,
    course: Course,
}

/// What is counted at the end of the stream.
#[cfg(feature = "torch")]
type Last = Batch;
#[cfg(not(feature = "torch"))]
type Last = Fetched;

/// Where the stream ends: samples are counted.
#[derive(Default)]
struct Count {
    samples: usize,
}

impl Sink for Count {
    type In = Last;

    fn name(&self) -> String {
        "count".into()
    }

    #[cfg(feature = "torch")]
    fn accept(&mut self, batch: Batch) -> Result<()> {
        self.samples += batch.names.len();
        Ok(())
    }

    #[cfg(not(feature = "torch"))]
    fn accept(&mut self, _sample: Fetched) -> Result<()> {
        self.samples += 1;
        Ok(())
    }
}

/// Batches, scaled on their device unless they are to stay as they are.
#[cfg(feature = "torch")]
fn batches(course: &Course, a: &Args, archive: &Archive, all: &[Want]) -> Result<Pipe<Batch>> {
    use crate::ops::{Gather, Normalise};
    let device = crate::tensors::pick_device(&a.device)?;
    let patch = archive.settings().patch;
    let crop = a.crop.map(|side| course.crop(side, patch)).transpose()?;
    let pipe = Graph::new("stream", a.stream.memory)
        .source(Items::new("samples", course.batches()))
        .spread(a.stream.workers, |_| Gather::new(archive, None, all).cropped(crop));
    if a.raw {
        return Ok(pipe);
    }
    // Scaling is work of the CPU only where batches stay there.
    let workers = if device == tch::Device::Cpu { a.stream.workers } else { 1 };
    Ok(pipe.spread(workers, |_| Normalise::new(device)))
}

/// A program without libtorch has no tensors to batch.
#[cfg(not(feature = "torch"))]
fn batches(course: &Course, a: &Args, archive: &Archive, all: &[Want]) -> Result<Pipe<Fetched>> {
    let rows: Vec<_> = course.batches().into_iter().flatten().collect();
    Ok(Graph::new("stream", a.stream.memory)
        .source(Items::new("samples", rows))
        .spread(a.stream.workers, |_| crate::ops::Read::new(archive, None, all)))
}

pub(super) fn run(a: Args, cancel: &Cancel) -> Result<Done> {
    if a.files.are_asked() {
        return files::run(&a, cancel);
    }
    let Opened { archive, samples, course, .. } = a.open()?;
    if let Some(text) = lost(&samples, a.epoch.of) {
        eprintln!("{text}");
    }
    if a.names {
        return names(&course);
    }
    let roles: Vec<String> = samples.roles.iter().map(|r| r.name.clone()).collect();
    let all = wants(&samples.roles, &roles)?;
    let mut count = Count::default();
    let mut bar = Progress::new("stream", "samples");
    let total = course.len() as u64;
    let plan = batches(&course, &a, &archive, &all)?.sink(&mut count).with_progress(Box::new(
        move |done, items| bar.at(done * total / items.unwrap_or(done).max(1), total),
    ));
    if a.explain || a.mermaid {
        super::say(&if a.mermaid { plan.mermaid() } else { plan.explain() })?;
        if a.explain {
            let patch = archive.settings().patch;
            super::say(&course.explain(&all, patch, a.stream.memory))?;
        }
        return Ok(Done::Whole);
    }
    let trace = a.stream.tracer()?;
    let outcome = plan.with_trace(trace.as_ref()).run(cancel);
    let outcome = a.stream.traced(trace.as_ref(), outcome);
    let report = match (outcome, course.ending(count.samples)) {
        (Err(e), Some(text)) if e.kind() == Kind::Cancelled => return Err(e.hint(text)),
        (outcome, _) => outcome?,
    };
    let rate = count.samples as f64 / report.wall_s.max(1e-9);
    let all = counted(count.samples as u64, "sample");
    super::say(&format!("{all}, {rate:.1} samples/s"))?;
    if let Some(text) = course.ending(count.samples) {
        super::say(&text)?;
    }
    a.stream.report(&[report])?;
    Ok(Done::Whole)
}

/// Why a split has no samples, and what to do about it; none where it has some.
fn lost(samples: &Samples, of: Split) -> Option<String> {
    if samples.rows.is_empty() {
        return Some(LOST.to_owned());
    }
    let some = samples.rows.iter().any(|s| s.split == of);
    (!some).then(|| {
        let (all, name) = (counted(samples.rows.len() as u64, "sample"), of.name());
        format!(
            "the layout finds {all} here, none of split {name}; name another with --split, or take \
             smaller blocks with --split-block"
        )
    })
}

/// One line a sample, an empty line between batches.
fn names(course: &Course) -> Result<Done> {
    for (number, batch) in course.batches().iter().enumerate() {
        let lines: Vec<String> = batch.iter().map(crate::layout::Sample::name).collect();
        super::say(&format!("{}{}", if number > 0 { "\n" } else { "" }, lines.join("\n")))?;
    }
    Ok(Done::Whole)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geo::Splitter;
    use crate::layout::Sample;

    #[test]
    fn a_stream_without_samples_says_where_they_are_lost() {
        let mut samples = Samples {
            roles: Vec::new(),
            rows: Vec::new(),
            layout: "os2".into(),
            query_hash: String::new(),
            splitter: Splitter::default(),
            told: None,
        };
        assert!(lost(&samples, Split::Train).unwrap().contains("`layout funnel`"));
        let split = Split::Train;
        samples.rows.push(Sample { tile: "31TCJ".into(), row: 0, col: 0, split, patches: vec![] });
        assert_eq!(lost(&samples, Split::Train), None);
        let text = lost(&samples, Split::Test).unwrap();
        assert!(text.contains("1 sample here, none of split test"), "{text}");
        assert!(text.contains("--split-block"), "{text}");
    }
}
