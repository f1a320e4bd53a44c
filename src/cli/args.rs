//! Words that several verbs share.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::archive::Archive;
use crate::catalog::Catalog;
use crate::error::{Error, Result};
#[cfg(feature = "torch")]
use crate::geo::Split;
use crate::geo::Splitter;
#[cfg(any(feature = "gdal", feature = "torch"))]
use crate::geo::Stamp;
use crate::layout::{Layout, Samples};
use crate::limits;
use crate::sql::Session;
#[cfg(feature = "torch")]
use crate::stream::Report;

/// Bytes from `512MB`, `2GiB`, `800k` or a plain number.
pub(super) fn parse_bytes(text: &str) -> std::result::Result<usize, String> {
    let text = text.trim();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = text[digits.len()..].to_ascii_lowercase();
    let factor: f64 = match unit.as_str() {
        "" | "b" => 1.0,
        "k" | "kb" => 1e3,
        "kib" => 1024.0,
        "m" | "mb" => 1e6,
        "mib" => 1048576.0,
        "g" | "gb" => 1e9,
        "gib" => 1073741824.0,
        _ => return Err(format!("unknown unit '{unit}'; write 512MB or 2GiB")),
    };
    match digits.trim().parse::<f64>() {
        Ok(n) if n.is_finite() && n > 0.0 => Ok((n * factor) as usize),
        _ => Err("write a size such as 512MB or 2GiB".to_owned()),
    }
}

#[cfg(feature = "torch")]
/// How a stream runs.
#[derive(Debug, Clone, Args)]
pub(super) struct StreamArgs {
    /// Memory for the stream's queues.
    #[arg(long, value_name = "SIZE", default_value = "512MiB", value_parser = parse_bytes)]
    pub(super) memory: usize,
    /// Reading threads.
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = parse_count)]
    pub(super) workers: usize,
    /// Print what each operator did, and the bottleneck.
    #[arg(long)]
    pub(super) stats: bool,
    /// Write the same as JSON.
    #[arg(long, value_name = "FILE")]
    pub(super) stats_to: Option<PathBuf>,
}

#[cfg(feature = "torch")]
impl StreamArgs {
    /// Prints and writes reports as asked.
    pub(super) fn report(&self, reports: &[Report]) -> Result<()> {
        if self.stats {
            for report in reports {
                super::say(&report.table())?;
            }
        }
        match &self.stats_to {
            Some(path) => crate::store::write_json(path, &reports),
            None => Ok(()),
        }
    }
}

/// Which samples.
#[derive(Debug, Clone, Args)]
pub(super) struct LayoutArgs {
    /// A shipped layout (see `eclaircie layout list`) or your own query file.
    #[arg(long, value_name = "NAME|FILE")]
    pub(super) layout: String,
    /// Sets a parameter of the layout; may be repeated.
    #[arg(long, value_name = "NAME=VALUE")]
    pub(super) set: Vec<String>,
    #[command(flatten)]
    pub(super) split: SplitArgs,
}

/// Who trains, validates and tests.
#[derive(Debug, Clone, Args)]
pub(super) struct SplitArgs {
    /// Side of the blocks of ground that are split, in patches.
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub(super) split_block: u32,
    /// Chance of the split.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(super) split_seed: u64,
    /// Share of blocks that validate.
    #[arg(long, value_name = "SHARE", default_value_t = 0.15)]
    pub(super) valid_share: f64,
    /// Share of blocks that test.
    #[arg(long, value_name = "SHARE", default_value_t = 0.2)]
    pub(super) test_share: f64,
}

impl SplitArgs {
    pub(super) fn splitter(&self) -> Result<Splitter> {
        let (valid, test) = (self.valid_share, self.test_share);
        if !(valid >= 0.0 && test >= 0.0 && valid + test < 1.0) {
            return Err(Error::usage(format!(
                "shares {valid} and {test} leave nothing to train on"
            ))
            .hint("choose --valid-share and --test-share that add up to less than 1"));
        }
        Ok(Splitter::new(self.split_block, valid, test, self.split_seed))
    }
}

impl LayoutArgs {
    /// The layout with its parameters set.
    pub(super) fn open(&self) -> Result<Layout> {
        let mut layout = Layout::open(&self.layout)?;
        layout.set(&self.set)?;
        Ok(layout)
    }

    /// The samples of the layout in an archive, and the catalog's snapshot.
    pub(super) fn samples(&self, archive: &Archive) -> Result<(Samples, String)> {
        let catalog = Catalog::open(archive)?;
        let session = Session::new(limits::MEMORY_DEFAULT)?.with_catalog(&catalog)?;
        let samples = self.open()?.samples(&session, &self.split.splitter()?)?;
        Ok((samples, catalog.snapshot()?))
    }
}

#[cfg(feature = "torch")]
/// `train`, `valid` or `test`.
pub(super) fn parse_split(text: &str) -> std::result::Result<Split, String> {
    match text {
        "train" => Ok(Split::Train),
        "valid" => Ok(Split::Valid),
        "test" => Ok(Split::Test),
        _ => Err("write train, valid or test".to_owned()),
    }
}

#[cfg(any(feature = "gdal", feature = "torch"))]
/// A day, strictly `YYYY-MM-DD`, at midnight UTC.
pub(super) fn parse_day(text: &str) -> std::result::Result<Stamp, String> {
    let strict = text.len() == 10 && text.as_bytes().get(4) == Some(&b'-');
    match Stamp::parse(text) {
        Ok(day) if strict => Ok(day),
        _ => Err("write a day as 2018-08-04".to_owned()),
    }
}

/// A number of at least one.
pub(super) fn parse_count(text: &str) -> std::result::Result<usize, String> {
    match text.parse() {
        Ok(n) if n > 0 => Ok(n),
        _ => Err("write a whole number of at least 1".to_owned()),
    }
}

/// `NAME=PATH`.
pub(super) fn parse_named(text: &str) -> std::result::Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((name, path)) if !name.is_empty() && !path.is_empty() => {
            Ok((name.to_owned(), Path::new(path).to_owned()))
        }
        _ => Err("write NAME=PATH".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_people_write_them() {
        assert_eq!(parse_bytes("512MB"), Ok(512_000_000));
        assert_eq!(parse_bytes("2GiB"), Ok(2 << 30));
        assert_eq!(parse_bytes("7"), Ok(7));
        for bad in ["", "MB", "-1GB", "5 apples", "inf"] {
            assert!(parse_bytes(bad).is_err(), "{bad}");
        }
    }
}
