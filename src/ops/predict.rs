//! `predict`: a network's answer for pieces of a scene.

use super::piece::{Piece, PieceInput};
use crate::archive::{Layer, mask};
use crate::error::{Error, Result, While};
use crate::geo::Window;
use crate::models::Model;
use crate::stream::{Emit, Operator};
use crate::tensors::denormalise_s2;

/// Runs the network on each input window and keeps the piece inside its halo.
pub struct Predict {
    model: Model,
    keep_clear: bool,
}

impl Predict {
    /// `keep_clear` leaves pixels that are clear at t as they were observed.
    pub fn new(model: Model, keep_clear: bool) -> Self {
        Self { model, keep_clear }
    }

    fn predict(&self, item: PieceInput) -> Result<Piece> {
        let task = item.task;
        // An operator runs on its own thread, and libtorch's gradient switch is per thread.
        let output = tch::no_grad(|| self.model.forward(&item.batch.tensors))
            .during(|| format!("predicting rows {}.. of a scene", task.output.row))?
            .fine;
        // [1, 4, h, w] -> [1, 4, output height, output width]
        let inner = output
            .f_narrow(2, (task.output.row - task.input.row) as i64, task.output.height as i64)
            .and_then(|t| {
                let left = (task.output.col - task.input.col) as i64;
                t.f_narrow(3, left, task.output.width as i64)
            })
            .map_err(|e| Error::internal("the network's output is too small").with_source(e))?;
        let mut values = denormalise_s2(&inner)?;
        if let Some(observed) = &item.observed {
            compose(&mut values, observed, &task.output, self.keep_clear);
        }
        Ok(Piece { window: task.output, values })
    }
}

/// No-data at t stays no-data; on request, clear pixels keep what was observed.
fn compose(values: &mut [i16], observed: &super::piece::Observed, window: &Window, keep: bool) {
    let n = window.len();
    for pixel in 0..n {
        let bits = observed.mask[pixel];
        let gone = bits & mask::NODATA != 0;
        if gone || (keep && bits & mask::CLOUDY == 0) {
            for band in 0..Layer::S2Fine.bands().len() {
                let at = band * n + pixel;
                values[at] = if gone { Layer::S2Fine.nodata() as i16 } else { observed.pixels[at] };
            }
        }
    }
}

impl Operator for Predict {
    type In = PieceInput;
    type Out = Piece;

    fn name(&self) -> String {
        format!("predict {}", self.model.card.name)
    }

    fn apply(&mut self, item: PieceInput, out: &mut Emit<Piece>) -> Result<()> {
        out.push(self.predict(item)?);
        Ok(())
    }
}
