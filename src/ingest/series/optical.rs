//! The optical part of a series: reflectance x 10000 and a mask.

use std::path::PathBuf;
use std::sync::Arc;

use super::dates;
use crate::archive::{Layer, Sensor, Values};
use crate::error::{Error, Result};
use crate::geo::{Stamp, Window};
use crate::ingest::fingerprint::fingerprint;
use crate::ingest::flags;
use crate::ingest::found::{Found, Pixels, Source, repeat};
use crate::ingest::raster::Raster;
use crate::ingest::walk::Folder;

/// The scenes of the dates.
pub(super) fn describe(folder: &Folder, tile: &str) -> Result<Vec<Found>> {
    let list = folder.path.join("S2_10m_dates.csv");
    let times = dates::read(&list)?;
    let files = Arc::new(Files::find(folder)?);
    let coarse_list = folder.path.join("S2_20m_dates.csv");
    if coarse_list.is_file() && dates::read(&coarse_list)? != times {
        let text = format!("{} has other dates than {}", coarse_list.display(), list.display());
        return Err(
            Error::invalid(text).hint("10 m and 20 m bands must be of the same acquisitions")
        );
    }
    let grid = files.check(times.len())?;
    let all = files.all();
    let scene = |(date, time): (usize, &Stamp)| {
        Ok(Found {
            path: list.clone(),
            scene: format!("S2_{tile}_{}", time.compact().replace('-', "T")),
            version: String::new(),
            sensor: Sensor::S2,
            tile: tile.to_owned(),
            time: *time,
            product: "series",
            platform: String::new(),
            orbit: None,
            direction: None,
            grid: grid.clone(),
            fingerprint: fingerprint(&all, date)?,
            source: Box::new(Date { files: files.clone(), band: date + 1 }),
        })
    };
    times.iter().enumerate().map(scene).collect()
}

/// What the mask file holds.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Mask {
    Scl,
    Clm,
}

struct Files {
    fine: Vec<PathBuf>,
    /// In the order of the layer's bands; a band that is not there is no-data in the archive.
    coarse: Vec<Option<PathBuf>>,
    mask: PathBuf,
    holds: Mask,
}

impl Files {
    fn find(folder: &Folder) -> Result<Self> {
        let path = |name: &str| folder.path.join(name);
        let there = |name: String| folder.files.contains(&name).then(|| path(&name));
        let need = |name: String| {
            there(name.clone()).ok_or_else(|| {
                Error::not_found(format!("{} has no file {name}", folder.path.display()))
                    .hint("a series needs its four 10 m bands and a mask (SCL or CLM)")
            })
        };
        let fine = Layer::S2Fine.bands().iter().map(|b| need(format!("S2_10m_{b}.tif")));
        let coarse = Layer::S2Coarse.bands().iter().map(|b| there(format!("S2_20m_{b}.tif")));
        let masks = [("SCL", Mask::Scl), ("CLM", Mask::Clm)];
        let masks = masks.iter().flat_map(|(n, holds)| [("10m", n, holds), ("20m", n, holds)]);
        let mut masks =
            masks.filter_map(|(m, n, holds)| Some((there(format!("S2_{m}_{n}.tif"))?, *holds)));
        let (mask, holds) = match masks.next() {
            Some(found) => found,
            None => (need("S2_20m_SCL.tif".into())?, Mask::Scl),
        };
        Ok(Self { fine: fine.collect::<Result<_>>()?, coarse: coarse.collect(), mask, holds })
    }

    fn all(&self) -> Vec<PathBuf> {
        self.fine.iter().chain(self.coarse.iter().flatten()).chain([&self.mask]).cloned().collect()
    }

    /// Opens every file once: types, dates, units and ground agree. Returns the 10 m grid.
    fn check(&self, dates: usize) -> Result<crate::geo::Grid> {
        let grid = Raster::open(&self.fine[0])?.grid().clone();
        let bands = |files: Vec<&PathBuf>, step: f64| -> Result<()> {
            for file in files {
                let raster = Raster::open(file)?;
                raster.expect_type(&["UInt16", "Int16"])?;
                raster.expect_ground(&grid, &[step])?;
                super::expect_dates(&raster, dates)?;
                expect_scale(&raster)?;
            }
            Ok(())
        };
        bands(self.fine.iter().collect(), 10.0)?;
        bands(self.coarse.iter().flatten().collect(), 20.0)?;
        let mask = Raster::open(&self.mask)?;
        mask.expect_type(&["Byte", "UInt8"])?;
        mask.expect_ground(&grid, &[10.0, 20.0])?;
        super::expect_dates(&mask, dates)?;
        Ok(grid)
    }
}

