//! Sentinel-1 on Sentinel-2's grid by S1Tiling: linear sigma-nought, one file per polarisation.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::fingerprint::fingerprint;
use super::found::{Family, Found, Pixels, Source, is_tile};
use super::raster::Raster;
use super::sigma;
use super::theia::time_of;
use super::walk::Folder;
use crate::archive::{Layer, Sensor, Values};
use crate::error::{Error, Result};
use crate::geo::{Stamp, Window};

/// The family.
pub(super) struct S1Tiling;

#[derive(Debug, PartialEq)]
struct Name {
    /// The name without polarisation and extension: the scene.
    scene: String,
    polarisation: String,
    platform: String,
    tile: String,
    direction: String,
    orbit: i32,
    time: Stamp,
}

/// Reads `s1a_31TCJ_vv_ASC_030_20200108t060008.tif`; an hour of `xxxxxx` (two frames joined) is
/// 05:45:00, as in the Decloud study.
fn parse(file: &str) -> Option<Name> {
    let fields: Vec<&str> = file.strip_suffix(".tif")?.split('_').collect();
    let [platform, tile, polarisation, direction, orbit, when] = fields[..] else { return None };
    if !matches!(platform, "s1a" | "s1b" | "s1c" | "s1d")
        || !is_tile(tile)
        || !matches!(polarisation, "vv" | "vh")
        || !matches!(direction, "ASC" | "DES")
        || !orbit.bytes().all(|b| b.is_ascii_digit())
    {
        return None;
    }
    let (day, hour) = when.split_once('t')?;
    Some(Name {
        scene: format!("{platform}_{tile}_{direction}_{orbit}_{when}"),
        polarisation: polarisation.to_owned(),
        platform: platform.to_uppercase(),
        tile: tile.to_owned(),
        direction: direction.to_owned(),
        orbit: orbit.parse().ok()?,
        time: time_of(day, if hour == "xxxxxx" { "054500" } else { hour })?,
    })
}

/// The file of the same scene in VV.
fn as_vv(file: &str) -> String {
    file.replacen("_vh_", "_vv_", 1)
}

impl Family for S1Tiling {
    fn names(&self) -> &'static str {
        "S1Tiling pairs s1a_31TCJ_vv_ASC_030_YYYYMMDDtHHMMSS.tif and ..._vh_..."
    }

    fn recognise(&self, folder: &Folder) -> Vec<PathBuf> {
        // A pair is known by its VV name, whichever half is there.
        let pairs: BTreeSet<String> =
            folder.files.iter().filter(|f| parse(f).is_some()).map(|f| as_vv(f)).collect();
        pairs.into_iter().map(|f| folder.path.join(f)).collect()
    }

    fn describe(&self, product: &Path, _tile: Option<&str>) -> Result<Vec<Found>> {
        let file = product.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        let name = parse(file)
            .ok_or_else(|| Error::internal(format!("{} was not recognised", product.display())))?;
        let pair = Pair {
            vv: product.to_owned(),
            vh: product.with_file_name(file.replacen("_vv_", "_vh_", 1)),
        };
        for half in [&pair.vv, &pair.vh] {
            if !half.is_file() {
                let text = format!("scene {} has no file {}", name.scene, half.display());
                return Err(Error::not_found(text).hint("put both polarisations side by side"));
            }
        }
        let (vv, vh) = (Raster::open(&pair.vv)?, Raster::open(&pair.vh)?);
        let grid = vv.grid().clone();
        for raster in [&vv, &vh] {
            raster.expect_type(&["Float32"])?;
            raster.expect_ground(&grid, &[10.0])?;
        }
        Ok(vec![Found {
            path: product.to_owned(),
            scene: name.scene,
            version: String::new(),
            sensor: Sensor::S1,
            tile: name.tile,
            time: name.time,
            product: "s1tiling",
            platform: name.platform,
            orbit: Some(name.orbit),
            direction: Some(name.direction),
            grid,
            fingerprint: fingerprint(&[pair.vv.clone(), pair.vh.clone()], 0)?,
            source: Box::new(pair),
        }])
    }
}

struct Pair {
    vv: PathBuf,
    vh: PathBuf,
}

impl Source for Pair {
    fn layers(&self) -> Vec<Layer> {
        vec![Layer::S1]
    }

    fn open(&self) -> Result<Box<dyn Pixels>> {
        Ok(Box::new(Open([Raster::open(&self.vv)?, Raster::open(&self.vh)?])))
    }
}

struct Open([Raster; 2]);

impl Pixels for Open {
    fn read(&mut self, layer: Layer, window: Window) -> Result<Values> {
        if layer != Layer::S1 {
            return Err(Error::internal(format!("a radar scene has no layer {}", layer.name())));
        }
        let mut values = Vec::with_capacity(2 * window.len());
        for raster in &self.0 {
            values.extend(raster.read::<f32>(1, window)?.into_iter().map(sigma::scale));
        }
        Ok(Values::U16(values))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_orbit_direction_and_time() {
        let name = parse("s1b_31TEJ_vh_DES_008_20200108t060008.tif").unwrap();
        assert_eq!((name.platform.as_str(), name.tile.as_str()), ("S1B", "31TEJ"));
        assert_eq!((name.orbit, name.direction.as_str()), (8, "DES"));
        assert_eq!(name.polarisation, "vh");
        assert_eq!(name.time, Stamp::parse("2020-01-08T06:00:08").unwrap());
    }

    #[test]
    fn a_mosaic_is_at_a_quarter_to_six() {
        let name = parse("s1a_31TEJ_vv_ASC_030_20200108txxxxxx.tif").unwrap();
        assert_eq!(name.time, Stamp::parse("2020-01-08T05:45:00").unwrap());
    }

    #[test]
    fn other_names_are_not_s1tilings() {
        for bad in [
            "s1a_31TEJ_vv_ASC_030_20200108t060008_BorderMask.tif",
            "s1a_31TEJ_hh_ASC_030_20200108t060008.tif",
            "s1a_31TEJ_vv_UP_030_20200108t060008.tif",
            "s1a_31TEJ_vv_ASC_030_20200108t0600.tif",
            "s1a_31TEJ_vv_ASC_030_20201308t060008.tif",
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
