//! Structural similarity, as TensorFlow computes it.

use tch::{Kind, Tensor};

use super::Score;
use super::metric::{Mean, Metric};
use super::pixels::{Pixels, numbers};
use crate::error::Result;

/// Side of the window.
const SIDE: i64 = 11;
/// Deviation of its Gaussian weights, px.
const SIGMA: f64 = 1.5;
/// (0.01 x peak)^2 and (0.03 x peak)^2 with peak 1.
const C1: f64 = 1e-4;
const C2: f64 = 9e-4;

/// Per-image similarities.
#[derive(Debug, Default)]
pub(super) struct Ssim(Mean);

/// Weighted sums over every whole window, `[b, c, h - 10, w - 10]`; rows and columns one after the
/// other.
fn windows(map: &Tensor) -> Result<Tensor> {
    let half = (SIDE / 2) as f64;
    let raw: Vec<f64> =
        (0..SIDE).map(|i| (-(i as f64 - half).powi(2) / (2.0 * SIGMA * SIGMA)).exp()).collect();
    let total: f64 = raw.iter().sum();
    let weights: Vec<f64> = raw.iter().map(|w| w / total).collect();
    let (b, c, h, w) = map.size4()?;
    let kernel = Tensor::f_from_slice(&weights)?.f_to_device(map.device())?;
    let planes = map.f_reshape([b * c, 1, h, w])?;
    let none: Option<Tensor> = None;
    let rows =
        planes.f_conv2d(&kernel.f_view([1, 1, SIDE, 1])?, none, [1, 1], [0, 0], [1, 1], 1)?;
    let none: Option<Tensor> = None;
    let both = rows.f_conv2d(&kernel.f_view([1, 1, 1, SIDE])?, none, [1, 1], [0, 0], [1, 1], 1)?;
    Ok(both.f_reshape([b, c, h - SIDE + 1, w - SIDE + 1])?)
}

/// Similarity of every window, `[b, c, h - 10, w - 10]`.
fn similarity(x: &Tensor, y: &Tensor) -> Result<Tensor> {
    let (mx, my) = (windows(x)?, windows(y)?);
    let product = mx.f_mul(&my)?.f_mul_scalar(2.0)?;
    let squares = mx.f_square()?.f_add(&my.f_square()?)?;
    let luminance = product.f_add_scalar(C1)?.f_div(&squares.f_add_scalar(C1)?)?;
    let cross = windows(&x.f_mul(y)?)?.f_mul_scalar(2.0)?.f_sub(&product)?;
    let spread = windows(&x.f_square()?.f_add(&y.f_square()?)?)?.f_sub(&squares)?;
    let structure = cross.f_add_scalar(C2)?.f_div(&spread.f_add_scalar(C2)?)?;
    Ok(luminance.f_mul(&structure)?)
}

impl Metric for Ssim {
    fn update(&mut self, pixels: &Pixels) -> Result<()> {
        let (_, bands, h, w) = pixels.output.size4()?;
        if h < SIDE || w < SIDE {
            return Ok(());
        }
        // A window counts when all of its pixels do: the smallest of them, as the largest of their
        // negative.
        let side = [SIDE, SIDE];
        let least = pixels.valid.f_neg()?.f_max_pool2d(side, [1, 1], [0, 0], [1, 1], false)?;
        let whole = least.f_neg()?.f_to_kind(Kind::Double)?;
        let map = similarity(&pixels.output, &pixels.target)?.f_mul(&whole)?;
        let sums = numbers(&map.f_sum_dim_intlist(&[1i64, 2, 3][..], false, None)?)?;
        let counts = numbers(&whole.f_sum_dim_intlist(&[1i64, 2, 3][..], false, None)?)?;
        for (sum, count) in sums.into_iter().zip(counts) {
            if count > 0.0 {
                self.0.add(sum / (count * bands as f64), 1.0);
            }
        }
        Ok(())
    }

    fn finish(&self, _: &[String], scores: &mut Vec<Score>) {
        let text = "mean over images of the mean SSIM over bands and whole 11 x 11 windows \
                    (Gaussian 1.5, peak 1, K 0.01 0.03) without an invalid pixel; images without \
                    such a window are left out";
        scores.push(Score::new("ssim", "all", self.0.value(), "1", text));
    }
}
