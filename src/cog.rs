//! Cloud-Optimised GeoTIFF out: what GIS programs and web maps open as it stands.
//!
//! In: int16 bands on a grid, and what they are. Out: one file, tiled, DEFLATE, with overviews and
//! band names, that says what its integers mean and where they come from.
//! Promises: the file is published whole, after its pixels were read back; GDAL prints nothing.
//! Refuses: bands that do not fill the grid.

mod witness;

use std::path::Path;

use gdal::raster::{Buffer, RasterBand, RasterCreationOptions};
use gdal::{Dataset, DriverManager, Metadata};

use crate::error::{Error, Result, While};
use crate::geo::{Grid, utm_wkt};
use crate::store::Pending;

use witness::ROWS;
pub(crate) use witness::{listen, reads_back, written};

/// What a file says of its integers. None of it changes a pixel.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Meaning<'a> {
    /// The integer that means "no data".
    pub nodata: i16,
    /// What an integer is multiplied by; the offset is then 0.
    pub scale: Option<f64>,
    /// Metadata of every band. Its `units` are those of the scaled value: the crate `gdal` cannot
    /// set GDAL's own.
    pub of_band: &'a [(&'a str, &'a str)],
    /// Metadata of the file.
    pub of_file: &'a [(&'a str, String)],
}

/// Writes bands (`name`, `height * width` values row-major) as one COG at `path`; an older file is
/// replaced.
///
/// Peak memory is one copy of the bands and what GDAL compresses at a time. Fails if a band has
/// another size, if GDAL cannot write (a full disk is [`crate::error::Kind::OutOfSpace`]), or if
/// the pixels read back otherwise.
pub fn write_cog(path: &Path, grid: &Grid, bands: &[(&str, &[i16])], nodata: i16) -> Result<()> {
    write_described(path, grid, bands, &Meaning { nodata, ..Meaning::default() })
}

/// The same, and says what the integers are.
pub(crate) fn write_described(
    path: &Path,
    grid: &Grid,
    bands: &[(&str, &[i16])],
    meaning: &Meaning<'_>,
) -> Result<()> {
    let doing = || format!("writing {}", path.display());
    if bands.is_empty() {
        return Err(Error::usage("there is no band to write").context(doing()));
    }
    for (name, values) in bands {
        if values.len() != grid.width * grid.height {
            let (width, height, got) = (grid.width, grid.height, values.len());
            let text = format!("band {name} has {got} values for {width} x {height} pixels");
            return Err(Error::usage(text).context(doing()));
        }
    }
    let pending = Pending::new(path)?;
    let wkt = utm_wkt(grid.epsg)?;
    written(pending.path(), || {
        let memory = fill(grid, &wkt, bands, meaning)?;
        copy(&memory, pending.path())?;
        drop(memory);
        let values: Vec<&[i16]> = bands.iter().map(|(_, values)| *values).collect();
        reads_back(pending.path(), (grid.width, grid.height), &values)
    })
    .during(doing)?;
    pending.commit()
}

fn fill(
    grid: &Grid,
    wkt: &str,
    bands: &[(&str, &[i16])],
    meaning: &Meaning<'_>,
) -> gdal::errors::Result<Dataset> {
    let driver = DriverManager::get_driver_by_name("MEM")?;
    let mut memory =
        driver.create_with_band_type::<i16, _>("", grid.width, grid.height, bands.len())?;
    memory.set_projection(wkt)?;
    memory.set_geo_transform(&grid.transform())?;
    for (key, value) in meaning.of_file {
        memory.set_metadata_item(key, value, "")?;
    }
    for (index, (name, values)) in bands.iter().enumerate() {
        let mut band = memory.rasterband(index + 1)?;
        band.set_description(name)?;
        describe(&mut band, meaning)?;
        for (i, rows) in values.chunks(grid.width * ROWS).enumerate() {
            let size = (grid.width, rows.len() / grid.width);
            let mut buffer = Buffer::new(size, rows.to_vec());
            band.write((0, (i * ROWS) as isize), size, &mut buffer)?;
        }
    }
    Ok(memory)
}

