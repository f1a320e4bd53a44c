//! Structural similarity, as TensorFlow computes it.

use super::Score;
use super::metric::{Mean, Metric};
use super::pixels::Shape;
use super::totals::Totals;

/// Side of the window.
const SIDE: usize = 11;
const HALF: usize = SIDE / 2;
/// Deviation of its Gaussian weights, px.
const SIGMA: f64 = 1.5;
/// (0.01 x peak)^2 and (0.03 x peak)^2 with peak 1.
const C1: f64 = 1e-4;
const C2: f64 = 9e-4;

/// Weighted means over every whole window of an image, `bands` planes of `(h - 10) x (w - 10)`.
#[derive(Debug)]
pub(super) struct Local {
    means: Vec<f64>,
    squares: Vec<f64>,
}

impl Local {
    /// Of an image of `bands` planes.
    pub fn of(values: &[f64], shape: Shape) -> Self {
        let (mut means, mut squares) = (Vec::new(), Vec::new());
        if windows(shape) == 0 {
            return Self { means, squares };
        }
        for band in values.chunks_exact(shape.plane()) {
            blur(band, shape, &mut means);
            blur(&product(band, band), shape, &mut squares);
        }
        Self { means, squares }
    }

    /// Sum over bands of the similarity of every window of `x` with `y`, whose means these are.
    pub fn similarity(&self, x: &[f64], y: &[f64], shape: Shape) -> Vec<f64> {
        let count = windows(shape);
        let mut sums = vec![0.0; count];
        if count == 0 {
            return sums;
        }
        let [mut means, mut squares, mut cross] = [(); 3].map(|()| Vec::with_capacity(count));
        let planes = x.chunks_exact(shape.plane()).zip(y.chunks_exact(shape.plane()));
        let known = self.means.chunks_exact(count).zip(self.squares.chunks_exact(count));
        for ((x, y), (my, yy)) in planes.zip(known) {
            for means in [&mut means, &mut squares, &mut cross] {
                means.clear();
            }
            blur(x, shape, &mut means);
            blur(&product(x, x), shape, &mut squares);
            blur(&product(x, y), shape, &mut cross);
            let seen = means.iter().zip(&squares).zip(&cross);
            for ((sum, ((mx, xx), xy)), (my, yy)) in
                sums.iter_mut().zip(seen).zip(my.iter().zip(yy))
            {
                let (product, square) = (2.0 * mx * my, mx * mx + my * my);
                let luminance = (product + C1) / (square + C1);
                let structure = (2.0 * xy - product + C2) / (xx + yy - square + C2);
                *sum += luminance * structure;
            }
        }
        sums
    }
}

/// Windows of an image.
fn windows(shape: Shape) -> usize {
    (shape.height + 1).saturating_sub(SIDE) * (shape.width + 1).saturating_sub(SIDE)
}

fn product(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a * b).collect()
}

/// Appends the weighted means of a plane's windows; columns and rows one after the other.
fn blur(plane: &[f64], shape: Shape, means: &mut Vec<f64>) {
    let Shape { height, width, .. } = shape;
    let weights = weights();
    let mut columns = vec![0.0; width];
    let mut at = means.len();
    means.resize(at + windows(shape), 0.0);
    for row in 0..=height - SIDE {
        weigh(&weights, &mut columns, |k| &plane[(row + k) * width..][..width]);
        let count = width - SIDE + 1;
        weigh(&weights, &mut means[at..at + count], |k| &columns[k..][..count]);
        at += count;
    }
}

/// The first half of the window's weights and the middle one; the others mirror them.
fn weights() -> [f64; HALF + 1] {
    let weights: [f64; HALF + 1] =
        std::array::from_fn(|i| (-((HALF - i) as f64).powi(2) / (2.0 * SIGMA * SIGMA)).exp());
    let total = 2.0 * weights.iter().sum::<f64>() - weights[HALF];
    weights.map(|weight| weight / total)
}

/// Weighted sum of eleven parts. One pair of parts at a time, so that loops are plain enough for
/// the compiler to use the processor's vectors.
fn weigh<'a>(weights: &[f64; HALF + 1], to: &mut [f64], part: impl Fn(usize) -> &'a [f64]) {
    for (to, middle) in to.iter_mut().zip(part(HALF)) {
        *to = weights[HALF] * middle;
    }
    for (k, weight) in weights[..HALF].iter().enumerate() {
        for ((to, a), b) in to.iter_mut().zip(part(k)).zip(part(SIDE - 1 - k)) {
            *to += weight * (a + b);
        }
    }
}

/// Calls `visit` with the position of every window all of whose pixels count.
pub(super) fn whole_windows(counts: &[bool], shape: Shape, mut visit: impl FnMut(usize)) {
    let across = (shape.width + 1).saturating_sub(SIDE);
    // How many pixels in a row count, ending here: upwards, then to the left among full columns.
    let mut heights = vec![0; shape.width];
    for (row, counts) in counts.chunks_exact(shape.width).enumerate() {
        let mut run = 0;
        for (column, (height, counts)) in heights.iter_mut().zip(counts).enumerate() {
            *height = if *counts { *height + 1 } else { 0 };
            run = if *height >= SIDE { run + 1 } else { 0 };
            if run >= SIDE {
                visit((row + 1 - SIDE) * across + column + 1 - SIDE);
            }
        }
    }
}

/// Per-image similarities.
#[derive(Debug, Default)]
pub(super) struct Ssim(Mean);

impl Metric for Ssim {
    fn add(&mut self, totals: &Totals) {
        if let Some(similarity) = totals.mean_similarity() {
            self.0.add(similarity, 1.0);
        }
    }

    fn finish(&self, _: &[String], scores: &mut Vec<Score>) {
        let text = "mean over images of the mean SSIM over bands and whole 11 x 11 windows \
                    (Gaussian 1.5, peak 1, K 0.01 0.03) without an invalid pixel; images without \
                    such a window are left out";
        scores.push(Score::new("ssim", "all", self.0.value(), "1", text));
    }
}
