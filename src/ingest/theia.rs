//! Sentinel-2 L2A of Theia (MAJA): a folder of flat-reflectance bands and masks.
//!
//! The scene's name is the product's without `_C_V2-2`, so that a newer processing replaces an
//! older one.

use std::path::{Path, PathBuf};

use super::fingerprint::fingerprint;
use super::found::{Family, Found, Pixels, Source, is_tile};
use super::raster::Raster;
use super::walk::Folder;
use super::{flags, raster};
use crate::archive::{Layer, Sensor, Values};
use crate::error::{Error, Kind, Result};
use crate::geo::{Stamp, Window};

/// The family.
pub(super) struct Theia;

/// What a product's name says.
#[derive(Debug, PartialEq)]
struct Name {
    scene: String,
    version: String,
    platform: String,
    tile: String,
    time: Stamp,
}

/// Reads `SENTINEL2A_20180804-105022-462_L2A_T31TCJ_C_V2-2`.
fn parse(name: &str) -> Option<Name> {
    let fields: Vec<&str> = name.split('_').collect();
    let [satellite, when, "L2A", place, status, version] = fields[..] else { return None };
    let letter = satellite.strip_prefix("SENTINEL2")?;
    let version = version.strip_prefix('V')?;
    let plain = |t: &str| !t.is_empty() && t.chars().all(|c| c.is_ascii_digit() || c == '-');
    if !matches!(letter, "A" | "B" | "C" | "D") || !matches!(status, "C" | "D") || !plain(version) {
        return None;
    }
    let tile = place.strip_prefix('T').filter(|t| is_tile(t))?;
    let clock: Vec<&str> = when.split('-').collect();
    let [day, hour, milli] = clock[..] else { return None };
    let second = time_of(day, hour)?;
    let milli: i64 = (milli.len() == 3).then(|| milli.parse().ok()).flatten()?;
    Some(Name {
        scene: format!("{satellite}_{when}_L2A_T{tile}"),
        version: sortable(version),
        platform: format!("S2{letter}"),
        tile: tile.to_owned(),
        time: Stamp(second.0 + milli * 1_000),
    })
}

/// `20180804` and `105022` as an instant.
pub(super) fn time_of(day: &str, hour: &str) -> Option<Stamp> {
    let digits = |t: &str, n: usize| t.len() == n && t.bytes().all(|b| b.is_ascii_digit());
    if !digits(day, 8) || !digits(hour, 6) {
        return None;
    }
    let n = |t: &str| t.parse::<u32>().ok();
    let year = i32::try_from(n(&day[..4])?).ok()?;
    let (month, date) = (n(&day[4..6])?, n(&day[6..])?);
    Stamp::from_ymd_hms(year, month, date, n(&hour[..2])?, n(&hour[2..4])?, n(&hour[4..])?)
}

/// `1-10` as a text that sorts after `1-9`.
fn sortable(version: &str) -> String {
    version.split('-').map(|part| format!("{part:0>8}")).collect::<Vec<_>>().join("-")
}

impl Family for Theia {
    fn names(&self) -> &'static str {
        "Theia L2A folders SENTINEL2A_YYYYMMDD-HHMMSS-mmm_L2A_T31TCJ_C_V2-2"
    }

    fn recognise(&self, folder: &Folder) -> Vec<PathBuf> {
        let zipped = |f: &&String| f.strip_suffix(".zip").is_some_and(|n| parse(n).is_some());
        let mut found: Vec<PathBuf> =
            folder.files.iter().filter(zipped).map(|f| folder.path.join(f)).collect();
        if self.owns(folder) {
            found.push(folder.path.clone());
        }
        found
    }

    fn owns(&self, folder: &Folder) -> bool {
        parse(folder.name()).is_some()
    }

    fn describe(&self, product: &Path, _tile: Option<&str>) -> Result<Vec<Found>> {
        if product.extension().is_some_and(|e| e == "zip") {
            let text = format!("{} is zipped", product.display());
            return Err(Error::new(Kind::Unsupported, text).hint("unzip the product first"));
        }
        let folder = Folder::list(product)?;
        let name = parse(folder.name())
            .ok_or_else(|| Error::internal(format!("{} was not recognised", product.display())))?;
        let source = Files::find(&folder)?;
        let grid = source.check()?;
        Ok(vec![Found {
            path: product.to_owned(),
            scene: name.scene,
            version: name.version,
            sensor: Sensor::S2,
            tile: name.tile,
            time: name.time,
            product: "theia-l2a",
            platform: name.platform,
            orbit: None,
            direction: None,
            grid,
            fingerprint: fingerprint(&source.all(), 0)?,
            source: Box::new(source),
        }])
    }
}

/// The files of a product that are used.
struct Files {
    fine: Vec<PathBuf>,
    coarse: Vec<PathBuf>,
    clm: PathBuf,
    edg: PathBuf,
}

