//! Where the tables of a layout come from, and whose answer is wanted.

use std::path::PathBuf;

use clap::ValueEnum;

use crate::archive::Archive;
use crate::catalog::Catalog;
use crate::cli::args;
use crate::error::{Error, Result};
use crate::layout::Layout;
use crate::sql::{Session, digest};
use crate::stream::Cancel;

#[derive(Debug, clap::Args)]
pub(super) struct Tables {
    /// The archive; may be left out with --table.
    archive: Option<PathBuf>,
    /// A Parquet file as a table: s2, s1, dem, or one of your own that the query names; may be
    /// repeated. s2 and s1 need id, tile, row, col, cell, time, valid, and s2 cloud_percent; no two
    /// rows may have the same cell and id.
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
    memory: usize,
    /// Folder for what the query cannot hold in memory; the system's for temporary files if left
    /// out.
    #[arg(long, value_name = "FOLDER")]
    temp: Option<PathBuf>,
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

    /// A session with all tables, which ends its queries when `cancel` says so.
    pub(super) fn session(&self, cancel: &Cancel) -> Result<Session> {
        self.fill(self.empty(cancel)?)
    }

    /// As [`Tables::session`], with the identity of every patch.
    pub(super) fn identified(&self, cancel: &Cancel) -> Result<Session> {
        self.fill(self.empty(cancel)?.with_identity())
    }

    fn empty(&self, cancel: &Cancel) -> Result<Session> {
        let heard = cancel.clone();
        let session = Session::spilling_to(self.memory, self.temp.as_deref())?;
        Ok(session.with_interrupt(move || heard.is_cancelled()))
    }

    fn fill(&self, session: Session) -> Result<Session> {
        if self.archive.is_none() && self.tables.is_empty() {
            return Err(Error::usage("give an archive, or tables")
                .hint("for example --table s2=s2.parquet --table s1=s1.parquet"));
        }
        let mut session = register(session, self.catalog()?.as_ref(), &self.tables)?;
        if let Some(file) = &self.roi {
            session = session.with_table(REGION, file)?;
        }
        let session = session.with_empty_dem()?;
        session.check_own_tables()?;
        if self.roi.is_some() {
            session.check_region(REGION)?;
        }
        Ok(session)
    }

    /// The digest of what the archive holds, if there is one.
    pub(super) fn snapshot(&self) -> Result<Option<String>> {
        self.catalog()?.map(|c| c.snapshot()).transpose()
    }

    /// The digest of all tables, those of the user with their bytes.
    pub(super) fn digest(&self) -> Result<String> {
        let snapshot = self.snapshot()?;
        let region = self.roi.as_ref().map(|file| (REGION.to_owned(), file.clone()));
        let mut own: Vec<_> = self.tables.iter().cloned().chain(region).collect();
        own.sort();
        if let (Some(snapshot), true) = (&snapshot, own.is_empty()) {
            return Ok(snapshot.clone());
        }
        let mut all = blake3::Hasher::new();
        all.update(snapshot.unwrap_or_default().as_bytes());
        for (name, file) in &own {
            all.update(format!("\n{name}={}", digest(file)?).as_bytes());
        }
        Ok(all.finalize().to_hex()[..32].to_owned())
    }

    /// The layout as it is to be answered. Refuses a text that is no SQL: inside another query its
    /// error would be about that one.
    pub(super) fn answer(&self, layout: Layout) -> Result<Layout> {
        layout.check_text()?;
        let layout = if self.roi.is_some() { layout.within(REGION) } else { layout };
        Ok(match self.compat {
            Some(Program::Decloud) => layout.compat(),
            None => layout,
        })
    }

    fn catalog(&self) -> Result<Option<Catalog>> {
        self.archive()?.map(|archive| Catalog::open(&archive)).transpose()
    }
}

/// The name of the table of places that --roi gives.
const REGION: &str = "roi";

/// The session with the tables of an archive and those of the user, which come before it.
pub(super) fn register(
    mut session: Session,
    catalog: Option<&Catalog>,
    own: &[(String, PathBuf)],
) -> Result<Session> {
    if let Some(catalog) = catalog {
        session = session.with_catalog_but(catalog, |name| own.iter().any(|(n, _)| n == name))?;
    }
    own.iter().try_fold(session, |session, (name, file)| session.with_table(name, file))
}

#[cfg(test)]
mod tests {
    use clap::{Args as _, FromArgMatches as _};

    use super::*;

    #[test]
    fn a_slip_has_its_own_line_whatever_is_put_around_the_layout() {
        let text = "-- own: a test.\nSELECT tile, patch AS s2_t\nFROM s2\nWHRE valid";
        for more in [&[][..], &["--compat", "decloud"], &["--roi", "roi.parquet"]] {
            let words = [&["count", "--table", "s2=s2.parquet"][..], more].concat();
            let command = Tables::augment_args(clap::Command::new("count"));
            let found = command.try_get_matches_from(words).unwrap();
            let tables = Tables::from_arg_matches(&found).unwrap();
            let error = tables.answer(Layout::parse("own", text).unwrap()).unwrap_err();
            let wanted = "did you mean WHERE instead of WHRE (line 4, column 1)";
            assert!(error.to_string().contains(wanted), "{more:?}: {error}");
        }
    }
}
