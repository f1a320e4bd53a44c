//! Where a Sentinel-2 tile lies, from its name (MGRS square, corner as ESA cuts it).

use crate::error::{Error, Result};
use crate::geo::Grid;

/// The 10 m grid of the upper-left `side` x `side` pixels of `tile`, such as `31TCJ`.
///
/// Refuses names that are not a UTM zone, a latitude band and two letters.
pub(super) fn tile_grid(tile: &str, side: usize) -> Result<Grid> {
    let (epsg, x0, y0) = corner(tile).ok_or_else(|| {
        Error::usage(format!("'{tile}' does not name a Sentinel-2 tile"))
            .hint("a tile is a UTM zone, a band and two letters, such as 31TCJ")
    })?;
    Grid::new(epsg, x0, y0, 10.0, side, side)
}

/// Latitude of the upper edge of a grid, degrees; a sphere is enough for the sun.
pub(super) fn latitude(grid: &Grid) -> f64 {
    let north = if grid.epsg > 32_700 { grid.y0 - 1e7 } else { grid.y0 };
    north / (111_130.0 * 0.9996)
}

fn corner(tile: &str) -> Option<(u32, f64, f64)> {
    let [z1, z2, band, column, row] = *tile.as_bytes() else { return None };
    if !(z1.is_ascii_digit() && z2.is_ascii_digit()) {
        return None;
    }
    let zone = u32::from(z1 - b'0') * 10 + u32::from(z2 - b'0');
    let columns: &[u8] = [b"STUVWXYZ", b"ABCDEFGH", b"JKLMNPQR"][zone as usize % 3];
    let rows = b"ABCDEFGHJKLMNPQRSTUV";
    let bands = b"CDEFGHJKLMNPQRSTUVWX";
    let find = |set: &[u8], letter: u8| set.iter().position(|l| *l == letter);
    let band = find(bands, band).filter(|_| (1..=60).contains(&zone))?;
    let east = (find(columns, column)? as i64 + 1) * 100_000;
    let shift = if zone % 2 == 0 { 15 } else { 0 };
    let row = ((find(rows, row)? + shift) % 20) as i64 * 100_000;
    // Letters repeat every 2,000 km: take the repetition whose square meets the latitude band.
    let south = band < 10;
    let lowest = (band as f64 * 8.0 - 80.0) * 110_600.0 + if south { 1e7 } else { 0.0 };
    let mut north = row;
    while (north + 100_000) as f64 <= lowest {
        north += 2_000_000;
    }
    let (x0, y0) = (east.div_euclid(60) * 60, (north + 100_000 + 59).div_euclid(60) * 60);
    Some((if south { 32_700 } else { 32_600 } + zone, x0 as f64, y0 as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_tiles_start_at_their_published_corners() {
        assert_eq!(corner("31TCJ"), Some((32631, 300_000.0, 4_900_020.0)));
        assert_eq!(corner("31TDJ"), Some((32631, 399_960.0, 4_900_020.0)));
        assert_eq!(corner("30PVA").map(|c| c.0), Some(32630));
        assert!((latitude(&tile_grid("31TCJ", 64).unwrap()) - 44.1).abs() < 0.3);
    }

    #[test]
    fn a_name_that_is_no_tile_is_refused() {
        for name in ["", "31TC", "61TCJ", "3éCJ", "31TIJ", "../etc"] {
            assert!(tile_grid(name, 64).is_err(), "{name}");
        }
    }
}
