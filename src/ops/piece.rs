//! Pieces of a whole scene: where they are, what they need, what they become.
//!
//! A piece is written once, by one task. Its input is larger by a halo, see [`halo`], cut at
//! the scene's edge, where the network pads with zeros just as it did on training patches. Windows
//! start at multiples of the network's stride, so that pieces fit without a seam.

use std::collections::BTreeMap;

use tch::{Device, Tensor};

use super::fill::Filling;
use super::series::{Area, load_series};
use crate::archive::{Block, Layer, Tile, Values, mask};
use crate::error::{Error, Result};
use crate::geo::{Grid, Stamp, Window};
use crate::stream::{Emit, Operator, Weigh};
use crate::tensors::{Batch, from_block, limit_threads, normalise};

const STRIDE: usize = 32;

/// One piece to make.
#[derive(Debug, Clone, Copy)]
pub struct Task {
    /// Pixels (10 m) to write.
    pub output: Window,
    /// Pixels (10 m) to read.
    pub input: Window,
}

/// One role of a scene's inputs.
#[derive(Debug, Clone)]
pub struct SceneRole {
    /// Name, as `s2_t`.
    pub name: String,
    /// Which array.
    pub layer: Layer,
    /// Index along its time axis.
    pub slot: usize,
}

/// What the sensor saw at t over an output window.
#[derive(Debug)]
pub struct Observed {
    /// `[band, y, x]`.
    pub pixels: Vec<i16>,
    /// The 20 m bands, where the network answers them and t has them.
    pub coarse: Option<Vec<i16>>,
    /// `[y, x]`.
    pub mask: Vec<u8>,
}

/// A piece with its normalised tensors.
#[derive(Debug)]
pub struct PieceInput {
    /// Where.
    pub task: Task,
    /// One tensor a role, `[1, c, h, w]`, padded to the stride at the bottom and right.
    pub batch: Batch,
    /// What was seen at t.
    pub observed: Option<Observed>,
}

/// A finished piece.
#[derive(Debug)]
pub struct Piece {
    /// Where, in 10 m pixels.
    pub window: Window,
    /// `[band, y, x]` int16.
    pub values: Vec<i16>,
    /// The 20 m bands of [`coarse_window`], of a network that answers them.
    pub coarse: Option<Vec<i16>>,
}

impl Weigh for Task {
    fn bytes(&self) -> usize {
        size_of::<Self>()
    }
}

impl Weigh for PieceInput {
    fn bytes(&self) -> usize {
        let seen = |o: &Observed| {
            2 * (o.pixels.len() + o.coarse.as_ref().map_or(0, Vec::len)) + o.mask.len()
        };
        self.batch.bytes() + self.observed.as_ref().map_or(0, seen)
    }
}

impl Weigh for Piece {
    fn bytes(&self) -> usize {
        2 * (self.values.len() + self.coarse.as_ref().map_or(0, Vec::len))
    }
}

/// Pixels (10 m) that a piece is read with on each side for a network that sees `support` of them: the
/// next multiple of the networks' stride.
pub fn halo(support: usize) -> usize {
    support.next_multiple_of(STRIDE)
}

/// Cuts a 10 m grid into tasks, row by row: `side` px, rounded up to the networks' stride, read with
/// `halo` more on each side; those at the right and bottom may be smaller.
pub fn cut(grid: &Grid, side: usize, halo: usize) -> Vec<Task> {
    let side = side.next_multiple_of(STRIDE).max(STRIDE);
    let mut tasks = Vec::new();
    for row in (0..grid.height).step_by(side) {
        for col in (0..grid.width).step_by(side) {
            let height = side.min(grid.height - row);
            let width = side.min(grid.width - col);
            let output = Window::new(row, col, height, width);
            tasks.push(Task { output, input: output.grow(halo, grid.height, grid.width) });
        }
    }
    tasks
}

/// `read`: the input windows of a scene's roles as tensors.
pub struct ReadPiece {
    tile: Tile,
    roles: Vec<SceneRole>,
    mask_slot: usize,
    device: Device,
}