/// Reflectance is stored x 10000: another unit would mix scales in one archive.
fn expect_scale(raster: &Raster) -> Result<()> {
    let scale = raster.tag("scale_factor");
    let right = |s: &String| s.trim().parse::<f64>().is_ok_and(|v| (v - 1e-4).abs() < 1e-12);
    if scale.as_ref().is_none_or(right) {
        return Ok(());
    }
    let path = raster.path().display();
    let text = format!("{path} has scale_factor {}, not 0.0001", scale.unwrap_or_default());
    Err(Error::invalid(text).hint("store reflectance x 10000"))
}

struct Date {
    files: Arc<Files>,
    band: usize,
}

impl Source for Date {
    fn layers(&self) -> Vec<Layer> {
        let coarse = self.files.coarse.iter().any(Option::is_some).then_some(Layer::S2Coarse);
        [Layer::S2Fine, Layer::S2Mask].into_iter().chain(coarse).collect()
    }

    fn open(&self) -> Result<Box<dyn Pixels>> {
        let open = |f: &Option<PathBuf>| f.as_ref().map(|f| Raster::open(f)).transpose();
        Ok(Box::new(Open {
            fine: self
                .files
                .fine
                .iter()
                .map(|f| Raster::open(f).map(Some))
                .collect::<Result<_>>()?,
            coarse: self.files.coarse.iter().map(open).collect::<Result<_>>()?,
            mask: Raster::open(&self.files.mask)?,
            holds: self.files.holds,
            band: self.band,
        }))
    }
}

struct Open {
    fine: Vec<Option<Raster>>,
    coarse: Vec<Option<Raster>>,
    mask: Raster,
    holds: Mask,
    band: usize,
}

impl Pixels for Open {
    fn read(&mut self, layer: Layer, window: Window) -> Result<Values> {
        match layer {
            Layer::S2Fine => reflectance(&self.fine, self.band, window).map(Values::I16),
            Layer::S2Coarse => reflectance(&self.coarse, self.band, window).map(Values::I16),
            Layer::S2Mask => self.flags(window).map(Values::U8),
            _ => Err(Error::internal(format!("an optical date has no layer {}", layer.name()))),
        }
    }
}

impl Open {
    fn flags(&self, window: Window) -> Result<Vec<u8>> {
        let (own, factor) = super::own_window(&self.mask, window)?;
        let values = self.mask.read::<u8>(self.band, own)?;
        let flags: Vec<u8> = match self.holds {
            Mask::Clm => values.into_iter().map(flags::from_clm).collect(),
            Mask::Scl => values
                .into_iter()
                .map(flags::from_scl)
                .collect::<Result<_>>()
                .map_err(|e| e.context(format!("reading {}", self.mask.path().display())))?,
        };
        Ok(repeat(&flags, own.width, factor))
    }
}

/// Reflectance as stored here: the file's no-data value (0 if it names none) becomes ours, and what
/// is above int16 (reflectance beyond 3.27, the brightest cloud) is held at its largest value.
fn reflectance(files: &[Option<Raster>], band: usize, window: Window) -> Result<Vec<i16>> {
    let none = Layer::S2Fine.nodata() as i16;
    let mut out = Vec::with_capacity(files.len() * window.len());
    for file in files {
        let Some(raster) = file else {
            out.resize(out.len() + window.len(), none);
            continue;
        };
        let empty = raster.nodata(band).unwrap_or(0.0) as i32;
        let stored = |v: i32| {
            if v == empty { none } else { v.clamp(i16::MIN.into(), i16::MAX.into()) as i16 }
        };
        out.extend(raster.read::<i32>(band, window)?.into_iter().map(stored));
    }
    Ok(out)
}
