//! The verbs that need neither libtorch nor GDAL, so that a question does not wait for them.

use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use clap::{Parser, Subcommand};

use super::{Done, layout, sql};
use crate::error::{Error, Result};
use crate::stream::Cancel;

/// The program that knows all verbs.
const FULL: &str = "eclaircie-full";

#[derive(Debug, Parser)]
#[command(name = "eclaircie", version, max_term_width = 100)]
struct Quick {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Sql(sql::Args),
    Layout(layout::Args),
}

/// Runs the program on its arguments: at once where it can, or by handing over.
pub fn quick_main() -> ExitCode {
    let verb = std::env::args_os().nth(1);
    if verb.is_some_and(|v| v == "sql" || v == "layout") {
        return super::start(Quick::try_parse, |quick, cancel| run(quick.verb, cancel));
    }
    let error = hand_over();
    eprintln!("error: {error}");
    eprintln!("  next: {}", error.advice());
    ExitCode::from(error.exit_code())
}

fn run(verb: Verb, cancel: &Cancel) -> Result<Done> {
    match verb {
        Verb::Sql(a) => sql::run(a, cancel),
        Verb::Layout(a) => layout::run(a),
    }
}

/// Becomes the full program; comes back only with the reason why not.
fn hand_over() -> Error {
    let me = match std::env::current_exe() {
        Ok(me) => me,
        Err(e) => return Error::io("finding this program's own file", e),
    };
    let full = me.with_file_name(FULL);
    let error = Command::new(&full).arg0("eclaircie").args(std::env::args_os().skip(1)).exec();
    Error::io(format!("starting {}", full.display()), error)
        .hint("keep eclaircie and eclaircie-full in one folder; make build makes both")
}