impl ReadPiece {
    /// `mask_slot`: the optical slot of t.
    pub fn new(tile: &Tile, roles: &[SceneRole], mask_slot: usize, device: Device) -> Self {
        Self { tile: tile.clone(), roles: roles.to_vec(), mask_slot, device }
    }

    fn read(&self, task: Task) -> Result<PieceInput> {
        limit_threads(1);
        let mut tensors = BTreeMap::new();
        for role in &self.roles {
            let window = even(task.input).coarsen(role.layer.factor()).ok_or_else(|| {
                Error::internal(format!(
                    "an input window does not fall on {} px",
                    role.layer.name()
                ))
            })?;
            let block = self.tile.read(role.layer, role.slot, window)?;
            let tensor = normalise(role.layer, &from_block(&block)?, self.device)?;
            let full = |n: usize| n.next_multiple_of(STRIDE) / role.layer.factor();
            let (height, width) = (full(task.input.height), full(task.input.width));
            tensors.insert(role.name.clone(), pad(&tensor, height, width)?);
        }
        let pixels = optical(&self.tile, Layer::S2Fine, self.mask_slot, task.output)?;
        let coarse = match self.roles.iter().any(|role| role.layer == Layer::S2Coarse)
            && self.tile.missing(Layer::S2Coarse, self.mask_slot)?.is_some()
        {
            true => {
                let window = coarse_window(task.output)?;
                Some(optical(&self.tile, Layer::S2Coarse, self.mask_slot, window)?)
            }
            false => None,
        };
        let mask = match self.tile.read(Layer::S2Mask, self.mask_slot, task.output)? {
            Block { values: Values::U8(v), .. } => v,
            _ => return Err(Error::internal("a mask is not uint8")),
        };
        let batch = Batch { tensors, names: vec![self.tile.name().to_owned()] };
        Ok(PieceInput { task, batch, observed: Some(Observed { pixels, coarse, mask }) })
    }
}

/// What the sensor saw in a slot.
fn optical(tile: &Tile, layer: Layer, slot: usize, window: Window) -> Result<Vec<i16>> {
    match tile.read(layer, slot, window)?.values {
        Values::I16(v) => Ok(v),
        _ => Err(Error::internal("optical pixels are not int16")),
    }
}

/// The 20 m pixels of a 10 m window that starts on one; a last odd pixel is in none.
pub fn coarse_window(w: Window) -> Result<Window> {
    let no = || Error::internal(format!("row {}, column {} is inside a 20 m pixel", w.row, w.col));
    even(w).coarsen(2).ok_or_else(no)
}

/// Widths at the scene's edge may be odd; the 20 m arrays drop that last pixel, and so do we.
fn even(w: Window) -> Window {
    Window::new(w.row, w.col, w.height & !1, w.width & !1)
}

/// Repeats the last row and column: `[1, c, h, w] -> [1, c, height, width]`.
fn pad(tensor: &Tensor, height: usize, width: usize) -> Result<Tensor> {
    let size = tensor.size();
    let (below, right) = (height as i64 - size[2], width as i64 - size[3]);
    if below == 0 && right == 0 {
        return Ok(tensor.shallow_clone());
    }
    tensor
        .f_replication_pad2d([0, right, 0, below])
        .map_err(|e| Error::from(e).context("padding the edge of a scene"))
}

impl Operator for ReadPiece {
    type In = Task;
    type Out = PieceInput;

    fn name(&self) -> String {
        "read".into()
    }

    fn apply(&mut self, item: Task, out: &mut Emit<PieceInput>) -> Result<()> {
        out.push(self.read(item)?);
        Ok(())
    }
}

/// Each output window from the clear dates around t.
pub struct FillPiece {
    tile: Tile,
    filling: Filling,
    time: Stamp,
    days: f64,
    kept: Option<usize>,
}

impl FillPiece {
    /// Dates beyond `days` from `time` are not used; pixels that are clear in the slot `kept` stay as they were
    /// observed there.
    pub fn new(tile: &Tile, filling: Filling, time: Stamp, days: f64, kept: Option<usize>) -> Self {
        Self { tile: tile.clone(), filling, time, days, kept }
    }

