//! A series of GeoTIFFs: one file a band, one raster band a date, dates in `*_dates.csv`.
//!
//! `S2_10m_B02.tif` … (all four), `S2_20m_B05.tif` … (any), `S2_20m_SCL.tif` or `S2_10m_CLM.tif`,
//! `S2_10m_dates.csv`; `S1_20m_asc_VV.tif`, `_VH.tif`, `S1_20m_asc_dates.csv`; `DEM_20m.tif`.

mod dates;
mod optical;
mod radar;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::dem;
use super::found::{Family, Found, is_tile};
use super::raster::Raster;
use super::walk::Folder;
use crate::error::{Error, Result};
use crate::geo::{Grid, Window};

/// The family. Its optical part, each radar direction and the elevation are products of their own,
/// named by their list of dates or their file, so that a fault in one does not set the others
/// aside.
pub(super) struct Series;

impl Family for Series {
    fn names(&self) -> &'static str {
        "GeoTIFF series series-31TCJ/ with S2_10m_dates.csv, S2_10m_B02.tif, S2_20m_SCL.tif, \
         S1_20m_asc_VV.tif, DEM_20m.tif"
    }

    fn recognise(&self, folder: &Folder) -> Vec<PathBuf> {
        let mut products = BTreeSet::new();
        for file in &folder.files {
            if file == "S2_10m_dates.csv"
                || (file.starts_with("S2_10m_B") && file.ends_with(".tif"))
            {
                products.insert("S2_10m_dates.csv".to_owned());
            }
            if let Some(stem) = radar::stem(file) {
                products.insert(format!("{stem}_dates.csv"));
            }
        }
        if !products.is_empty() {
            let elevation = |f: &&String| matches!(f.as_str(), "DEM_10m.tif" | "DEM_20m.tif");
            products.extend(folder.files.iter().filter(elevation).cloned());
        }
        products.into_iter().map(|name| folder.path.join(name)).collect()
    }

    fn describe(&self, product: &Path, tile: Option<&str>) -> Result<Vec<Found>> {
        let name = product.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        let folder = Folder::list(product.parent().unwrap_or(Path::new(".")))?;
        let tile = tile_of(&folder, tile)?;
        if name.starts_with("DEM_") {
            Ok(vec![dem::elevation(product, &tile, "series")?])
        } else if let Some(stem) = name.strip_suffix("_dates.csv").filter(|s| s.starts_with("S1_"))
        {
            radar::describe(&folder, stem, &tile)
        } else {
            optical::describe(&folder, &tile)
        }
    }
}

/// The user's name of the tile, else the last part of the folder's name that is the name of a tile.
fn tile_of(folder: &Folder, tile: Option<&str>) -> Result<String> {
    let parts = || folder.name().split(['-', '_', '.']);
    tile.or_else(|| parts().rev().find(|p| is_tile(p))).map(str::to_owned).ok_or_else(|| {
        Error::usage(format!("the folder {} names no tile", folder.path.display()))
            .hint("give the tile's name, or call the folder like series-31TCJ")
    })
}

/// One raster band a date.
fn expect_dates(raster: &Raster, dates: usize) -> Result<()> {
    if raster.bands() == dates {
        return Ok(());
    }
    let (path, bands) = (raster.path().display(), raster.bands());
    Err(Error::invalid(format!("{path} has {bands} raster bands for {dates} dates"))
        .hint("each raster band is one row of the list of dates"))
}

/// The 10 m grid over a raster of 10 m or 20 m pixels.
fn fine_grid(raster: &Raster) -> Result<Grid> {
    let own = raster.grid();
    match own.step {
        10.0 => Ok(own.clone()),
        20.0 => Grid::new(own.epsg, own.x0, own.y0, 10.0, own.width * 2, own.height * 2),
        _ => Err(Error::invalid(format!(
            "{} lies on {}, not on 10 m or 20 m pixels",
            raster.path().display(),
            own
        ))),
    }
}

/// A window of 10 m pixels in the pixels of a raster, and how often each of its pixels is repeated.
fn own_window(raster: &Raster, window: Window) -> Result<(Window, usize)> {
    let factor = if raster.grid().step == 20.0 { 2 } else { 1 };
    let own = window
        .coarsen(factor)
        .ok_or_else(|| Error::internal(format!("{window:?} does not fall on 20 m pixels")))?;
    Ok((own, factor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tile_comes_from_the_user_or_the_folder() {
        let folder = |name: &str| Folder { path: name.into(), files: vec![], folders: vec![] };
        assert_eq!(tile_of(&folder("a/series-be-31UES"), None).unwrap(), "31UES");
        assert_eq!(tile_of(&folder("a/series-be-31UES"), Some("31TCJ")).unwrap(), "31TCJ");
        assert!(tile_of(&folder("a/series-be"), None).is_err());
    }
}
