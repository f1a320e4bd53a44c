//! The layout file.

use crate::error::Result;
use crate::geo::Splitter;
use crate::layout::Samples;
use crate::sql::{Param, Session};

/// A query file: header comment with `-- $name = default  meaning` lines, then one `SELECT`.
#[derive(Debug, Clone)]
pub struct Layout {
    /// File stem, as `ssop`.
    pub name: String,
    /// First paragraph of the header: what it selects.
    pub about: String,
    /// The query.
    pub sql: String,
    /// Parameters with the values in force (defaults until set).
    pub params: Vec<(String, Param)>,
}

impl Layout {
    /// Names of the layouts and questions that ship with the program.
    pub fn shipped() -> Vec<&'static str> {
        todo!()
    }
    /// A shipped query by name, or a user's file by path.
    pub fn open(name_or_path: &str) -> Result<Self> {
        let _ = name_or_path;
        todo!()
    }
    /// Sets parameters from `name=value` texts. Refuses unknown names and wrong types.
    pub fn set(&mut self, assignments: &[String]) -> Result<()> {
        let _ = assignments;
        todo!()
    }
    /// blake3 of query and parameters, hex, 16 digits.
    pub fn hash(&self) -> String {
        todo!()
    }
    /// Runs the query; each row with a patch column for every role is one sample, with its split.
    pub fn samples(&self, session: &Session, splitter: &Splitter) -> Result<Samples> {
        let _ = (session, splitter);
        todo!()
    }
}
