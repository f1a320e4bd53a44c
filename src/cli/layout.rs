//! `layout`: what a layout finds.

mod funnel;
mod lint;
mod manifest;
mod preview;
mod source;
mod suggest;

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Subcommand;
use serde::Serialize;

use super::{
    Done,
    args::{LayoutArgs, SplitArgs},
};
use crate::archive::Archive;
use crate::error::{Error, Result};
use crate::layout::Layout;

/// Look at acquisition layouts: list them, show their SQL, count their samples, see where they are
/// lost, derive their windows from an archive, write down what makes a sample set again.
///
/// Example: eclaircie layout count os2 archive/ --set gap_hours=48
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// The layouts and questions that ship with the program.
    List,
    /// The text of one.
    Show {
        /// Name or file.
        layout: String,
    },
    /// How many samples it finds, by split and tile.
    Count {
        /// Name or file.
        layout: String,
        /// The archive.
        archive: PathBuf,
        #[command(flatten)]
        choice: Choice,
    },
    Funnel(funnel::Args),
    Preview(preview::Args),
    Suggest(suggest::Args),
    Lint(lint::Args),
    Manifest(manifest::Args),
}

#[derive(Debug, clap::Args)]
struct Choice {
    /// Sets a parameter of the layout; may be repeated.
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
    #[command(flatten)]
    split: SplitArgs,
}

impl Choice {
    fn of(self, layout: String) -> LayoutArgs {
        LayoutArgs { layout, set: self.set, split: self.split }
    }
}

pub(super) fn run(args: Args) -> Result<Done> {
    match args.what {
        What::List => list()?,
        What::Show { layout } => super::say(&Layout::open(&layout)?.sql)?,
        What::Count { layout, archive, choice } => {
            count(&Archive::open(&archive)?, &choice.of(layout))?;
        }
        What::Funnel(a) => funnel::run(&a)?,
        What::Preview(a) => preview::run(a)?,
        What::Suggest(a) => suggest::run(&a)?,
        What::Lint(a) => lint::run(&a)?,
        What::Manifest(a) => manifest::run(a)?,
    }
    Ok(Done::Whole)
}

fn list() -> Result<()> {
    for name in Layout::shipped() {
        let about = Layout::open(name)?.about;
        super::say(&format!("{name:14} {}", about.lines().next().unwrap_or_default()))?;
    }
    Ok(())
}

fn count(archive: &Archive, layout: &LayoutArgs) -> Result<()> {
    lint::warn(&layout.open()?);
    let (samples, snapshot) = layout.samples(archive)?;
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for s in &samples.rows {
        *counts.entry((&s.tile, s.split.name())).or_default() += 1;
    }
    let roles: Vec<&str> = samples.roles.iter().map(|r| r.name.as_str()).collect();
    super::say(&format!("layout {} ({})", samples.layout, roles.join(", ")))?;
    super::say(&format!("query {}  snapshot {snapshot}", samples.query_hash))?;
    for ((tile, split), n) in counts {
        super::say(&format!("{tile:8} {split:6} {n:>9}"))?;
    }
    super::say(&format!("{:15} {:>9}", "all", samples.rows.len()))
}

/// A value as indented JSON.
fn json<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string_pretty(value)
        .map_err(|e| Error::internal("cannot write JSON").with_source(e))
}
