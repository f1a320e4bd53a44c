//! `ingest`: products into an archive.

use std::path::PathBuf;

use super::{Done, progress::Progress};
use crate::archive::Codec;
use crate::error::Result;
use crate::ingest::{IngestOptions, ingest};
use crate::stream::Cancel;

/// Bring products into an archive: Theia L2A folders, S1Tiling images, DEMs, or a GeoTIFF series
/// with a CSV of dates.
///
/// Running it again changes nothing; a newer processing of a scene replaces it.
///
/// Example: eclaircie ingest simulated/products archive/
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Folder with products, at any depth.
    source: PathBuf,
    /// The archive; created if it is not there.
    archive: PathBuf,
    /// Tile name of a GeoTIFF series (default: the last word of the folder's name).
    #[arg(long)]
    tile: Option<String>,
    /// Pixels (10 m) on a side of a patch, when the archive is created.
    #[arg(long, default_value_t = crate::limits::PATCH)]
    patch: usize,
    /// How chunks are stored, when the archive is created: `none` maps patches without a copy.
    #[arg(long, default_value = "none", value_parser = parse_codec)]
    codec: Codec,
    /// Print the summary as JSON.
    #[arg(long)]
    json: bool,
}

fn parse_codec(text: &str) -> std::result::Result<Codec, String> {
    match text {
        "none" => Ok(Codec::None),
        "zstd" => Ok(Codec::Zstd),
        _ => Err("write none or zstd".to_owned()),
    }
}

pub(super) fn run(args: Args, cancel: &Cancel) -> Result<Done> {
    let options = IngestOptions { tile: args.tile, patch: args.patch, codec: args.codec };
    let mut bar = Progress::new("ingest", "windows");
    let heard = cancel.clone();
    let s =
        ingest(&args.source, &args.archive, &options, &|| heard.is_cancelled(), &mut |d, t| {
            bar.at(d, t);
        })?;
    bar.finish(&format!(
        "{} scenes: {} added, {} replaced, {} unchanged, {} set aside",
        s.scenes,
        s.added,
        s.replaced,
        s.unchanged,
        s.quarantined.len()
    ));
    for (path, why) in &s.quarantined {
        eprintln!("set aside: {}: {why}", path.display());
    }
    if args.json {
        let aside: Vec<_> = s
            .quarantined
            .iter()
            .map(|(p, w)| serde_json::json!({"path": p, "reason": w}))
            .collect();
        let text = serde_json::json!({
            "scenes": s.scenes, "added": s.added, "replaced": s.replaced,
            "unchanged": s.unchanged, "quarantined": aside,
        });
        super::say(&text.to_string())?;
    }
    Ok(if s.quarantined.is_empty() { Done::Whole } else { Done::Quarantined })
}
