//! Files as the agencies name and write them: tiled GeoTIFF with DEFLATE.

use std::path::Path;

use gdal::DriverManager;
use gdal::raster::{Buffer, GdalType, RasterCreationOptions};
use gdal::spatial_ref::SpatialRef;

use super::chance::hash01;
use crate::cog::{reads_back, written};
use crate::error::Result;
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

/// Writes one band at a path that nobody reads yet, and reads it back. A full disk is
/// [`crate::error::Kind::OutOfSpace`].
pub(super) fn write_tiff<T: GdalType + Copy + Default + PartialEq>(
    path: &Path,
    grid: &Grid,
    values: Vec<T>,
    missing: Option<f64>,
    predictor: u8,
) -> Result<()> {
    let wkt = utm_wkt(grid.epsg)?;
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
    let mut values = Buffer::new(shape, values);
    written(path, || {
        let driver = DriverManager::get_driver_by_name("GTiff")?;
        let mut file = driver
            .create_with_band_type_with_options::<T, _>(path, shape.0, shape.1, 1, &options)?;
        file.set_geo_transform(&grid.transform())?;
        file.set_spatial_ref(&SpatialRef::from_wkt(&wkt)?)?;
        let mut band = file.rasterband(1)?;
        if missing.is_some() {
            band.set_no_data_value(missing)?;
        }
        band.write((0, 0), shape, &mut values)?;
        file.close()?;
        reads_back(path, shape, &[values.data()])
    })
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
