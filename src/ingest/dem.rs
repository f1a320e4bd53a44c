//! Elevation: `DEM/<TILE>.tif`, metres, 20 m pixels; 10 m pixels are averaged two by two.

use std::path::{Path, PathBuf};

use super::fingerprint::fingerprint;
use super::found::{Family, Found, Pixels, Source, is_tile};
use super::raster::Raster;
use super::walk::Folder;
use crate::archive::{Layer, Sensor, Values};
use crate::error::{Error, Kind, Result};
use crate::geo::{Grid, Stamp, Window};

/// The family.
pub(super) struct Dem;

impl Family for Dem {
    fn names(&self) -> &'static str {
        "elevation DEM/31TCJ.tif"
    }

    fn recognise(&self, folder: &Folder) -> Vec<PathBuf> {
        let named = |f: &&String| f.strip_suffix(".tif").is_some_and(is_tile);
        if !folder.name().eq_ignore_ascii_case("dem") {
            return Vec::new();
        }
        folder.files.iter().filter(named).map(|f| folder.path.join(f)).collect()
    }

    fn describe(&self, product: &Path, _tile: Option<&str>) -> Result<Vec<Found>> {
        let tile = product.file_stem().and_then(|n| n.to_str()).unwrap_or_default();
        Ok(vec![elevation(product, tile, "dem")?])
    }
}

/// The elevation of a tile from one file, whatever its name.
pub(super) fn elevation(path: &Path, tile: &str, product: &'static str) -> Result<Found> {
    let raster = Raster::open(path)?;
    raster.expect_type(&["Int16", "UInt16", "Byte", "Int32", "Float32"])?;
    let own = raster.grid();
    let grid = if own.step == 20.0 {
        Grid::new(own.epsg, own.x0, own.y0, 10.0, own.width * 2, own.height * 2)?
    } else if own.step == 10.0 && own.width.is_multiple_of(2) && own.height.is_multiple_of(2) {
        own.clone()
    } else {
        let text = format!("{} lies on {}", path.display(), own);
        return Err(Error::new(Kind::Unsupported, text)
            .hint("resample the elevation to the tile's 20 m grid first"));
    };
    Ok(Found {
        path: path.to_owned(),
        scene: format!("DEM_{tile}"),
        version: String::new(),
        sensor: Sensor::Dem,
        tile: tile.to_owned(),
        time: Stamp(0),
        product,
        platform: String::new(),
        orbit: None,
        direction: None,
        grid,
        fingerprint: fingerprint(&[path.to_owned()], 0)?,
        source: Box::new(File(path.to_owned())),
    })
}

struct File(PathBuf);

impl Source for File {
    fn layers(&self) -> Vec<Layer> {
        vec![Layer::Dem]
    }

    fn open(&self) -> Result<Box<dyn Pixels>> {
        Ok(Box::new(Open(Raster::open(&self.0)?)))
    }
}

struct Open(Raster);

impl Pixels for Open {
    fn read(&mut self, layer: Layer, window: Window) -> Result<Values> {
        if layer != Layer::Dem {
            return Err(Error::internal(format!("elevation has no layer {}", layer.name())));
        }
        let factor = if self.0.grid().step == 10.0 { 2 } else { 1 };
        let Window { row, col, height, width } = window;
        let own = Window::new(row * factor, col * factor, height * factor, width * factor);
        let metres = self.0.read::<f32>(1, own)?;
        let nodata = self.0.nodata(1).map(|v| v as f32);
        Ok(Values::I16(average(&metres, own.width, factor, nodata)))
    }
}

/// Means of `factor` x `factor` pixels, rounded to the metre; no data if any of them has none.
fn average(metres: &[f32], width: usize, factor: usize, nodata: Option<f32>) -> Vec<i16> {
    let none = Layer::Dem.nodata() as f32;
    let missing = |v: f32| Some(v) == nodata || v == none || !v.is_finite();
    let mut out = Vec::with_capacity(metres.len() / (factor * factor));
    for rows in metres.chunks(width * factor) {
        for col in (0..width).step_by(factor) {
            let cell = || (0..factor * factor).map(|i| rows[i / factor * width + col + i % factor]);
            let mean = cell().sum::<f32>() / (factor * factor) as f32;
            // -32767 is the lowest metre, so that no elevation becomes "no data".
            let metre = mean.round().clamp(-32_767.0, 32_767.0) as i16;
            out.push(if cell().any(missing) { i16::MIN } else { metre });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_pixels_become_their_mean_or_nothing() {
        let fine = [1.0, 2.0, 5.0, 5.0, 3.0, 4.0, 5.0, -9999.0];
        assert_eq!(average(&fine, 4, 2, Some(-9999.0)), [3, i16::MIN]);
        assert_eq!(average(&[7.0, -32_768.0], 2, 1, None), [7, i16::MIN]);
    }
}
