//! The radar part of a series: decibels, one direction of flight a list of dates.

use std::path::PathBuf;

use super::dates;
use crate::archive::{Layer, Sensor, Values};
use crate::error::{Error, Result};
use crate::geo::{Stamp, Window};
use crate::ingest::fingerprint::fingerprint;
use crate::ingest::found::{Found, Pixels, Source, repeat};
use crate::ingest::raster::Raster;
use crate::ingest::sigma;
use crate::ingest::walk::Folder;

/// `S1_20m_asc` of `S1_20m_asc_VV.tif` or of `S1_20m_asc_dates.csv`.
pub(super) fn stem(file: &str) -> Option<&str> {
    let ends = ["_VV.tif", "_VH.tif", "_dates.csv"];
    let stem = ends.iter().find_map(|end| file.strip_suffix(end))?;
    let fields: Vec<&str> = stem.split('_').collect();
    let [sensor, step, way] = fields[..] else { return None };
    let known = sensor == "S1" && matches!(step, "10m" | "20m") && matches!(way, "asc" | "des");
    known.then_some(stem)
}

/// The scenes of the dates of one direction.
pub(super) fn describe(folder: &Folder, stem: &str, tile: &str) -> Result<Vec<Found>> {
    let list = folder.path.join(format!("{stem}_dates.csv"));
    let times = dates::read(&list)?;
    let mut files = Vec::new();
    let mut scales = Vec::new();
    for polarisation in Layer::S1.bands() {
        let name = format!("{stem}_{polarisation}.tif");
        if !folder.files.contains(&name) {
            let text = format!("{} has no file {name}", folder.path.display());
            return Err(Error::not_found(text).hint("a radar series needs VV and VH"));
        }
        files.push(folder.path.join(name));
    }
    let first = Raster::open(&files[0])?;
    let grid = super::fine_grid(&first)?;
    for file in &files {
        let raster = Raster::open(file)?;
        raster.expect_type(&["Int16", "Int32", "Float32"])?;
        raster.expect_ground(&grid, &[first.grid().step])?;
        super::expect_dates(&raster, times.len())?;
        scales.push(decibels_of(&raster)?);
    }
    let scene = |(date, time): (usize, &Stamp)| {
        Ok(Found {
            path: list.clone(),
            scene: format!("S1_{tile}_{}", time.compact().replace('-', "T")),
            version: String::new(),
            sensor: Sensor::S1,
            tile: tile.to_owned(),
            time: *time,
            product: "series",
            platform: String::new(),
            orbit: None,
            direction: Some(if stem.ends_with("asc") { "ASC" } else { "DES" }.to_owned()),
            grid: grid.clone(),
            fingerprint: fingerprint(&files, date)?,
            source: Box::new(Date {
                files: files.iter().cloned().zip(scales.iter().copied()).collect(),
                band: date + 1,
            }),
        })
    };
    times.iter().enumerate().map(scene).collect()
}

/// Decibels of one stored unit. Without the tag we cannot tell decibels from linear power.
fn decibels_of(raster: &Raster) -> Result<f64> {
    let tag = raster.tag("scale_factor");
    let value = tag.as_ref().and_then(|t| t.trim().parse::<f64>().ok());
    value.filter(|v| v.is_finite() && *v > 0.0).ok_or_else(|| {
        Error::invalid(format!("{} does not tell its unit", raster.path().display()))
            .hint("set its tag scale_factor to the decibels of one unit, as 0.0001")
    })
}

struct Date {
    files: Vec<(PathBuf, f64)>,
    band: usize,
}

impl Source for Date {
    fn layers(&self) -> Vec<Layer> {
        vec![Layer::S1]
    }

    fn open(&self) -> Result<Box<dyn Pixels>> {
        let open = |(path, scale): &(PathBuf, f64)| Ok((Raster::open(path)?, *scale));
        let files = self.files.iter().map(open).collect::<Result<_>>()?;
        Ok(Box::new(Open { files, band: self.band }))
    }
}

struct Open {
    files: Vec<(Raster, f64)>,
    band: usize,
}

impl Pixels for Open {
    fn read(&mut self, layer: Layer, window: Window) -> Result<Values> {
        if layer != Layer::S1 {
            return Err(Error::internal(format!("a radar date has no layer {}", layer.name())));
        }
        let mut out = Vec::with_capacity(self.files.len() * window.len());
        for (raster, scale) in &self.files {
            let empty = raster.nodata(self.band).unwrap_or(0.0);
            let stored = |v: f64| if v == empty { 0 } else { sigma::scale_decibels(v * scale) };
            let (own, factor) = super::own_window(raster, window)?;
            let values = raster.read::<f64>(self.band, own)?;
            let values: Vec<u16> = values.into_iter().map(stored).collect();
            out.extend(repeat(&values, own.width, factor));
        }
        Ok(Values::U16(out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_radar_files_name_tells_its_list_of_dates() {
        assert_eq!(stem("S1_20m_asc_VV.tif"), Some("S1_20m_asc"));
        assert_eq!(stem("S1_10m_des_dates.csv"), Some("S1_10m_des"));
        for bad in ["S1_20m_VV.tif", "S1_20m_asc_HH.tif", "S2_10m_asc_VV.tif", "S1_30m_asc_VV.tif"]
        {
            assert_eq!(stem(bad), None, "{bad}");
        }
    }
}
