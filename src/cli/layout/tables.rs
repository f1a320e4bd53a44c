//! Where the tables of a layout come from, and whose answer is wanted.

use std::path::PathBuf;

use clap::ValueEnum;

use crate::archive::Archive;
use crate::catalog::Catalog;
use crate::cli::args;
use crate::error::{Error, Result};
use crate::layout::Layout;
use crate::sql::Session;

#[derive(Debug, clap::Args)]
pub(super) struct Tables {
    /// The archive; may be left out with --table.
    archive: Option<PathBuf>,
    /// A Parquet file as a table: s2, s1, dem, or one of your own that the query names; may be
    /// repeated. s2 and s1 need id, tile, row, col, cell, time, valid, and s2 cloud_percent.
    #[arg(long = "table", value_name = "NAME=FILE", value_parser = args::parse_named)]
    tables: Vec<(String, PathBuf)>,
    /// Only at the places of this Parquet file, with the columns tile, row, col.
    #[arg(long, value_name = "FILE")]
    roi: Option<PathBuf>,
    /// Answer as another program does: decloud repeats a sample for every optical image with the
    /// time of its reference, and lets an image be its own target.
    #[arg(long, value_enum, value_name = "PROGRAM")]
    compat: Option<Program>,
    /// Memory for the query.
    #[arg(long, value_name = "SIZE", default_value = "2GiB", value_parser = args::parse_bytes)]
    pub(super) memory: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Program {
    Decloud,
}

impl Tables {
    /// The archive, if one is given: it knows where its tiles lie.
    pub(super) fn archive(&self) -> Result<Option<Archive>> {
        self.archive.as_deref().map(Archive::open).transpose()
    }

    /// The session with all tables, and the snapshot of the archive, if there is one.
    pub(super) fn session(&self, mut session: Session) -> Result<(Session, Option<String>)> {
        if self.archive.is_none() && self.tables.is_empty() {
            return Err(Error::usage("give an archive, or tables")
                .hint("for example --table s2=s2.parquet --table s1=s1.parquet"));
        }
        let mut snapshot = None;
        if let Some(root) = &self.archive {
            let catalog = Catalog::open(&Archive::open(root)?)?;
            session = session.with_catalog(&catalog)?;
            snapshot = Some(catalog.snapshot()?);
        }
        for (name, file) in &self.tables {
            session = session.with_table(name, file)?;
        }
        if let Some(file) = &self.roi {
            session = session.with_table("roi", file)?;
        }
        Ok((session.with_empty_dem()?, snapshot))
    }

    /// The layout as it is to be answered.
    pub(super) fn answer(&self, layout: Layout) -> Layout {
        let layout = if self.roi.is_some() { layout.within("roi") } else { layout };
        match self.compat {
            Some(Program::Decloud) => layout.compat(),
            None => layout,
        }
    }
}
