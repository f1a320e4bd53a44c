//! `predict`: a network's answer for pieces of a scene.

use tch::Tensor;

use super::piece::{Piece, PieceInput, coarse_window};
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
        let estimate = tch::no_grad(|| self.model.forward(&item.batch.tensors))
            .during(|| format!("predicting rows {}.. of a scene", task.output.row))?;
        let corner = (task.output.row - task.input.row, task.output.col - task.input.col);
        let mut values = inner(&estimate.fine, corner, &task.output)?;
        let mut coarse = match &estimate.coarse {
            Some(tensor) => {
                let (corner, window) = ((corner.0 / 2, corner.1 / 2), coarse_window(task.output)?);
                Some(inner(tensor, corner, &window)?)
            }
            None => None,
        };
        if let Some(observed) = &item.observed {
            let fates = fates(&observed.mask, self.keep_clear);
            compose(&mut values, Layer::S2Fine, &fates, Some(&observed.pixels));
            if let Some(values) = &mut coarse {
                let fates = merged(&fates, task.output)?;
                compose(values, Layer::S2Coarse, &fates, observed.coarse.as_ref());
            }
        }
        Ok(Piece { window: task.output, values, coarse })
    }
}

/// The part of an output `[1, c, h, w]` from a corner on, with the size of a window, as stored
/// integers.
fn inner(output: &Tensor, corner: (usize, usize), window: &Window) -> Result<Vec<i16>> {
    let part = output
        .f_narrow(2, corner.0 as i64, window.height as i64)
        .and_then(|t| t.f_narrow(3, corner.1 as i64, window.width as i64))
        .map_err(|e| Error::internal("the network's output is too small").with_source(e))?;
    denormalise_s2(&part)
}

/// What a pixel of the answer becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// What the network says.
    Estimate,
    /// What was observed.
    Keep,
    /// No data, as at t.
    Gone,
}

/// No-data at t stays no-data; on request, clear pixels keep what was observed.
fn fates(bits: &[u8], keep: bool) -> Vec<Fate> {
    let fate = |bits: &u8| match bits {
        b if b & mask::NODATA != 0 => Fate::Gone,
        b if keep && b & mask::CLOUDY == 0 => Fate::Keep,
        _ => Fate::Estimate,
    };
    bits.iter().map(fate).collect()
}

/// Fates of 20 m pixels: gone where a part is gone, kept where all parts are.
fn merged(fates: &[Fate], window: Window) -> Result<Vec<Fate>> {
    let coarse = coarse_window(window)?;
    let pixel = |i: usize| {
        let (row, col) = (i / coarse.width, i % coarse.width);
        let parts = [(0, 0), (0, 1), (1, 0), (1, 1)].map(|(y, x)| {
            fates.get((2 * row + y) * window.width + 2 * col + x).copied().unwrap_or(Fate::Gone)
        });
        match parts {
            _ if parts.contains(&Fate::Gone) => Fate::Gone,
            _ if parts.contains(&Fate::Estimate) => Fate::Estimate,
            _ => Fate::Keep,
        }
    };
    Ok((0..coarse.len()).map(pixel).collect())
}

/// Gives every pixel of `[band, y, x]` values its fate. What was not observed is not kept.
fn compose(values: &mut [i16], layer: Layer, fates: &[Fate], observed: Option<&Vec<i16>>) {
    for (number, band) in values.chunks_exact_mut(fates.len().max(1)).enumerate() {
        for (pixel, (value, fate)) in band.iter_mut().zip(fates).enumerate() {
            let seen = observed.and_then(|o| o.get(number * fates.len() + pixel));
            *value = match (fate, seen) {
                (Fate::Gone, _) => layer.nodata() as i16,
                (Fate::Keep, Some(seen)) => *seen,
                _ => *value,
            };
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_20_m_pixel_is_kept_only_where_all_of_it_is_clear() {
        let (c, n) = (mask::CLOUD, mask::NODATA);
        // Five columns: the last one is in no 20 m pixel.
        let bits = [0, 0, 0, c, n, 0, 0, 0, 0, n, 0, n, c, c, 0, 0, 0, c, c, 0];
        let window = Window::new(2, 4, 4, 5);
        let fates = fates(&bits, true);
        let coarse = merged(&fates, window).unwrap();
        assert_eq!(coarse, [Fate::Keep, Fate::Estimate, Fate::Gone, Fate::Estimate]);
        let mut values = vec![7i16; 6 * 4];
        compose(&mut values, Layer::S2Coarse, &coarse, Some(&vec![3; 6 * 4]));
        assert_eq!(values[..4], [3, 7, -10_000, 7]);
        assert_eq!(values[20..], [3, 7, -10_000, 7]);
        let mut values = vec![7i16; 6 * 4];
        compose(&mut values, Layer::S2Coarse, &coarse, None);
        assert_eq!(values[..4], [7, 7, -10_000, 7]);
    }
}
