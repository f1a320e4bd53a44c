//! Spectral angle between output and target.

use super::Score;
use super::metric::{Mean, Metric};
use super::pixels::Shape;
use super::target::Truth;
use super::totals::Totals;

/// One over the length of each spectrum; one shorter than 1e-6 counts as having that length (so
/// zero gives cosine 0).
pub(super) fn scales(values: &[f64], shape: Shape) -> Vec<f64> {
    let mut squares = vec![0.0; shape.plane()];
    for band in values.chunks_exact(shape.plane()) {
        squares.iter_mut().zip(band).for_each(|(square, value)| *square += value * value);
    }
    squares.iter_mut().for_each(|square| *square = 1.0 / square.max(1e-12).sqrt());
    squares
}

/// How spectra differ at every pixel.
#[derive(Debug)]
pub(super) struct Angles {
    /// Cosine between spectra.
    pub cosines: Vec<f64>,
    /// Angle, rad; zero at a pixel that does not count.
    pub angles: Vec<f64>,
}

impl Angles {
    /// Between an image of `bands` planes and the true one.
    pub fn of(output: &[f64], truth: &Truth, valid: &[bool], shape: Shape) -> Self {
        let plane = shape.plane();
        let (mut cosines, mut chords) = (vec![0.0; plane], vec![0.0; plane]);
        let seen = scales(output, shape);
        for (a, b) in output.chunks_exact(plane).zip(truth.values.chunks_exact(plane)) {
            let units = a.iter().zip(&seen).zip(b.iter().zip(&truth.scales));
            for ((cosine, chord), ((a, sa), (b, sb))) in
                cosines.iter_mut().zip(&mut chords).zip(units)
            {
                let (a, b) = (a * sa, b * sb);
                *cosine += a * b;
                *chord += (a - b) * (a - b);
            }
        }
        for ((chord, cosine), valid) in chords.iter_mut().zip(&cosines).zip(valid) {
            *chord = if *valid { angle(*cosine, chord.sqrt()) } else { 0.0 };
        }
        Self { cosines, angles: chords }
    }
}

/// The angle from its chord: arccos loses half of the digits near zero. A zero spectrum has no
/// direction: its chord is 1 or 0, its angle a right one by definition.
fn angle(cosine: f64, chord: f64) -> f64 {
    match cosine > 0.5 {
        true => 2.0 * (0.5 * chord).min(1.0).asin(),
        false => cosine.clamp(-1.0, 1.0).acos(),
    }
}

/// Cosines and angles over pixels.
#[derive(Debug, Default)]
pub(super) struct Sam {
    cosines: Mean,
    degrees: Mean,
}

impl Metric for Sam {
    fn add(&mut self, totals: &Totals) {
        self.cosines.add(totals.cosines, totals.pixels);
        self.degrees.add(totals.angles.to_degrees(), totals.pixels);
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