impl Files {
    fn find(folder: &Folder) -> Result<Self> {
        let band = |b: &&str| {
            // Our B02 is Theia's B2; B8A keeps its letter.
            let theirs = b.strip_prefix("B0").map_or((*b).to_owned(), |n| format!("B{n}"));
            folder.ending(&format!("_FRE_{theirs}.tif"))
        };
        let fine = Layer::S2Fine.bands().iter().map(band).collect::<Result<_>>()?;
        let coarse = Layer::S2Coarse.bands().iter().map(band).collect::<Result<_>>()?;
        if !folder.folders.iter().any(|f| f == "MASKS") {
            let text = format!("{} has no folder MASKS", folder.path.display());
            return Err(Error::not_found(text).hint("complete the product: fetch it again"));
        }
        let masks = Folder::list(&folder.path.join("MASKS"))?;
        let (clm, edg) = (masks.ending("_CLM_R1.tif")?, masks.ending("_EDG_R1.tif")?);
        Ok(Self { fine, coarse, clm, edg })
    }

    fn all(&self) -> Vec<PathBuf> {
        let masks = [&self.clm, &self.edg];
        self.fine.iter().chain(&self.coarse).chain(masks).cloned().collect()
    }

    /// Opens every file once: types, band counts and ground agree. Returns the 10 m grid.
    fn check(&self) -> Result<crate::geo::Grid> {
        let first = Raster::open(&self.fine[0])?;
        let grid = first.grid().clone();
        for (files, types, step) in [
            (&self.fine, &["Int16"][..], 10.0),
            (&self.coarse, &["Int16"], 20.0),
            (&vec![self.clm.clone(), self.edg.clone()], &["Byte", "UInt8"], 10.0),
        ] {
            for file in files {
                let raster = Raster::open(file)?;
                raster.expect_type(types)?;
                raster.expect_ground(&grid, &[step])?;
            }
        }
        Ok(grid)
    }
}

impl Source for Files {
    fn layers(&self) -> Vec<Layer> {
        vec![Layer::S2Fine, Layer::S2Mask, Layer::S2Coarse]
    }

    fn open(&self) -> Result<Box<dyn Pixels>> {
        let open = |files: &[PathBuf]| files.iter().map(|f| Raster::open(f)).collect::<Result<_>>();
        Ok(Box::new(Open {
            fine: open(&self.fine)?,
            coarse: open(&self.coarse)?,
            clm: Raster::open(&self.clm)?,
            edg: Raster::open(&self.edg)?,
        }))
    }
}

struct Open {
    fine: Vec<Raster>,
    coarse: Vec<Raster>,
    clm: Raster,
    edg: Raster,
}

impl Pixels for Open {
    fn read(&mut self, layer: Layer, window: Window) -> Result<Values> {
        match layer {
            Layer::S2Fine => raster::stack(&self.fine, window).map(Values::I16),
            Layer::S2Coarse => raster::stack(&self.coarse, window).map(Values::I16),
            Layer::S2Mask => {
                let clm = self.clm.read::<u8>(1, window)?;
                let edg = self.edg.read::<u8>(1, window)?;
                let both = clm.iter().zip(&edg);
                Ok(Values::U8(
                    both.map(|(c, e)| flags::from_clm(*c) | flags::from_edg(*e)).collect(),
                ))
            }
            _ => Err(Error::internal(format!("a Theia product has no layer {}", layer.name()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_name_tells_platform_tile_and_time() {
        let name = parse("SENTINEL2B_20180804-105022-625_L2A_T31TCJ_C_V2-2").unwrap();
        assert_eq!((name.platform.as_str(), name.tile.as_str()), ("S2B", "31TCJ"));
        assert_eq!(name.time, Stamp::parse("2018-08-04T10:50:22.625").unwrap());
        assert_eq!(name.scene, "SENTINEL2B_20180804-105022-625_L2A_T31TCJ");
    }

    #[test]
    fn other_names_are_not_theias() {
        for bad in [
            "SENTINEL2E_20180804-105022-625_L2A_T31TCJ_C_V2-2",
            "SENTINEL2A_20180804-105022-625_L1C_T31TCJ_C_V2-2",
            "SENTINEL2A_20181304-105022-625_L2A_T31TCJ_C_V2-2",
            "SENTINEL2A_20180804-105022_L2A_T31TCJ_C_V2-2",
            "SENTINEL2A_20180804-105022-625_L2A_31TCJ_C_V2-2",
            "SENTINEL2A_20180804-105022-625_L2A_T31TCJ_C_V2-2_FRE_B2.tif",
            "SENTINEL2A_+2180804-105022-625_L2A_T31TCJ_C_V2-2",
            "",
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn version_ten_is_newer_than_version_nine() {
        let of =
            |v: &str| parse(&format!("SENTINEL2A_20180804-105022-625_L2A_T31TCJ_C_V{v}")).unwrap();
        assert!(of("1-10").version > of("1-9").version);
        assert_eq!(of("1-10").scene, of("1-9").scene);
    }
}
