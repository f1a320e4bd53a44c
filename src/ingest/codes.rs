//! A map of codes on a tile's grid, such as land cover: read, not stored.

use std::path::Path;

use super::raster::Raster;
use crate::error::{Error, Result};
use crate::geo::{Grid, Window};

/// Rows that are read at a time.
const STRIP: usize = 256;

/// Hands every pixel of a GeoTIFF of whole numbers to `each`, some rows at a time. Refuses other pixels, and
/// another grid than `grid`.
pub(crate) fn read_codes(
    path: &Path,
    grid: &Grid,
    each: &mut dyn FnMut(&[i32]) -> Result<()>,
) -> Result<()> {
    let raster = Raster::open(path)?;
    let next = "bring it onto the tile's grid as whole numbers: gdalwarp -r near -ot UInt16";
    raster
        .expect_type(&["Byte", "Int8", "UInt16", "Int16", "UInt32", "Int32"])
        .map_err(|e| e.hint(next))?;
    if raster.grid() != grid {
        let text = format!("{} lies on {}, not on {grid}", path.display(), raster.grid());
        return Err(Error::invalid(text).hint(next));
    }
    for row in (0..grid.height).step_by(STRIP) {
        let rows = STRIP.min(grid.height - row);
        each(&raster.read::<i32>(1, Window::new(row, 0, rows, grid.width))?)?;
    }
    Ok(())
}
