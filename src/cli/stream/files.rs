//! `stream --to` and `--from-tfrecord`: samples as files of other programs, and shards back in.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::super::{Done, args, progress::Progress};
use crate::catalog::Catalog;
use crate::error::{Error, Result};
use crate::exchange::{
    Contents, Decode, Describe, Entry, Form, Origin, Records, Scenes, Shards, Target,
};
use crate::layout::counted;
use crate::ops::{Read, check_coarse};
use crate::stream::{Cancel, Graph, Items, Pipe, Plan, Sink};

/// Files that samples are written to or read from.
#[derive(Debug, clap::Args)]
pub(super) struct FileArgs {
    /// Write the samples, unscaled, in the order of the stream: to a FILE whose ending says the
    /// format (.arrow, .arrows, .parquet, .tar, .tfrecord), to a new folder of shards, or to
    /// standard output (`-`; Arrow stream unless --format says otherwise).
    #[arg(long, value_name = "FOLDER|FILE|-", conflicts_with = "names")]
    to: Option<PathBuf>,
    /// Format of a folder or of standard output.
    #[arg(long, value_name = "arrow|parquet|webdataset|tfrecord", requires = "to")]
    #[arg(value_parser = parse_form)]
    format: Option<Form>,
    /// Samples of one shard of a folder: 1000, for TFRecord 100. The last shard holds the rest.
    #[arg(long, value_name = "N", requires = "to", value_parser = args::parse_count)]
    samples_per_shard: Option<usize>,
    /// Write the optical 20 m bands too, as s2_20m_….
    #[arg(long = "with-20m", requires = "to", conflicts_with = "from_tfrecord")]
    with_20m: bool,
    /// Read samples from a folder of TFRecord shards of the Decloud study, or from one shard,
    /// instead of an archive; without --to they are checked and counted.
    #[arg(long, value_name = "FOLDER|FILE")]
    #[arg(conflicts_with_all = [
        "layout", "archive", "set", "of", "seed", "epoch", "shuffle", "rank", "world", "steps",
        "resume", "names",
    ])]
    from_tfrecord: Option<PathBuf>,
}

fn parse_form(text: &str) -> std::result::Result<Form, String> {
    Form::parse(text).ok_or_else(|| "write arrow, parquet, webdataset or tfrecord".to_owned())
}

impl FileArgs {
    /// Whether files are read or written.
    pub(super) fn are_asked(&self) -> bool {
        self.to.is_some() || self.from_tfrecord.is_some()
    }

    fn sink(&self, contents: &Arc<Contents>) -> Result<End> {
        let Some(to) = &self.to else { return Ok(End::Count(Count::default())) };
        let (target, form) = Target::parse(to, self.format)?;
        if self.samples_per_shard.is_some() && !matches!(target, Target::Folder(_)) {
            return Err(Error::usage(format!("{} is one file, not shards", to.display()))
                .hint("leave out --samples-per-shard, or name a folder and give --format"));
        }
        if target == Target::Pipe && std::io::stdout().is_terminal() {
            return Err(Error::usage("samples are bytes, not text for a terminal")
                .hint("lead standard output into a file or program, or name a file with --to"));
        }
        let per_shard = self.samples_per_shard.unwrap_or(form.samples_per_shard());
        let shards =
            Shards::new(contents, form, &target, per_shard, || Box::new(std::io::stdout()))?;
        Ok(End::Files { shards: Box::new(shards), target, form, per_shard })
    }
}

/// Where the entries end.
enum End {
    Count(Count),
    Files { shards: Box<Shards>, target: Target, form: Form, per_shard: usize },
}

/// Entries are counted.
#[derive(Default)]
struct Count {
    samples: u64,
}

impl Sink for Count {
    type In = Entry;

    fn name(&self) -> String {
        "count".into()
    }

    fn accept(&mut self, _: Entry) -> Result<()> {
        self.samples += 1;
        Ok(())
    }
}

