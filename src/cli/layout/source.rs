//! Where the rows of a layout come from.

use std::path::PathBuf;

use super::tables::register;
use crate::archive::Archive;
use crate::catalog::Catalog;
use crate::cli::args::parse_named;
use crate::error::{Error, Result};
use crate::limits;
use crate::sql::Session;
use crate::stream::Cancel;

/// An archive, or tables of patches from Parquet files, or both.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct Source {
    /// The archive; not needed where --table gives all patches.
    pub(super) archive: Option<PathBuf>,
    /// A Parquet file as table NAME (s2, s1, dem or your own); may be repeated.
    #[arg(long = "table", value_name = "NAME=FILE", value_parser = parse_named)]
    tables: Vec<(String, PathBuf)>,
    /// Rows are whole scenes, as for `reconstruct`.
    #[arg(long)]
    scenes: bool,
}

impl Source {
    pub(super) fn is_given(&self) -> bool {
        self.archive.is_some() || !self.tables.is_empty()
    }

    pub(super) fn session(&self, cancel: &Cancel) -> Result<Session> {
        let catalog = match &self.archive {
            Some(root) => Some(Catalog::open(&Archive::open(root)?)?),
            None if self.tables.is_empty() => {
                return Err(Error::usage("there is nothing to count in")
                    .hint("name an archive, or give tables: --table s2=FILE --table s1=FILE"));
            }
            None => None,
        };
        let heard = cancel.clone();
        let session = Session::new(limits::MEMORY_DEFAULT)?;
        let session = session.with_interrupt(move || heard.is_cancelled());
        if self.scenes {
            let catalog = catalog.ok_or_else(|| {
                Error::usage("--scenes needs an archive").hint("name the folder of the archive")
            })?;
            return session.with_scenes(&catalog);
        }
        let session = register(session, catalog.as_ref(), &self.tables)?.with_empty_dem()?;
        session.check_own_tables()?;
        Ok(session)
    }
}
