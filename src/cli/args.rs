//! Words that several verbs share.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use crate::archive::Archive;
use crate::catalog::Catalog;
use crate::error::{Error, Result, While};
#[cfg(any(feature = "gdal", feature = "torch"))]
use crate::geo::Stamp;
use crate::geo::{Regions, Split, SplitBy, Splitter};
use crate::layout::{Balance, Counts, Draw, Layout, Samples, SplitPlan};
use crate::limits;
use crate::sql::Session;
use crate::store::{Pending, probe, read_text};
use crate::stream::{Report, Trace, cores};

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

/// How a stream runs.
#[derive(Debug, Clone, Args)]
pub(super) struct StreamArgs {
    /// Memory for the stream's queues.
    #[arg(long, value_name = "SIZE", default_value = "512MiB", value_parser = parse_bytes)]
    pub(super) memory: usize,
    /// Threads of each step that can be shared, such as reading; by default one a core, so that
    /// whichever step is slow can use them all. Each holds one item beside --memory.
    #[arg(long, value_name = "N", default_value_t = cores(), hide_default_value = true)]
    #[arg(value_parser = parse_count)]
    pub(super) workers: usize,
    /// Bytes of the archive's files that stay mapped once they were read; by default half of this
    /// machine's memory. Less keeps the process small, and costs time. The system maps files in parts of
    /// up to 2 MB, so that some times as much may show.
    #[arg(long, value_name = "SIZE", value_parser = parse_bytes)]
    resident: Option<usize>,
    /// Print what each operator did, the bottleneck, and what to do about it.
    #[arg(long)]
    pub(super) stats: bool,
    /// Write the same as JSON.
    #[arg(long, value_name = "FILE")]
    pub(super) stats_to: Option<PathBuf>,
    /// Write what every thread did, moment by moment, for ui.perfetto.dev or chrome://tracing.
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
}

impl StreamArgs {
    /// Opens the archive that is to be streamed.
    pub(super) fn open(&self, archive: &Path) -> Result<Archive> {
        let archive = Archive::open(archive)?;
        if let Some(bytes) = self.resident {
            archive.limit_resident(bytes);
        }
        Ok(archive)
    }

    /// Where runs are recorded, if that was asked for and the file can be written.
    pub(super) fn tracer(&self) -> Result<Option<Trace>> {
        self.trace.as_deref().map(|path| probe(path).map(|()| Trace::new())).transpose()
    }

    /// Writes the trace, also of a run that failed; the error of the run goes first.
    pub(super) fn traced<T>(&self, trace: Option<&Trace>, result: Result<T>) -> Result<T> {
        let written = match (&self.trace, trace) {
            (Some(path), Some(trace)) => write_trace(path, trace),
            _ => Ok(()),
        };
        let value = result?;
        written.map(|()| value)
    }

    /// Prints and writes reports as asked.
    pub(super) fn report(&self, reports: &[Report]) -> Result<()> {
        self.report_through(reports, super::say)
    }

    /// The same where standard output may be taken.
    pub(super) fn report_through(
        &self,
        reports: &[Report],
        say: impl Fn(&str) -> Result<()>,
    ) -> Result<()> {
        if self.stats {
            for report in reports {
                say(&report.table())?;
            }
            if let Some(bytes) = crate::store::peak_bytes() {
                say(&format!("process: at most {} MB of memory", bytes / 1_000_000))?;
            }
        }
        match &self.stats_to {
            Some(path) => crate::store::write_json(path, &reports),
            None => Ok(()),
        }
    }
}

