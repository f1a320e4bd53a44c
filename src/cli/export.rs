//! `export`: a cube's scene as a Cloud-Optimised GeoTIFF.

use std::path::PathBuf;

use super::Done;
use crate::archive::{Cube, Layer};
use crate::cog::{Meaning, write_described};
use crate::error::{Error, Result};
use crate::geo::Stamp;

/// Stored integers are reflectance x 10000, as in the archive and in cubes.
const SCALE: f64 = 0.0001;

/// Write one date of a cube as a Cloud-Optimised GeoTIFF.
///
/// Its pixels are the cube's int16: surface reflectance x 10000, -10000 where there is no data.
/// Every band carries its name, the scale 0.0001 and the offset 0, by which GIS programs show
/// reflectance; the file's tags tell when the scene was taken and how it was made.
///
/// Example: eclaircie export msop.zarr --date 2019-04-28 --to msop.tif
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The cube.
    cube: PathBuf,
    /// Day of the scene; the first if left out.
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = super::args::parse_day)]
    date: Option<Stamp>,
    /// The six 20 m bands instead of the four at 10 m.
    #[arg(long = "20m")]
    coarse: bool,
    /// The file to write.
    #[arg(long, value_name = "FILE.tif")]
    to: PathBuf,
}

pub(super) fn run(a: Args) -> Result<Done> {
    let cube = Cube::open(&a.cube)?;
    let slot = match &a.date {
        None => 0,
        Some(date) => {
            let day = date.date();
            cube.times().iter().position(|t| t.date() == day).ok_or_else(|| {
                let days: Vec<String> = cube.times().iter().map(Stamp::to_string).collect();
                Error::not_found("the cube has no scene on that day")
                    .hint(format!("it has {}", days.join(", ")))
            })?
        }
    };
    let layer = if a.coarse { Layer::S2Coarse } else { Layer::S2Fine };
    let grid = cube.grid_of(layer)?.clone();
    let whole = crate::geo::Window::new(0, 0, grid.height, grid.width);
    let values = cube.read(slot, layer, whole)?;
    let size = grid.height * grid.width;
    let bands: Vec<(&str, &[i16])> =
        layer.bands().iter().copied().zip(values.chunks_exact(size)).collect();
    let meaning = Meaning {
        nodata: layer.nodata() as i16,
        scale: Some(SCALE),
        of_band: &[("long_name", "surface reflectance"), ("units", "1")],
        of_file: &tags(&cube, cube.times()[slot], layer),
    };
    write_described(&a.to, &grid, &bands, &meaning)?;
    super::say(&a.to.display().to_string())?;
    Ok(Done::Whole)
}

/// What the file says of itself: TIFF's own tags, which programs show, and what the cube tells of
/// its making.
fn tags(cube: &Cube, time: Stamp, layer: Layer) -> Vec<(&'static str, String)> {
    let nodata = layer.nodata();
    let mut all = vec![
        ("TIFFTAG_IMAGEDESCRIPTION", format!("surface reflectance x 10000, no data {nodata}")),
        ("TIFFTAG_SOFTWARE", concat!("eclaircie ", env!("CARGO_PKG_VERSION")).to_owned()),
        ("time", time.to_string()),
    ];
    // TIFF has a form of its own for times, without a zone: here UTC.
    let taken = chrono::DateTime::from_timestamp_micros(time.0);
    all.extend(taken.map(|t| ("TIFFTAG_DATETIME", t.format("%Y:%m:%d %H:%M:%S").to_string())));
    for name in ["title", "method", "layout", "query_hash", "program"] {
        if let Some(value) = cube.attributes().get(name) {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            all.push((name, text));
        }
    }
    all
}