    fn keep(&self, values: &mut [i16], slot: usize, window: Window) -> Result<()> {
        let bits = self.tile.read(Layer::S2Mask, slot, window)?.values;
        let seen = optical(&self.tile, Layer::S2Fine, slot, window)?;
        let clear = bits.bytes().iter().map(|b| b & (mask::CLOUDY | mask::NODATA) == 0);
        for ((value, seen), clear) in values.iter_mut().zip(seen).zip(clear.cycle()) {
            *value = if clear { seen } else { *value };
        }
        Ok(())
    }
}

impl Operator for FillPiece {
    type In = Task;
    type Out = Piece;

    fn name(&self) -> String {
        self.filling.name().into()
    }

    fn apply(&mut self, item: Task, out: &mut Emit<Piece>) -> Result<()> {
        let (inner, grid) = (item.output, self.tile.grid());
        let outer = inner.grow(self.filling.margin(), grid.height, grid.width);
        let place = Area::Window(outer);
        let series = load_series(&self.tile, &place, self.time, self.days, |_| false)?;
        let mut values = self.filling.fill(&series, outer, inner, self.time)?;
        if let Some(slot) = self.kept {
            self.keep(&mut values, slot, inner)?;
        }
        out.push(Piece { window: inner, values, coarse: None });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::{Archive, Codec, Sensor, Settings};

    #[test]
    fn pieces_cover_a_scene_once_and_start_on_the_stride() {
        let grid = Grid::new(32631, 0.0, 0.0, 10.0, 1000, 700).unwrap();
        let tasks = cut(&grid, 256, halo(66));
        assert_eq!(tasks.iter().map(|t| t.output.len()).sum::<usize>(), 700_000);
        for t in &tasks {
            assert_eq!((t.input.row % STRIDE, t.input.col % STRIDE), (0, 0));
            assert!(t.input.fits(700, 1000) && t.output.intersect(&t.input) == Some(t.output));
        }
        // A network that sees less is given less.
        assert_eq!([halo(10), halo(34), halo(66)], [32, 64, 96]);
        let first = |support| cut(&grid, 256, halo(support))[0].input;
        assert_eq!((first(10).height, first(66).height), (288, 352));
    }

    #[test]
    fn what_is_clear_at_t_is_kept_on_request_also_beside_a_cloud() {
        let dir = tempfile::tempdir().unwrap();
        let side = 64;
        let archive =
            Archive::create(dir.path(), Settings::new(side, Codec::None).unwrap()).unwrap();
        let grid = Grid::new(32631, 600_000.0, 4_900_000.0, 10.0, side, side).unwrap();
        let tile = archive.create_tile("31TCJ", &grid).unwrap();
        let times = [0, 5, 10].map(|day| Stamp(day * 86_400_000_000));
        tile.set_times(Sensor::S2, &times).unwrap();
        let window = Window::new(0, 0, side, side);
        for (slot, value) in [100, 900, 100].into_iter().enumerate() {
            let pixels = Values::I16(vec![value; 4 * side * side]);
            tile.write(slot, &Block { layer: Layer::S2Fine, window, values: pixels }).unwrap();
            // A cloud over the left half at t.
            let cloudy = |i: usize| slot == 1 && i % side < side / 2;
            let bits = (0..side * side).map(|i| if cloudy(i) { mask::CLOUD } else { 0 });
            let bits = Values::U8(bits.collect());
            tile.write(slot, &Block { layer: Layer::S2Mask, window, values: bits }).unwrap();
        }
        let row = |kept| {
            let mut fill = FillPiece::new(&tile, Filling::Loess, times[1], 90.0, kept);
            let mut out = Emit::new();
            fill.apply(Task { output: window, input: window }, &mut out).unwrap();
            let values = out.into_items().remove(0).values;
            [0, side / 2 - 1, side / 2, side - 1].map(|x| values[x])
        };
        assert_eq!(row(Some(1)), [100, 100, 900, 900]);
        assert_eq!(row(None), [100, 100, 100, 900]);
    }
}
