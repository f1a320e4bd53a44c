//! `train`: fit a network to the samples of a layout.

mod options;

use std::path::PathBuf;

use clap::FromArgMatches;

use super::{Done, args, progress::Progress};
use crate::error::{Error, Result};
use crate::models::{Card, Model};
use crate::stream::Cancel;
use crate::train::{TrainJob, TrainOptions, TrainSummary, train};

/// Train a network from the samples of a layout, straight from the archive.
///
/// The folder gets weights.safetensors (the best by --best), curve.parquet, metrics.parquet, tensorboard/ and a checkpoint.
///
/// Example: eclaircie train archive/ --layout os2 --model msop-unet-small --to runs/msop
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The archive.
    archive: PathBuf,
    #[command(flatten)]
    layout: args::LayoutArgs,
    /// A shipped card (see `eclaircie model list`) or your own file; by default that of --from.
    #[arg(long, value_name = "CARD|FILE", required_unless_present = "from")]
    model: Option<String>,
    /// Folder for weights, checkpoint and curves.
    #[arg(long, value_name = "FOLDER")]
    to: PathBuf,
    #[command(flatten)]
    how: options::OptionArgs,
    #[command(flatten)]
    stream: args::StreamArgs,
}

/// Refuses the options of a training that could not begin, as far as that is known without samples.
pub(super) fn check(options: &clap::ArgMatches) -> Result<()> {
    let a = Args::from_arg_matches(options)
        .map_err(|e| Error::internal("the options are not those of train").with_source(e))?;
    let options = a.how.options(&a.stream)?;
    if let Some(weights) = &options.from {
        Model::about(weights)
            .map_err(|e| e.hint("--from takes the weights.safetensors that a training wrote"))?;
    }
    options.check()
}

pub(super) fn run(a: Args, cancel: &Cancel) -> Result<Done> {
    let archive = a.stream.open(&a.archive)?;
    let options = a.how.options(&a.stream)?;
    let card = match (&a.model, &options.from) {
        (Some(card), _) => Card::open(card)?,
        (None, Some(weights)) => Model::about(weights)?.0,
        (None, None) => {
            return Err(Error::usage("train needs --model or --from")
                .hint("choose a card of `eclaircie model list`"));
        }
    };
    let (samples, snapshot) = a.layout.samples(&archive)?;
    let mut bar = Progress::new(format!("train {}", card.name), "steps");
    let job = TrainJob {
        archive: &archive,
        samples: &samples,
        snapshot: &snapshot,
        card: &card,
        out: &a.to,
    };
    let (mut valid, mut heard) = (String::new(), false);
    let trained = train(&job, &options, cancel, &mut |p, pace| {
        if p.split == "valid" {
            valid = format!(", valid loss {:.4}", p.loss);
        }
        let (rate, wait) = (pace.samples_s(), 100.0 * pace.wait_share());
        bar.note(&format!("{rate:.1} samples/s, {wait:.0} % waiting for data{valid}"));
        if !std::mem::replace(&mut heard, true) {
            bar.after(p.step.saturating_sub(1));
        }
        bar.at(p.step, options.steps);
    });
    let summary = a.stream.traced(options.trace.as_ref(), trained)?;
    bar.finish(&outcome(&summary, &options));
    a.stream.report(&[summary.report])?;
    Ok(Done::Whole)
}

/// What came out, in a line.
fn outcome(summary: &TrainSummary, options: &TrainOptions) -> String {
    let metric = &options.monitor.metric;
    let mut text = match summary.best.zip(summary.weights.as_ref()) {
        Some((best, weights)) => {
            format!("best validation {metric} {best:.4}, {}", weights.display())
        }
        None => "no validation yet".to_owned(),
    };
    if summary.stopped_early {
        let n = options.monitor.patience.unwrap_or_default();
        text += &format!("; no better in {n} validations, stopped at step {}", summary.step);
    } else if summary.step < options.steps {
        text += &format!("; stopped at step {}, go on with --resume;", summary.step);
    }
    text
}
