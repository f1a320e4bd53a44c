//! Spectral angle between output and target.

use tch::Tensor;

use super::Score;
use super::metric::{Mean, Metric};
use super::pixels::Pixels;
use crate::error::Result;

/// Cosines and angles over pixels.
#[derive(Debug, Default)]
pub(super) struct Sam {
    cosines: Mean,
    degrees: Mean,
}

/// Spectra over their length; one shorter than 1e-6 counts as having that length (so zero gives
/// cosine 0).
fn unit(image: &Tensor) -> Result<Tensor> {
    let squared = image.f_square()?.f_sum_dim_intlist(&[1i64][..], true, None)?;
    Ok(image.f_mul(&squared.f_clamp_min(1e-12)?.f_rsqrt()?)?)
}

impl Metric for Sam {
    fn update(&mut self, pixels: &Pixels) -> Result<()> {
        let (a, b) = (unit(&pixels.output)?, unit(&pixels.target)?);
        let cosines = a.f_mul(&b)?.f_sum_dim_intlist(&[1i64][..], true, None)?;
        self.cosines.add(Pixels::sum(&cosines)?, pixels.count());
        // The angle from its chord: arccos loses half of the digits near zero.
        let chord =
            a.f_sub(&b)?.f_square()?.f_sum_dim_intlist(&[1i64][..], true, None)?.f_sqrt()?;
        let near = chord.f_mul_scalar(0.5)?.f_clamp(0.0, 1.0)?.f_arcsin()?.f_mul_scalar(2.0)?;
        let far = cosines.f_clamp(-1.0, 1.0)?.f_arccos()?;
        // A zero spectrum has no direction: its chord is 1 or 0, its angle a right one by
        // definition.
        let angles = near.f_where_self(&cosines.f_gt(0.5)?, &far)?.f_mul(&pixels.valid)?;
        self.degrees.add(Pixels::sum(&angles)?.to_degrees(), pixels.count());
        Ok(())
    }

    fn finish(&self, _: &[String], scores: &mut Vec<Score>) {
        let text = "arccos of the mean over valid pixels of the cosine between spectra \
                    (the study's definition; larger than a mean angle)";
        // Rounding may pass 1 where both images are the same.
        let angle = self.cosines.value().clamp(-1.0, 1.0).acos();
        scores.push(Score::new("sam", "all", angle, "rad", text));
        let text = "mean over valid pixels of the angle between spectra";
        scores.push(Score::new("sam_deg", "all", self.degrees.value(), "degree", text));
    }
}
