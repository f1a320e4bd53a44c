//! `layout`: what a layout finds.

mod export;
mod import;
mod tables;

use std::path::PathBuf;

use clap::Subcommand;

use super::{
    Done,
    args::{LayoutArgs, SplitArgs},
};
use crate::archive::Archive;
use crate::error::Result;
use crate::layout::Layout;
use crate::sql::Session;

/// Work with acquisition layouts: list them, show their SQL, count and export their samples.
///
/// Example: eclaircie layout count os2 archive/ --set gap_hours=48
///
/// Example: eclaircie layout export os2 --table s2=a.parquet --table s1=b.parquet --to os2.parquet
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
        #[command(flatten)]
        from: tables::Tables,
        #[command(flatten)]
        choice: Choice,
    },
    /// All samples as a Parquet file: patches, and the id and scene of every image.
    Export(export::Args),
    /// A layout in the JSON form of the Decloud study as a SQL file.
    Import(import::Args),
    /// The first samples, by name.
    Preview {
        /// Name or file.
        layout: String,
        /// The archive.
        archive: PathBuf,
        #[command(flatten)]
        choice: Choice,
        /// How many.
        #[arg(long, default_value_t = 10)]
        rows: usize,
    },
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
        What::Count { layout, from, choice } => count(&from, &choice.of(layout))?,
        What::Export(args) => export::run(args)?,
        What::Import(args) => import::run(args)?,
        What::Preview { layout, archive, choice, rows } => {
            let (samples, _) = choice.of(layout).samples(&Archive::open(&archive)?)?;
            for sample in samples.rows.iter().take(rows) {
                super::say(&format!("{:6} {}", sample.split.name(), sample.name()))?;
            }
        }
    }
    Ok(Done::Whole)
}

fn list() -> Result<()> {
    for name in Layout::shipped() {
        let layout = Layout::open(name)?;
        super::say(&format!("{name:14} {}", layout.about.lines().next().unwrap_or_default()))?;
        for (preset, values) in layout.presets() {
            super::say(&format!("{:14} {}", format!("{name}@{preset}"), values.join(" ")))?;
        }
    }
    Ok(())
}

fn count(from: &tables::Tables, args: &LayoutArgs) -> Result<()> {
    let layout = from.answer(args.open()?);
    let (session, snapshot) = from.session(Session::new(from.memory)?)?;
    let counts = layout.count(&session, &args.split.splitter()?)?;
    super::say(&format!("layout {} ({})", layout.name, counts.roles.join(", ")))?;
    let snapshot = snapshot.map_or_else(String::new, |s| format!("  snapshot {s}"));
    super::say(&format!("query {}{snapshot}", layout.hash()))?;
    for ((tile, split), n) in &counts.rows {
        super::say(&format!("{tile:8} {split:6} {n:>9}"))?;
    }
    super::say(&format!("{:15} {:>9}", "all", counts.total()))
}
