//! The command line: one file a verb, no logic.
//!
//! In: words. Out: an exit code: 0 done, 1 failed, 2 wrong use, 3 done with quarantined items, 4
//! out of space, 5 corrupt data found, 130 cancelled. An error says what was being done, to what,
//! what was expected and what to do next.

mod args;
mod demo;
mod epoch;
#[cfg(feature = "torch")]
mod evaluate;
#[cfg(feature = "gdal")]
mod export;
#[cfg(not(all(feature = "gdal", feature = "torch")))]
mod full;
#[cfg(feature = "gdal")]
mod ingest;
mod layout;
#[cfg(feature = "torch")]
mod model;
mod progress;
#[cfg(feature = "torch")]
mod reconstruct;
#[cfg(feature = "torch")]
mod report;
mod script;
#[cfg(feature = "gdal")]
mod simulate;
mod sql;
mod stream;
#[cfg(feature = "torch")]
mod study;
#[cfg(feature = "torch")]
mod train;
mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::error::{Error, Result};
use crate::stream::Cancel;

const EXIT_CODES: &str = "Exit codes: 0 done, 1 failed, 2 wrong use, 3 done but some products were set aside, \
    4 disk full, 5 damaged data found, 130 stopped by Ctrl-C or --time.";

/// Streaming dataflow engine for satellite patch archives: query them in SQL, train on them, remove
/// clouds.
#[derive(Debug, Parser)]
#[command(name = "eclaircie", version, max_term_width = 100, arg_required_else_help = true, after_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    #[cfg(feature = "gdal")]
    Simulate(simulate::Args),
    #[cfg(feature = "gdal")]
    Ingest(ingest::Args),
    Sql(sql::Args),
    Layout(layout::Args),
    Stream(stream::Args),
    #[cfg(feature = "torch")]
    Train(train::Args),
    #[cfg(feature = "torch")]
    Reconstruct(reconstruct::Args),
    #[cfg(feature = "torch")]
    Evaluate(evaluate::Args),
    #[cfg(feature = "torch")]
    Study(study::Args),
    #[cfg(feature = "torch")]
    Report(report::Args),
    #[cfg(feature = "gdal")]
    Export(export::Args),
    #[cfg(feature = "torch")]
    Model(model::Args),
    Verify(verify::Args),
    Demo(demo::Args),
}

/// How a verb ended when it did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Done {
    /// All of it.
    Whole,
    /// Some items were set aside, by name.
    #[cfg(feature = "gdal")]
    Quarantined,
    /// `verify` found damage.
    Damaged,
}

/// Runs the program on its arguments.
pub fn main() -> ExitCode {
    #[cfg(not(all(feature = "gdal", feature = "torch")))]
    if let Err(e) = full::hand_over() {
        return failed(&e);
    }
    #[cfg(feature = "torch")]
    crate::tensors::keep_heap();
    let cancel = Cancel::default();
    listen(&cancel);
    log();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(e) => {
            // Help and version are answers, not errors; a closed pipe must not turn them into one.
            let _ = e.print();
            #[cfg(not(all(feature = "gdal", feature = "torch")))]
            if e.kind() == clap::error::ErrorKind::InvalidSubcommand {
                eprintln!("{}", full::MISSING);
            }
            return ExitCode::from(if e.use_stderr() { 2 } else { 0 });
        }
    };
    quiet_panics();
    match run(cli.verb, &cancel) {
        Ok(Done::Whole) => ExitCode::SUCCESS,
        #[cfg(feature = "gdal")]
        Ok(Done::Quarantined) => ExitCode::from(3),
        Ok(Done::Damaged) => ExitCode::from(5),
        Err(e) if is_broken_pipe(&e) => ExitCode::SUCCESS,
        Err(e) => failed(&e),
    }
}

fn failed(e: &Error) -> ExitCode {
    eprintln!("error: {e}");
    eprintln!("  next: {}", e.advice());
    ExitCode::from(e.exit_code())
}

fn run(verb: Verb, cancel: &Cancel) -> Result<Done> {
    match verb {
        #[cfg(feature = "gdal")]
        Verb::Simulate(a) => simulate::run(a, cancel),
        #[cfg(feature = "gdal")]
        Verb::Ingest(a) => ingest::run(a, cancel),
        Verb::Sql(a) => sql::run(a, cancel),
        Verb::Layout(a) => layout::run(a, cancel),
        Verb::Stream(a) => stream::run(a, cancel),
        #[cfg(feature = "torch")]
        Verb::Train(a) => train::run(a, cancel),
        #[cfg(feature = "torch")]
        Verb::Reconstruct(a) => reconstruct::run(a, cancel),
        #[cfg(feature = "torch")]
        Verb::Evaluate(a) => evaluate::run(a, cancel),
        #[cfg(feature = "torch")]
        Verb::Study(a) => study::run(&a, cancel),
        #[cfg(feature = "torch")]
        Verb::Report(a) => report::run(a),
        #[cfg(feature = "gdal")]
        Verb::Export(a) => export::run(a),
        #[cfg(feature = "torch")]
        Verb::Model(a) => model::run(a),
        Verb::Verify(a) => verify::run(a),
        Verb::Demo(a) => demo::run(a, cancel),
    }
}

/// The first signal asks the run to stop and keep what is whole; the second leaves at once.
fn listen(cancel: &Cancel) {
    let cancel = cancel.clone();
    let heard = ctrlc::set_handler(move || {
        if cancel.is_cancelled() {
            crate::store::Scratch::remove_all();
            // A handler has no way back to `main`, and whoever asks twice wants no more tidying up.
            #[allow(clippy::disallowed_methods)]
            std::process::exit(130);
        }
        eprintln!("\nstopping; press Ctrl-C again to leave at once");
        cancel.cancel();
    });
    if let Err(e) = heard {
        eprintln!("warning: Ctrl-C will end the program at once: {e}");
    }
}

/// A panic inside an operator becomes an error that names it; anywhere else it ends the program
/// with this line. The place is kept for those who ask for it.
fn quiet_panics() {
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string);
        tracing::error!(?place, "internal fault: {info}");
    }));
}

fn log() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("ECLAIRCIE_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("error"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}

fn is_broken_pipe(e: &Error) -> bool {
    use std::error::Error as _;
    e.source()
        .and_then(|s| s.downcast_ref::<std::io::Error>())
        .is_some_and(|io| io.kind() == std::io::ErrorKind::BrokenPipe)
}

/// Writes to standard output; `head` closing the pipe is not a failure.
fn say(text: &str) -> Result<()> {
    use std::io::Write;
    writeln!(std::io::stdout(), "{}", text.trim_end_matches('\n'))
        .map_err(|e| Error::io("writing to standard output", e))
}
