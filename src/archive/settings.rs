//! `archive.json`: what holds for the whole archive.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::codec::Codec;
use crate::error::{Error, Kind, Result};
use crate::geo::Grid;
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
        let value: serde_json::Value = read_json(file).map_err(|e| damaged(file, e))?;
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
            let text = format!("{} is not the settings of an archive", file.display());
            damaged(file, Error::invalid(text).with_source(e))
        })?;
        settings.check().map_err(|e| damaged(file, e.context(format!("in {}", file.display()))))?;
        Ok(settings)
    }

    /// Refuses the grid of a tile that is smaller than one patch, and names the size that fits.
    pub fn check_grid(&self, grid: &Grid) -> Result<()> {
        let side = grid.height.min(grid.width);
        if side >= self.patch {
            return Ok(());
        }
        let (cell, patch) = (limits::CELL, self.patch);
        Err(Error::usage(format!(
            "a tile of {} x {} px is smaller than one patch of {patch} px",
            grid.height, grid.width
        ))
        .hint(match side / cell * cell {
            0 => format!("the smallest patch has {cell} px: no archive can hold this tile"),
            fits => format!("ingest it into a new archive with `--patch {fits}`"),
        }))
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

/// Our own bytes that are not what we wrote; an error of the operating system stays one.
fn damaged(file: &Path, error: Error) -> Error {
    match error.kind() {
        Kind::Invalid | Kind::Usage => Error::corrupt(error.to_string()).hint(format!(
            "restore {}, or ingest the products again into a new folder",
            file.display()
        )),
        _ => error,
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
    fn settings_that_we_did_not_write_are_damage() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("archive.json");
        for text in [
            r#"{"format": 1, "cell": 64, "patch": 256, "codec": "none", "more": 1}"#,
            r#"{"format": 1, "cell": 64, "patch": 100, "codec": "none"}"#,
            r#"{"format": 1, "cell": 32, "patch": 256, "codec": "none"}"#,
            r#"{"format": 1, "cell": 64, "patch": 256, "codec": "lz9"}"#,
            "[]",
            "",
            r#"{"format": 1, "cell": 64, "pa"#,
        ] {
            publish(&file, text.as_bytes()).unwrap();
            let error = Settings::read(&file).unwrap_err();
            assert!(error.is_corrupt() && error.next_step().is_some(), "{text}");
        }
    }
}
