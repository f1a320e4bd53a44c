//! One scene from its product's files to the archive, window by window.

use super::found::Found;
use super::tally::Tally;
use crate::archive::{Block, Kind, Layer, Sensor, Tile, Values};
use crate::error::{Error, Result};
use crate::geo::{Grid, Window};
use crate::limits;

/// Why a scene was not converted.
pub(super) enum Trouble {
    /// The product is faulty: set it aside and go on.
    Product(Error),
    /// The archive or the run is: stop.
    Run(Error),
}

/// What is known of a scene once its pixels were seen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Outcome {
    pub cloud_percent: Option<f64>,
    pub nodata_percent: f64,
}

/// Where the windows of a scene go.
#[derive(Clone, Copy)]
pub(super) struct Target<'a> {
    pub tile: &'a Tile,
    pub grid: &'a Grid,
    pub slot: usize,
    /// Side of a window: whole shards of every layer.
    pub side: usize,
}

/// Side of the windows for a patch size, in pixels of any layer. A shard holds whole patches, and
/// one of a 20 m layer covers the same ground or the same number of pixels: this is a multiple of
/// both.
pub(super) fn side(patch: usize) -> usize {
    (limits::SHARD / patch.max(1)).max(1) * patch.max(1)
}

/// The windows of a layer on a tile, row by row.
pub(super) fn windows(grid: &Grid, layer: Layer, side: usize) -> Vec<Window> {
    let (height, width) = (grid.height / layer.factor(), grid.width / layer.factor());
    let starts = |end: usize| (0..end).step_by(side.max(1));
    starts(height)
        .flat_map(|row| starts(width).map(move |col| (row, col)))
        .map(|(row, col)| Window::new(row, col, side.min(height - row), side.min(width - col)))
        .collect()
}

/// Reads every window of every layer and writes it (`dry`: only reads, to know that the product is
/// whole before an older processing is overwritten). `step` is called once a window; it stops by an
/// error.
pub(super) fn convert(
    found: &Found,
    target: Target,
    dry: bool,
    step: &dyn Fn() -> Result<()>,
) -> Result<Outcome, Trouble> {
    let context = |e: Error| e.context(format!("reading scene {}", found.scene));
    let mut pixels = found.source.open().map_err(|e| Trouble::Product(context(e)))?;
    let mut read = |layer, window| -> Result<Block, Trouble> {
        let values = pixels.read(layer, window).map_err(|e| Trouble::Product(context(e)))?;
        Ok(Block { layer, window, values })
    };
    let write = |block: &Block| -> Result<(), Trouble> {
        if !dry {
            target.tile.write(target.slot, block).map_err(Trouble::Run)?;
        }
        step().map_err(Trouble::Run)
    };
    let mut tally = Tally::new(target.grid);
    for layer in found.source.layers() {
        for window in windows(target.grid, layer, target.side) {
            if layer == Layer::S2Mask {
                continue;
            }
            let block = read(layer, window)?;
            match &block.values {
                Values::I16(fine) if layer == Layer::S2Fine => {
                    // Flags and bands of a window are counted together.
                    let flags = read(Layer::S2Mask, window)?;
                    tally.optical(window, flags.u8s().unwrap_or_default(), fine);
                    write(&flags)?;
                }
                Values::U16(values) if layer == Layer::S1 => tally.radar(window, values),
                Values::I16(values) if layer == Layer::Dem => tally.elevation(window, values),
                _ => {}
            }
            write(&block)?;
        }
    }
    if !dry {
        blank_leftovers(found, target)?;
    }
    // Elevation has no counts per cell: it has no date to choose.
    if !dry && found.sensor != Sensor::Dem {
        let cells = tally.cells();
        target.tile.write_cells(found.sensor, target.slot, cells).map_err(Trouble::Run)?;
    }
    let optical = found.sensor == Sensor::S2;
    Ok(Outcome {
        cloud_percent: if optical { tally.cloud_percent() } else { None },
        nodata_percent: tally.nodata_percent(),
    })
}

/// A slot may hold a layer of an older processing or of an unfinished scene that this one does not
/// fill: it becomes no-data, for its pixels are not this scene's.
fn blank_leftovers(found: &Found, target: Target) -> Result<(), Trouble> {
    let fills = found.source.layers();
    for layer in Layer::ALL {
        let theirs = layer.sensor() == found.sensor && !fills.contains(&layer);
        if !theirs || target.tile.missing(layer, target.slot).map_err(Trouble::Run)?.is_none() {
            continue;
        }
        for window in windows(target.grid, layer, target.side) {
            let count = layer.bands().len() * window.len();
            let values = match layer.kind() {
                Kind::U8 => Values::U8(vec![layer.nodata() as u8; count]),
                Kind::U16 => Values::U16(vec![layer.nodata() as u16; count]),
                Kind::I16 => Values::I16(vec![layer.nodata() as i16; count]),
            };
            let block = Block { layer, window, values };
            target.tile.write(target.slot, &block).map_err(Trouble::Run)?;
        }
    }
    Ok(())
}

/// Steps of a scene: its windows, twice if it is read before it is written.
pub(super) fn steps(found: &Found, grid: &Grid, side: usize, twice: bool) -> u64 {
    let once: usize =
        found.source.layers().iter().map(|layer| windows(grid, *layer, side).len()).sum();
    once as u64 * if twice { 2 } else { 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_cover_a_full_tile_once() {
        let grid = Grid::new(32631, 0.0, 0.0, 10.0, 10_980, 10_980).unwrap();
        for layer in Layer::ALL {
            let all = windows(&grid, layer, side(256));
            let pixels: usize = all.iter().map(Window::len).sum();
            assert_eq!(pixels, (10_980 / layer.factor()).pow(2), "{}", layer.name());
            assert!(all.iter().all(|w| w.row % 2048 == 0 && w.col % 2048 == 0));
        }
    }

    #[test]
    fn a_window_holds_whole_patches() {
        for patch in [64, 128, 192, 256, 320, 2048, 4096] {
            assert_eq!(side(patch) % patch, 0);
        }
    }
}
