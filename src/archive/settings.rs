//! `archive.json`: what holds for the whole archive.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::codec::Codec;
use crate::error::{Error, Kind, Result};
use crate::limits;
use crate::store::read_json;

/// Version of the format on disk that this program writes and reads.
pub const FORMAT: u32 = 1;

/// Choices made once, when the archive is created.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Version of the format.
    pub format: u32,
    /// Pixels (10 m) on a side of a statistics cell.
    pub cell: usize,
    /// Pixels (10 m) on a side of a patch, a multiple of `cell`: also the chunk of the arrays.
    pub patch: usize,
    /// How chunks are stored.
    pub codec: Codec,
}

impl Settings {
    /// Settings with this patch size. Refuses a size that is not a multiple of the cell.
    pub fn new(patch: usize, codec: Codec) -> Result<Self> {
        let settings = Self { format: FORMAT, cell: limits::CELL, patch, codec };
        settings.check()?;
        Ok(settings)
    }

    /// Reads `archive.json`. Refuses another format version, then anything it does not know.
    pub(crate) fn read(file: &Path) -> Result<Self> {
        // The version comes first: what else a later format holds is not ours to judge.
        let value: serde_json::Value = read_json(file)?;
        let found = value.get("format").and_then(serde_json::Value::as_u64);
        if let Some(found) = found
            && found != u64::from(FORMAT)
        {
            return Err(Error::new(
                Kind::Unsupported,
                format!(
                    "{} has format version {found}, this program reads {FORMAT}",
                    file.display()
                ),
            )
            .hint(format!(
                "open it with a release that reads format {found}, or ingest the products again \
                 into a new folder"
            )));
        }
        let settings: Self = serde_json::from_value(value).map_err(|e| {
            Error::invalid(format!("{} is not the settings of an archive", file.display()))
                .with_source(e)
                .hint("restore the file, or ingest the products again into a new folder")
        })?;
        settings.check().map_err(|e| e.context(format!("reading {}", file.display())))?;
        Ok(settings)
    }

    /// Refuses what this program could not have written.
    pub(crate) fn check(&self) -> Result<()> {
        let patch = self.patch;
        if patch == 0 || !patch.is_multiple_of(limits::CELL) || patch > limits::PATCH_MAX {
            return Err(Error::usage(format!(
                "a patch of {patch} px is not a multiple of {} up to {}",
                limits::CELL,
                limits::PATCH_MAX
            )));
        }
        if self.cell != limits::CELL || self.format != FORMAT {
            return Err(Error::usage(format!(
                "format {} with cells of {} px is not format {FORMAT} with cells of {} px",
                self.format,
                self.cell,
                limits::CELL
            )));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::publish;

    #[test]
    fn another_format_is_refused_with_both_versions() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("archive.json");
        publish(&file, br#"{"format": 7, "tiers": []}"#).unwrap();
        let error = Settings::read(&file).unwrap_err();
        assert_eq!(error.kind(), Kind::Unsupported);
        assert!(error.to_string().contains("version 7, this program reads 1"), "{error}");
        assert!(error.next_step().is_some());
    }

    #[test]
    fn an_unknown_field_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("archive.json");
        for text in [
            r#"{"format": 1, "cell": 64, "patch": 256, "codec": "none", "more": 1}"#,
            r#"{"format": 1, "cell": 64, "patch": 100, "codec": "none"}"#,
            r#"{"format": 1, "cell": 32, "patch": 256, "codec": "none"}"#,
            r#"{"format": 1, "cell": 64, "patch": 256, "codec": "lz9"}"#,
            "[]",
        ] {
            publish(&file, text.as_bytes()).unwrap();
            assert!(Settings::read(&file).is_err(), "{text}");
        }
    }
}
