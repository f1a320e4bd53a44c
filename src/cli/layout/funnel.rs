//! `layout funnel`: where the references of a layout are lost.

use super::source::Source;
use crate::cli::say;
use crate::error::Result;
use crate::layout::Layout;
use crate::stream::Cancel;

/// How many references survive each clause of a layout, and which clause removed the rest.
///
/// A reference is a row of the leftmost table of the layout's main join (`nearest AS t`, itself
/// from s2). The clauses are read from the layout's own SQL, from the table outwards: what the
/// queries below ask, then each JOIN (a row survives if there is one to join it to), then each
/// condition of WHERE. "only here" counts the references that would be found if just that clause
/// were dropped, a JOIN together with the conditions on it.
///
/// Example: eclaircie layout funnel os2 archive/ --set gap_hours=48
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
    let funnel = layout.funnel(&args.source.session(cancel)?)?;
    if args.json {
        return say(&super::json(&funnel)?);
    }
    let values: Vec<String> = funnel.parameters.iter().map(|(n, v)| format!("{n}={v}")).collect();
    say(&format!("layout {}  {}", funnel.layout, values.join(" ")))?;
    say(&funnel.to_table())
}
