//! Maps of land cover as they are named on the command line.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::archive::Archive;
use crate::error::{Error, Result, While};
use crate::evaluate::Cover;
use crate::ingest::read_codes;
use crate::store::read_text;

/// `[TILE=]FILE.tif`, the tile by default the file's name or the archive's only one.
#[derive(Debug, Clone)]
pub(super) struct CoverArg {
    tile: Option<String>,
    pub(super) file: PathBuf,
}

pub(super) fn parse(text: &str) -> Result<CoverArg, String> {
    let (tile, file) = match text.split_once('=') {
        Some((tile, file)) => (Some(tile.to_owned()), file),
        None => (None, text),
    };
    match file.is_empty() || tile.as_deref() == Some("") {
        true => Err("write [TILE=]FILE.tif".to_owned()),
        false => Ok(CoverArg { tile, file: file.into() }),
    }
}

/// The maps, each on the grid of its tile; nothing where none is named.
pub(super) fn read(all: &[CoverArg], archive: &Archive) -> Result<Option<Cover>> {
    let mut cover = Cover::default();
    let tiles = archive.tiles()?;
    for one in all {
        let doing = || format!("reading the land cover {}", one.file.display());
        let stem = one.file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let named = one.tile.clone().or_else(|| tiles.iter().find(|t| *t == stem).cloned());
        let only = || (tiles.len() == 1).then(|| tiles.first().cloned()).flatten();
        let tile = named.or_else(only).ok_or_else(|| {
            Error::usage(format!("{} does not say of which tile it is", one.file.display())).hint(
                format!("write TILE={}; the tiles are {}", one.file.display(), tiles.join(", ")),
            )
        })?;
        let grid = archive.tile(&tile)?.grid().clone();
        let names = names(&one.file.with_extension("csv")).during(doing)?;
        cover.begin(&tile, grid.width)?;
        read_codes(&one.file, &grid, &mut |codes| cover.push(&tile, codes, &names))
            .during(doing)?;
    }
    Ok((!all.is_empty()).then_some(cover))
}

/// Names by code from a table beside the map (`code,name` and whatever else; a first line that begins with no
/// number is a heading); none where there is none.
fn names(path: &Path) -> Result<BTreeMap<i32, String>> {
    if !path.is_file() {
        return Ok(BTreeMap::new());
    }
    let mut names = BTreeMap::new();
    for (i, line) in read_text(path)?.trim_start_matches('\u{feff}').lines().enumerate() {
        let mut cells = line.split(',').map(str::trim);
        let (code, name) = (cells.next().unwrap_or_default(), cells.next().unwrap_or_default());
        match code.parse::<i32>() {
            Ok(code) if !name.is_empty() => drop(names.insert(code, name.to_owned())),
            Err(_) if i == 0 || line.trim().is_empty() => {}
            _ => {
                let text = format!("{}, line {}: not `code,name`", path.display(), i + 1);
                return Err(Error::invalid(text).hint("give a whole number and a name a line"));
            }
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_by_their_codes() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("31TCJ.csv");
        assert!(names(&path).unwrap().is_empty());
        std::fs::write(&path, "field,cover,pixels\n0, water ,35\n12,road,9\n\n").unwrap();
        let found = names(&path).unwrap();
        assert_eq!(found, BTreeMap::from([(0, "water".to_owned()), (12, "road".to_owned())]));
        for bad in ["1,\n", "1,a\nx,b\n", "1,a\n99999999999,b\n"] {
            std::fs::write(&path, bad).unwrap();
            assert!(names(&path).unwrap_err().to_string().contains("not `code,name`"), "{bad}");
        }
        assert!(parse("=a.tif").is_err() && parse("31TCJ=").is_err());
        assert_eq!(parse("31TCJ=a.tif").unwrap().tile.as_deref(), Some("31TCJ"));
    }
}