fn describe(band: &mut RasterBand<'_>, meaning: &Meaning<'_>) -> gdal::errors::Result<()> {
    band.set_no_data_value(Some(meaning.nodata.into()))?;
    if let Some(scale) = meaning.scale {
        band.set_scale(scale)?;
        band.set_offset(0.0)?;
    }
    for (key, value) in meaning.of_band {
        band.set_metadata_item(key, value, "")?;
    }
    Ok(())
}

fn copy(memory: &Dataset, path: &Path) -> gdal::errors::Result<()> {
    let driver = DriverManager::get_driver_by_name("COG")?;
    let mut options = RasterCreationOptions::default();
    for (key, value) in [
        ("COMPRESS", "DEFLATE"),
        ("PREDICTOR", "YES"),
        ("BLOCKSIZE", "256"),
        ("OVERVIEWS", "AUTO"),
        // Averages would mix clear and missing pixels' borders; the nearest pixel invents no value.
        ("RESAMPLING", "NEAREST"),
        ("BIGTIFF", "IF_SAFER"),
        ("NUM_THREADS", "1"),
    ] {
        options.set_name_value(key, value)?;
    }
    memory.create_copy(&driver, path, &options)?.close()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(width: usize, height: usize) -> Grid {
        Grid::new(32631, 574_680.0, 5_622_440.0, 10.0, width, height).unwrap()
    }

    #[test]
    fn a_cog_reads_back_with_names_overviews_and_place() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out/scene.tif");
        let grid = grid(700, 530);
        let a: Vec<i16> = (0..grid.width * grid.height).map(|i| (i % 30_000) as i16).collect();
        let b: Vec<i16> = a.iter().map(|v| -v).collect();
        write_cog(&path, &grid, &[("B02", &a), ("B08", &b)], -10_000).unwrap();
        let names: Vec<_> = std::fs::read_dir(path.parent().unwrap()).unwrap().collect();
        assert_eq!(names.len(), 1, "no sidecar and nothing aside is left");
        let read = Dataset::open(&path).unwrap();
        assert_eq!(read.metadata_item("LAYOUT", "IMAGE_STRUCTURE").as_deref(), Some("COG"));
        assert_eq!(read.geo_transform().unwrap(), grid.transform());
        assert_eq!(read.spatial_ref().unwrap().auth_code().unwrap(), 32631);
        let band = read.rasterband(2).unwrap();
        assert_eq!(band.description().unwrap(), "B08");
        assert_eq!((band.no_data_value(), band.scale()), (Some(-10_000.0), None));
        assert!(band.overview_count().unwrap() > 0);
        let all = band.read_as::<i16>((0, 0), (700, 530), (700, 530), None).unwrap();
        assert_eq!(all.data(), b);
    }

    #[test]
    fn a_cog_says_what_its_integers_are_and_where_they_come_from() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("scene.tif");
        let grid = grid(300, 200);
        let values: Vec<i16> = (0..60_000).map(|i| (i % 9_999) as i16).collect();
        let of_file = [("TIFFTAG_DATETIME", "2019:04:28 10:50:22"), ("method", "{\"a\": \"<&>\"}")];
        let meaning = Meaning {
            nodata: -10_000,
            scale: Some(0.0001),
            of_band: &[("units", "1")],
            of_file: &of_file.map(|(key, value)| (key, value.to_owned())),
        };
        write_described(&path, &grid, &[("B02", &values), ("B08", &values)], &meaning).unwrap();
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "all of it is in the file");
        let read = Dataset::open(&path).unwrap();
        for (key, value) in of_file {
            assert_eq!(read.metadata_item(key, "").as_deref(), Some(value));
        }
        for index in [1, 2] {
            let band = read.rasterband(index).unwrap();
            assert_eq!((band.scale(), band.offset()), (Some(0.0001), Some(0.0)));
            assert_eq!(band.no_data_value(), Some(-10_000.0));
            assert_eq!(band.metadata_item("units", "").as_deref(), Some("1"));
            let all = band.read_as::<i16>((0, 0), (300, 200), (300, 200), None).unwrap();
            assert_eq!(all.data(), values, "integers stay as they are stored");
        }
    }

    #[test]
    fn a_band_of_another_size_leaves_no_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("scene.tif");
        assert!(write_cog(&path, &grid(8, 8), &[("B02", &[0; 63])], -10_000).is_err());
        assert!(write_cog(&path, &grid(8, 8), &[], -10_000).is_err());
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