impl End {
    fn plan(&mut self, pipe: Pipe<Entry>) -> Plan<'_> {
        match self {
            Self::Count(count) => pipe.sink(count),
            Self::Files { shards, .. } => pipe.sink(&mut **shards),
        }
    }

    fn samples(&self) -> u64 {
        match self {
            Self::Count(count) => count.samples,
            Self::Files { shards, .. } => shards.samples(),
        }
    }

    /// Standard output is for the samples alone if they go there.
    fn say(&self, text: &str) -> Result<()> {
        match self {
            Self::Files { target: Target::Pipe, .. } => {
                eprintln!("{}", text.trim_end());
                Ok(())
            }
            _ => super::super::say(text),
        }
    }

    /// How many files there are, and what the original would have dropped.
    fn about(&self) -> String {
        let Self::Files { shards, target: Target::Folder(folder), form, per_shard } = self else {
            return String::new();
        };
        let count = counted(shards.shards().len() as u64, "shard");
        let mut text = format!(" in {count} of {}", folder.display());
        let rest = shards.samples() % *per_shard as u64;
        if *form == Form::TfRecord && rest > 0 {
            text += &format!(" (the last holds {rest}; the study's own program drops these)");
        }
        text
    }
}

pub(super) fn run(a: &super::Args, cancel: &Cancel) -> Result<Done> {
    match &a.files.from_tfrecord {
        Some(path) => from_shards(a, path, cancel),
        None => from_archive(a, cancel),
    }
}

fn from_archive(a: &super::Args, cancel: &Cancel) -> Result<Done> {
    let super::Opened { archive, samples, snapshot, course } = a.open()?;
    let rows: Vec<_> = course.batches().into_iter().flatten().collect();
    if rows.is_empty() {
        let split = a.epoch.of.name();
        return Err(Error::usage(format!("layout {} finds no {split} samples", samples.layout))
            .hint(
                "`eclaircie layout funnel` says where they are lost; --split and --set change it",
            ));
    }
    let origin = Origin {
        layout: Some(samples.layout.clone()),
        query: Some(samples.query_hash.clone()),
        snapshot: Some(snapshot),
        ..course.origin(&a.epoch)
    };
    let coarse = a.files.with_20m;
    let (contents, wants) = Contents::of_layout(&samples.roles, &archive, coarse, origin)?;
    check_coarse(&archive, &wants, &rows)?;
    let scenes = Scenes::of(&Catalog::open(&archive)?);
    let contents = Arc::new(contents.with_directions(&rows, &scenes));
    let pipe = Graph::new("stream", a.stream.memory)
        .source(Items::new("samples", rows))
        .spread(a.stream.workers, |_| Read::new(&archive, None, &wants))
        .then(Describe::new(&archive, &scenes, &contents.roles));
    let mut end = a.files.sink(&contents)?;
    let samples = finish(a, &mut end, pipe, cancel)?;
    if !a.is_shown()
        && let Some(text) = course.ending(samples)
    {
        end.say(&text)?;
    }
    Ok(Done::Whole)
}

fn from_shards(a: &super::Args, path: &Path, cancel: &Cancel) -> Result<Done> {
    let (records, contents) = Records::open(path, a.epoch.samples_max)?;
    let contents = Arc::new(contents);
    let mut end = a.files.sink(&contents)?;
    if a.files.to.is_none() {
        for tensor in &contents.tensors {
            let (name, kind, shape) = (&tensor.name, tensor.type_name(), tensor.shape());
            super::super::say(&format!("{name}: {kind} {shape:?}"))?;
        }
    }
    let pipe = Graph::new("stream", a.stream.memory)
        .source(records)
        .spread(a.stream.workers, |_| Decode::new(&contents));
    finish(a, &mut end, pipe, cancel)?;
    Ok(Done::Whole)
}

/// Runs to the end, or only shows the graph; gives the number of samples.
fn finish(a: &super::Args, end: &mut End, pipe: Pipe<Entry>, cancel: &Cancel) -> Result<usize> {
    let mut bar = Progress::new("stream", "samples");
    let plan = end
        .plan(pipe)
        .with_progress(Box::new(move |done, total| bar.at(done, total.unwrap_or(done))));
    if a.is_shown() {
        super::super::say(&if a.mermaid { plan.mermaid() } else { plan.explain() })?;
        return Ok(0);
    }
    let trace = a.stream.tracer()?;
    let outcome = plan.with_trace(trace.as_ref()).run(cancel);
    let report = a.stream.traced(trace.as_ref(), outcome)?;
    let samples = end.samples();
    let rate = samples as f64 / report.wall_s.max(1e-9);
    let all = counted(samples, "sample");
    end.say(&format!("{all}, {rate:.1} samples/s{}", end.about()))?;
    a.stream.report_through(&[report], |text| end.say(text))?;
    Ok(samples as usize)
}