fn write_trace(path: &Path, trace: &Trace) -> Result<()> {
    let pending = Pending::new(path)?;
    let mut file = BufWriter::new(pending.create()?);
    let doing = || format!("writing {}", path.display());
    trace.write(&mut file).and_then(|()| file.flush()).during(doing)?;
    drop(file);
    pending.commit()
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

/// Who trains, validates and tests, and how many are drawn.
#[derive(Debug, Clone, Args)]
pub(super) struct SplitArgs {
    /// What ground is split by: tile (blocks of a tile's patch grid), ground (blocks of ground,
    /// whatever tile shows it) or regions; by default regions if they are given, ground if tiles
    /// overlap or nearly touch, else tile.
    #[arg(long, value_name = "tile|ground|regions", value_parser = parse_split_by)]
    split_by: Option<SplitBy>,
    /// GeoJSON polygons with a property `split` = train, valid or test, in longitude and latitude
    /// or in the UTM zone that `crs` names. Where none trains, all ground outside them does.
    #[arg(long, value_name = "FILE")]
    split_regions: Option<PathBuf>,
    /// Side of the blocks of ground that are split, in patches; 2 by tile, 8 by ground.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    split_block: Option<u32>,
    /// Pixels kept free around ground that tests, and around ground that validates: a patch within
    /// is used for nothing that counts less. 68, what a network sees around a pixel; 0 by tile.
    #[arg(long, value_name = "PIXELS")]
    split_buffer: Option<u32>,
    /// Random seed of the split.
    #[arg(long, value_name = "N", default_value_t = 1)]
    split_seed: u64,
    /// Share of blocks that validate.
    #[arg(long, value_name = "SHARE", default_value_t = 0.15)]
    valid_share: f64,
    /// Share of blocks that test.
    #[arg(long, value_name = "SHARE", default_value_t = 0.2)]
    test_share: f64,
    /// Most samples of one place in one use, drawn by chance.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    per_place: Option<u32>,
    /// `season`: as many samples as before, the same number from each season of t's month that
    /// occurs, so that rare seasons repeat and common ones are cut.
    #[arg(long, value_name = "season", value_parser = parse_balance)]
    balance: Option<Balance>,
    /// Random seed of what --per-place and --balance draw.
    #[arg(long, value_name = "N", default_value_t = 1)]
    draw_seed: u64,
}

impl SplitArgs {
    pub(super) fn plan(&self) -> Result<SplitPlan> {
        Ok(SplitPlan {
            by: self.split_by,
            block: self.split_block,
            valid: self.valid_share,
            test: self.test_share,
            seed: self.split_seed,
            buffer: self.split_buffer,
            regions: self.regions()?,
        })
    }

    /// Who trains, validates and tests in an archive; without one ground is split by tile.
    pub(super) fn splitter(&self, archive: Option<&Archive>) -> Result<Splitter> {
        self.plan()?.over(archive)
    }

    /// How many samples a layout finds, after the draw.
    pub(super) fn counted(
        &self,
        layout: &Layout,
        session: &Session,
        archive: Option<&Archive>,
    ) -> Result<Counts> {
        if self.draw().is_all() {
            return layout.count(session, &self.splitter(archive)?);
        }
        Ok(self.drawn(layout, session, archive)?.counts())
    }

    /// The samples of a layout that the draw leaves.
    pub(super) fn drawn(
        &self,
        layout: &Layout,
        session: &Session,
        archive: Option<&Archive>,
    ) -> Result<Samples> {
        Ok(layout.samples(session, &self.splitter(archive)?)?.drawn(&self.draw()))
    }

    /// For what takes split and draw from elsewhere; `why` says so.
    pub(super) fn refuse_own(&self, why: &str) -> Result<()> {
        let given = [
            ("--split-by", self.split_by.is_some()),
            ("--split-block", self.split_block.is_some()),
            ("--split-buffer", self.split_buffer.is_some()),
            ("--per-place", self.per_place.is_some()),
            ("--balance", self.balance.is_some()),
        ];
        match given.into_iter().find(|(_, given)| *given) {
            Some((flag, _)) => Err(Error::usage(why).hint(format!("leave out {flag}"))),
            None => Ok(()),
        }
    }

    /// The regions of the file, if one is given.
    pub(super) fn regions(&self) -> Result<Option<Regions>> {
        let read = |path: &PathBuf| {
            Regions::parse(&read_text(path)?).during(|| format!("reading {}", path.display()))
        };
        self.split_regions.as_ref().map(read).transpose()
    }

    pub(super) fn draw(&self) -> Draw {
        Draw { per_place: self.per_place, balance: self.balance, seed: self.draw_seed }
    }
}

fn parse_split_by(text: &str) -> std::result::Result<SplitBy, String> {
    SplitBy::parse(text).ok_or_else(|| "write tile, ground or regions".to_owned())
}

fn parse_balance(text: &str) -> std::result::Result<Balance, String> {
    match text {
        "season" => Ok(Balance::Season),
        _ => Err("write season".to_owned()),
    }
}

impl LayoutArgs {
    /// The layout with its parameters set.
    pub(super) fn open(&self) -> Result<Layout> {
        let mut layout = Layout::open(&self.layout)?;
        layout.set(&self.set)?;
        Ok(layout)
    }

    /// Names of the roles that it would have in an archive; nothing is read.
    #[cfg(feature = "torch")]
    pub(super) fn roles(&self, archive: &Archive) -> Result<Vec<String>> {
        let catalog = Catalog::open(archive)?;
        self.open()?.role_names(&Session::new(limits::MEMORY_DEFAULT)?.with_catalog(&catalog)?)
    }

    /// The samples of the layout in an archive, and the catalog's snapshot.
    pub(super) fn samples(&self, archive: &Archive) -> Result<(Samples, String)> {
        let catalog = Catalog::open(archive)?;
        let session = Session::new(limits::MEMORY_DEFAULT)?.with_catalog(&catalog)?;
        let splitter = self.split.splitter(Some(archive))?;
        let samples = self.open()?.samples(&session, &splitter)?.drawn(&self.split.draw());
        Ok((samples, catalog.snapshot()?))
    }
}

/// `train`, `valid` or `test`.
pub(super) fn parse_split(text: &str) -> std::result::Result<Split, String> {
    Split::of_use(text).ok_or_else(|| "write train, valid or test".to_owned())
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
