//! `export`: a cube's scene as a Cloud-Optimised GeoTIFF.

use std::path::PathBuf;

use super::Done;
use crate::archive::{Cube, Layer};
use crate::cog::write_cog;
use crate::error::{Error, Result};
use crate::geo::Stamp;

/// Write one date of a cube as a Cloud-Optimised GeoTIFF.
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
    write_cog(&a.to, &grid, &bands, layer.nodata() as i16)?;
    super::say(&a.to.display().to_string())?;
    Ok(Done::Whole)
}
