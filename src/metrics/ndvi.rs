//! Error of the vegetation index.

use super::Score;
use super::metric::{Mean, Metric};
use super::pixels::Shape;
use super::totals::Totals;

/// Sum of red and near infrared below which the index is noise (water, deep shadow).
const DARK: f64 = 0.02;

/// Positions of the two bands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sides {
    red: usize,
    infrared: usize,
}

impl Sides {
    /// `None` where the bands lack B04 or B08.
    pub fn of(bands: &[&str]) -> Option<Self> {
        let find = |name| bands.iter().position(|b| *b == name);
        Some(Self { red: find("B04")?, infrared: find("B08")? })
    }
}

/// The index of an image.
#[derive(Debug)]
pub(super) struct Index {
    /// -1 to 1.
    values: Vec<f64>,
    /// Where it can be computed.
    pub bright: Vec<bool>,
}

impl Index {
    /// Of an image of planes.
    pub fn of(image: &[f64], sides: Sides, shape: Shape) -> Self {
        let band = |at: usize| &image[at * shape.plane()..][..shape.plane()];
        let (mut values, mut bright) =
            (Vec::with_capacity(shape.plane()), Vec::with_capacity(shape.plane()));
        for (red, infrared) in band(sides.red).iter().zip(band(sides.infrared)) {
            let sum = infrared + red;
            values.push(((infrared - red) / sum.max(DARK)).clamp(-1.0, 1.0));
            bright.push(sum >= DARK);
        }
        Self { values, bright }
    }

    /// Absolute difference to another.
    pub fn errors(mut self, truth: &Self) -> Vec<f64> {
        self.values.iter_mut().zip(&truth.values).for_each(|(a, b)| *a = (*a - b).abs());
        self.values
    }
}

/// Absolute errors of the index.
#[derive(Debug, Default)]
pub(super) struct Ndvi(Mean);

impl Metric for Ndvi {
    // Only the target decides which pixels count, so that a method cannot choose its own.
    fn add(&mut self, totals: &Totals) {
        self.0.add(totals.index, totals.index_pixels);
    }

    fn finish(&self, _: &[String], scores: &mut Vec<Score>) {
        let text = "mean absolute error of (B08 - B04) / (B08 + B04), clipped to -1..1, over \
                    valid pixels whose target has B08 + B04 of at least 0.02";
        scores.push(Score::new("ndvi_mae", "all", self.0.value(), "1", text));
    }
}
