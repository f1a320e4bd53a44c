//! `ingest`: products into an archive.

use std::path::PathBuf;

use super::{Done, progress::Progress};
use crate::archive::Codec;
use crate::error::Result;
use crate::ingest::{IngestOptions, ingest};
use crate::store::check_name;
use crate::stream::Cancel;

/// Bring products into an archive: Theia L2A folders, S1Tiling images, DEMs, or a GeoTIFF series
/// with a CSV of dates.
///
/// Running it again changes nothing; a newer processing of a scene replaces it, and --repair mends
/// what `verify` finds damaged.
///
/// Example: eclaircie ingest simulated/products archive/
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Folder with products, at any depth.
    source: PathBuf,
    /// The archive; created if it is not there.
    archive: PathBuf,
    /// Tile name of a GeoTIFF series (default: the last part of the folder's name that is one).
    #[arg(long, value_parser = parse_tile)]
    tile: Option<String>,
    /// Pixels (10 m) on a side of a patch of a new archive, a multiple of 64 (default: 256).
    #[arg(long, value_name = "PIXELS")]
    patch: Option<usize>,
    /// How a new archive stores chunks: none, lz4 or zstd (default: none, which maps patches without
    /// a copy).
    #[arg(long, value_parser = parse_codec)]
    codec: Option<Codec>,
    /// Ingest scenes again that are damaged in the archive, even if their products are unchanged.
    #[arg(long)]
    repair: bool,
    /// Print the summary as JSON.
    #[arg(long)]
    json: bool,
}

fn parse_tile(text: &str) -> std::result::Result<String, String> {
    let legal = "a name holds letters, digits, '-', '_' and '.', and does not start with a dot";
    check_name(text).map(str::to_owned).map_err(|_| legal.to_owned())
}

fn parse_codec(text: &str) -> std::result::Result<Codec, String> {
    Codec::parse(text).ok_or_else(|| "write none, lz4 or zstd".to_owned())
}

pub(super) fn run(args: Args, cancel: &Cancel) -> Result<Done> {
    let options = IngestOptions {
        tile: args.tile,
        patch: args.patch,
        codec: args.codec,
        repair: args.repair,
    };
    let mut bar = Progress::new("ingest", "windows");
    let heard = cancel.clone();
    let s =
        ingest(&args.source, &args.archive, &options, &|| heard.is_cancelled(), &mut |d, t| {
            bar.at(d, t);
        })?;
    bar.finish(&format!(
        "{} scenes: {} added, {} replaced, {} repaired, {} unchanged, {} set aside",
        s.scenes,
        s.added,
        s.replaced,
        s.repaired,
        s.unchanged,
        s.quarantined.len()
    ));
    for (path, why) in &s.quarantined {
        eprintln!("set aside: {}: {why}", path.display());
    }
    for scene in &s.damaged {
        eprintln!("still damaged: scene {scene}: no whole product of it is in the source");
    }
    if args.json {
        let aside: Vec<_> = s
            .quarantined
            .iter()
            .map(|(p, w)| serde_json::json!({"path": p, "reason": w}))
            .collect();
        let text = serde_json::json!({
            "scenes": s.scenes, "added": s.added, "replaced": s.replaced,
            "repaired": s.repaired, "unchanged": s.unchanged, "damaged": s.damaged,
            "quarantined": aside,
        });
        super::say(&text.to_string())?;
    }
    Ok(match (s.damaged.is_empty(), s.quarantined.is_empty()) {
        (false, _) => Done::Damaged,
        (true, false) => Done::Quarantined,
        (true, true) => Done::Whole,
    })
}
