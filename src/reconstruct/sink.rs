//! Pieces into the cube.

use crate::archive::Cube;
use crate::error::Result;
use crate::ops::Piece;
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
        self.cube.write(self.slot, item.window, item.values)?;
        (self.progress)(item.window.len() as u64);
        Ok(())
    }
}
