//! `layout`: what a layout finds.

mod export;
mod funnel;
mod import;
mod lint;
mod manifest;
mod preview;
mod source;
mod suggest;
mod tables;

use clap::Subcommand;
use serde::Serialize;

use super::{
    Done,
    args::{LayoutArgs, SplitArgs},
};
use crate::error::{Error, Result};
use crate::layout::Layout;
use crate::stream::Cancel;

/// What a verb says where a layout finds nothing; beside an answer that others read, on standard
/// error.
pub(super) const LOST: &str =
    "the layout finds no sample here; `layout funnel` tells where they are lost";

/// Work with acquisition layouts: list them, show their SQL, count and export their samples, see
/// where they are lost, derive their windows from an archive, write down what makes a set again.
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
    Funnel(funnel::Args),
    Preview(preview::Args),
    Suggest(suggest::Args),
    Lint(lint::Args),
    Manifest(manifest::Args),
    Export(export::Args),
    Import(import::Args),
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

pub(super) fn run(args: Args, cancel: &Cancel) -> Result<Done> {
    match args.what {
        What::List => super::say(&listed()?.join("\n"))?,
        What::Show { layout } => super::say(&Layout::open(&layout)?.sql)?,
        What::Count { layout, from, choice } => count(&from, &choice.of(layout), cancel)?,
        What::Funnel(a) => funnel::run(&a, cancel)?,
        What::Preview(a) => preview::run(a, cancel)?,
        What::Suggest(a) => suggest::run(&a, cancel)?,
        What::Lint(a) => lint::run(&a, cancel)?,
        What::Manifest(a) => manifest::run(a, cancel)?,
        What::Export(args) => export::run(args, cancel)?,
        What::Import(args) => import::run(args)?,
    }
    Ok(Done::Whole)
}

/// What ships: a line for each kind, and below it, set in, a line for each name and preset.
fn listed() -> Result<Vec<String>> {
    let mut lines = Vec::new();
    for (kind, names) in Layout::shipped_by_kind() {
        lines.push(format!("{kind}:"));
        for name in names {
            let layout = Layout::open(name)?;
            // The file says its name first; the line has it already.
            let about = layout.about.strip_prefix(&format!("{name}: ")).unwrap_or(&layout.about);
            lines.push(format!("  {name:14} {about}"));
            for (preset, values) in layout.presets() {
                lines.push(format!("  {:14} {}", format!("{name}@{preset}"), values.join(" ")));
            }
        }
    }
    Ok(lines)
}

fn count(from: &tables::Tables, args: &LayoutArgs, cancel: &Cancel) -> Result<()> {
    let layout = args.open()?;
    // What the user wrote, not what compatibility wraps around it.
    lint::warn(&layout);
    let layout = from.answer(layout)?;
    let (session, snapshot) = (from.session(cancel)?, from.snapshot()?);
    let counts = args.split.counted(&layout, &session, from.archive()?.as_ref())?;
    super::say(&format!("layout {} ({})", layout.name, counts.roles.join(", ")))?;
    let snapshot = snapshot.map_or_else(String::new, |s| format!("  snapshot {s}"));
    super::say(&format!("query {}{snapshot}", layout.hash()))?;
    for ((tile, split), n) in &counts.rows {
        super::say(&format!("{tile:8} {split:6} {n:>9}"))?;
    }
    super::say(&format!("{:15} {:>9}", "all", counts.total()))?;
    if counts.total() == 0 {
        eprintln!("{LOST}");
    }
    Ok(())
}

/// A value as indented JSON.
fn json<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string_pretty(value)
        .map_err(|e| Error::internal("cannot write JSON").with_source(e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ships_is_listed_below_its_kind_and_named_once() {
        let lines = listed().unwrap();
        let (mut kind, mut found) = ("", Vec::new());
        for line in &lines {
            let Some(entry) = line.strip_prefix("  ") else {
                kind = line.as_str();
                continue;
            };
            let name = entry.split_whitespace().next().unwrap();
            assert_eq!(entry.matches(&format!("{name}: ")).count(), 0, "{entry}");
            found.push((kind, name));
        }
        assert!(found.contains(&("layouts, for train, stream and evaluate:", "os2@burkina")));
        assert!(found.contains(&("layouts of scenes, for reconstruct:", "scene")));
        assert!(found.contains(&("questions, for sql --file:", "os2_grid")));
        let names: Vec<&str> = found.iter().map(|(_, n)| *n).filter(|n| !n.contains('@')).collect();
        assert_eq!(names, Layout::shipped());
    }
}
