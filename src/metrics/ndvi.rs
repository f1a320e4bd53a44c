//! Error of the vegetation index.

use tch::{Kind, Tensor};

use super::Score;
use super::metric::{Mean, Metric};
use super::pixels::Pixels;
use crate::error::Result;

/// Sum of red and near infrared below which the index is noise (water, deep shadow).
const DARK: f64 = 0.02;

/// Absolute errors of the index.
#[derive(Debug)]
pub(super) struct Ndvi {
    red: i64,
    infrared: i64,
    errors: Mean,
}

impl Ndvi {
    /// `None` where the bands lack B04 or B08.
    pub fn new(bands: &[&str]) -> Option<Self> {
        let find = |name| bands.iter().position(|b| *b == name).map(|i| i as i64);
        Some(Self { red: find("B04")?, infrared: find("B08")?, errors: Mean::default() })
    }

    /// The index and where it can be computed.
    fn index(&self, image: &Tensor) -> Result<(Tensor, Tensor)> {
        let red = image.f_narrow(1, self.red, 1)?;
        let infrared = image.f_narrow(1, self.infrared, 1)?;
        let sum = infrared.f_add(&red)?;
        let index = infrared.f_sub(&red)?.f_div(&sum.f_clamp_min(DARK)?)?;
        Ok((index.f_clamp(-1.0, 1.0)?, sum.f_ge(DARK)?))
    }
}

impl Metric for Ndvi {
    fn update(&mut self, pixels: &Pixels) -> Result<()> {
        let (seen, _) = self.index(&pixels.output)?;
        // Only the target decides which pixels count, so that a method cannot choose its own.
        let (truth, bright) = self.index(&pixels.target)?;
        let counts = pixels.valid.f_mul(&bright.f_to_kind(Kind::Double)?)?;
        let errors = seen.f_sub(&truth)?.f_abs()?.f_mul(&counts)?;
        self.errors.add(Pixels::sum(&errors)?, Pixels::sum(&counts)?);
        Ok(())
    }

    fn finish(&self, _: &[String], scores: &mut Vec<Score>) {
        let text = "mean absolute error of (B08 - B04) / (B08 + B04), clipped to -1..1, over \
                    valid pixels whose target has B08 + B04 of at least 0.02";
        scores.push(Score::new("ndvi_mae", "all", self.errors.value(), "1", text));
    }
}
