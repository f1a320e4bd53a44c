//! Pieces into the cube.

use crate::archive::{Cube, Layer};
use crate::error::Result;
use crate::ops::{Piece, coarse_window};
use crate::stream::Sink;

/// The end of a reconstruction: each piece is one owner's chunks.
pub(super) struct WritePieces<'a> {
    pub(super) cube: &'a Cube,
    pub(super) slot: usize,
    pub(super) progress: &'a mut dyn FnMut(u64),
}

impl Sink for WritePieces<'_> {
    type In = Piece;

    fn name(&self) -> String {
        "write cube".into()
    }

    fn accept(&mut self, item: Piece) -> Result<()> {
        self.cube.write(self.slot, Layer::S2Fine, item.window, item.values)?;
        if let Some(values) = item.coarse {
            let window = coarse_window(item.window)?;
            self.cube.write(self.slot, Layer::S2Coarse, window, values)?;
        }
        (self.progress)(item.window.len() as u64);
        Ok(())
    }
}
