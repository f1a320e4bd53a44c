//! `layout lint`: what a layout probably does not mean.

use super::source::Source;
use crate::cli::say;
use crate::error::Result;
use crate::layout::{Layout, Warning};
use crate::stream::Cancel;

/// What a layout probably does not mean, and what to do about it.
///
/// Without an archive the text alone is read: windows and cloud ranges that nothing fits, roles
/// that can be one and the same image. With one, also places without radar and the clause after
/// which nothing is left.
///
/// Example: eclaircie layout lint my.sql archive/
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Name or file.
    layout: String,
    #[command(flatten)]
    source: Source,
    /// Sets a parameter of the layout; may be repeated.
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, cancel: &Cancel) -> Result<()> {
    let mut layout = Layout::open(&args.layout)?;
    layout.set(&args.set)?;
    let warnings = if args.source.is_given() {
        layout.lint_in(&args.source.session(cancel)?)?
    } else {
        layout.lint()?
    };
    if args.json {
        return say(&super::json(&warnings)?);
    }
    if warnings.is_empty() {
        return say(&format!("layout {}: nothing to warn of", layout.name));
    }
    say(&text(&warnings))
}

/// Warnings beside an answer: on standard error, so that the answer stays what it was.
pub(super) fn warn(layout: &Layout) {
    // Whoever only counts need not know that a text was not checked, and is told what is no SQL.
    let warnings = layout.doubts().unwrap_or_default();
    if !warnings.is_empty() {
        eprintln!("{}", text(&warnings).trim_end());
    }
}

fn text(warnings: &[Warning]) -> String {
    warnings.iter().map(|w| format!("warning: {}\n  next: {}\n", w.what, w.next)).collect()
}
