//! The optical time series of one window.

use crate::archive::{Layer, Patch, Sensor, Tile, Values};
use crate::error::{Error, Result};
use crate::geo::{Stamp, Window};

/// Optical pixels and masks of several dates over one window, sorted by time.
pub struct Series {
    /// Time of each date.
    pub times: Vec<Stamp>,
    /// `[band, y, x]` of each date.
    pub pixels: Vec<Patch>,
    /// `[y, x]` of each date.
    pub masks: Vec<Patch>,
    /// Pixels of the window.
    pub len: usize,
}

/// Where a series is read: a whole patch (mapped), or any window.
pub enum Area {
    /// Row and column of the patch grid.
    Patch(usize, usize),
    /// Any rectangle of the 10 m grid.
    Window(Window),
}

/// Reads the optical dates within `days` of `time`, except the slots for which `skip` holds.
/// Refuses damaged chunks and a window that leaves the tile.
pub fn load_series(
    tile: &Tile,
    place: &Area,
    time: Stamp,
    days: f64,
    skip: impl Fn(usize) -> bool,
) -> Result<Series> {
    let times = tile.times(Sensor::S2)?;
    let mut slots: Vec<usize> =
        (0..times.len()).filter(|&i| times[i].days_since(time).abs() <= days && !skip(i)).collect();
    slots.sort_by_key(|&i| times[i]);
    let read = |layer: Layer, slot: usize| -> Result<Patch> {
        match place {
            Area::Patch(row, col) => tile.patch(layer, slot, *row, *col),
            Area::Window(w) => {
                Ok(Patch::Owned(std::sync::Arc::new(tile.read(layer, slot, *w)?.values)))
            }
        }
    };
    let side = tile.patch_side();
    let len = match place {
        Area::Patch(..) => side * side,
        Area::Window(w) => w.len(),
    };
    let mut series = Series { times: vec![], pixels: vec![], masks: vec![], len };
    for slot in slots {
        series.times.push(times[slot]);
        series.pixels.push(read(Layer::S2Fine, slot)?);
        series.masks.push(read(Layer::S2Mask, slot)?);
    }
    Ok(series)
}

/// The int16 values of a patch, without a copy.
pub(super) fn i16s(patch: &Patch) -> Result<&[i16]> {
    if let Patch::Owned(values) = patch
        && let Values::I16(v) = &**values
    {
        return Ok(v);
    }
    if cfg!(target_endian = "big") {
        return Err(Error::internal("mapped pixels are little-endian; ingest with --codec zstd"));
    }
    bytemuck::try_cast_slice(patch.bytes())
        .map_err(|e| Error::internal(format!("a patch of int16 is not aligned: {e}")))
}
