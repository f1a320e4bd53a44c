//! Files as the agencies name and write them: tiled GeoTIFF with DEFLATE.

use std::path::Path;

use gdal::DriverManager;
use gdal::raster::{Buffer, GdalType, RasterCreationOptions};
use gdal::spatial_ref::SpatialRef;

use super::chance::hash01;
use crate::error::{Error, Kind, Result};
use crate::geo::{Grid, Stamp, utm_wkt};

/// `SENTINEL2A_20180804-105022-460_L2A_T31TCJ_C_V1-0`: a Theia product's name.
pub(super) fn optical_name(tile: &str, when: Stamp, satellite: char) -> String {
    let millis = (hash01(when.seconds() as u32, 0x5E17) * 100.0) as u32 * 10;
    format!("SENTINEL2{satellite}_{}-{millis:03}_L2A_T{tile}_C_V1-0", when.compact())
}

/// `s1a_31TCJ_vv_ASC_132_20180804t174500.tif`: an S1Tiling file's name.
pub(super) fn radar_name(tile: &str, when: Stamp, satellite: char, polarisation: &str) -> String {
    let time = when.compact().replace('-', "t");
    format!("s1{satellite}_{tile}_{polarisation}_ASC_132_{time}.tif")
}

/// Writes one band at a path that nobody reads yet.
pub(super) fn write_tiff<T: GdalType + Copy>(
    path: &Path,
    grid: &Grid,
    values: Vec<T>,
    missing: Option<f64>,
    predictor: u8,
) -> Result<()> {
    let failed = |e: gdal::errors::GdalError| {
        Error::new(Kind::Io, format!("writing {}", path.display()))
            .with_source(e)
            .hint("check that the disk has room and that the folder can be written")
    };
    let predictor = format!("PREDICTOR={predictor}");
    let options = RasterCreationOptions::from_iter([
        "TILED=YES",
        "BLOCKXSIZE=256",
        "BLOCKYSIZE=256",
        "COMPRESS=DEFLATE",
        "ZLEVEL=1",
        // Dates are written side by side already.
        "NUM_THREADS=1",
        predictor.as_str(),
    ]);
    let shape = (grid.width, grid.height);
    let driver = DriverManager::get_driver_by_name("GTiff").map_err(failed)?;
    let mut file = driver
        .create_with_band_type_with_options::<T, _>(path, shape.0, shape.1, 1, &options)
        .map_err(failed)?;
    file.set_geo_transform(&grid.transform()).map_err(failed)?;
    let place = SpatialRef::from_wkt(&utm_wkt(grid.epsg)?).map_err(failed)?;
    file.set_spatial_ref(&place).map_err(failed)?;
    let mut band = file.rasterband(1).map_err(failed)?;
    if missing.is_some() {
        band.set_no_data_value(missing).map_err(failed)?;
    }
    band.write((0, 0), shape, &mut Buffer::new(shape, values)).map_err(failed)?;
    file.close().map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_named_as_the_agencies_name_them() {
        let when = Stamp::parse("2018-08-04T10:50:22").unwrap();
        let name = optical_name("31TCJ", when, 'A');
        assert!(name.starts_with("SENTINEL2A_20180804-105022-"), "{name}");
        assert!(name.ends_with("0_L2A_T31TCJ_C_V1-0") && name.len() == 48, "{name}");
        let when = Stamp::parse("2018-08-04T17:45:00").unwrap();
        let name = radar_name("31TCJ", when, 'a', "vv");
        assert_eq!(name, "s1a_31TCJ_vv_ASC_132_20180804t174500.tif");
    }
}
