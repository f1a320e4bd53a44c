//! One image's sums over one mask.

use super::edge::gradients;
use super::maps::Map;
use super::pixels::Shape;
use super::ssim::whole_windows;
use super::target::Truth;

/// Lanes that a processor adds side by side.
const LANES: usize = 4;

/// Sums over the pixels of one image that count.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Totals {
    /// Pixels.
    pub(super) pixels: f64,
    /// Errors, band by band.
    pub(super) bands: Vec<Errors>,
    /// Cosines between spectra.
    pub(super) cosines: f64,
    /// Angles between spectra, rad.
    pub(super) angles: f64,
    /// Absolute errors of the vegetation index.
    pub(super) index: f64,
    /// Pixels that have one.
    pub(super) index_pixels: f64,
    /// Similarity over windows and bands.
    pub(super) similarity: f64,
    /// Windows without a pixel that does not count.
    pub(super) windows: f64,
    /// Absolute errors of gradients over bands.
    pub(super) edges: f64,
    /// Gradients between two pixels that count.
    pub(super) gradients: f64,
}

/// Sums of one band's errors, reflectance.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Errors {
    pub signed: f64,
    pub absolute: f64,
    pub squared: f64,
}

impl Totals {
    /// Values, one a pixel and band.
    pub fn values(&self) -> f64 {
        self.pixels * self.bands.len() as f64
    }

    /// Sum of squared errors over pixels and bands.
    pub fn squared(&self) -> f64 {
        self.bands.iter().map(|band| band.squared).sum()
    }

    /// Sum of absolute errors over pixels and bands.
    pub fn absolute(&self) -> f64 {
        self.bands.iter().map(|band| band.absolute).sum()
    }

    /// Pixels that count.
    pub fn pixels(&self) -> f64 {
        self.pixels
    }

    /// Sum over pixels of the angle between spectra, degrees.
    pub fn degrees(&self) -> f64 {
        self.angles.to_degrees()
    }

    /// Mean similarity over whole windows and bands; none without such a window.
    pub fn mean_similarity(&self) -> Option<f64> {
        let bands = self.bands.len() as f64;
        (self.windows > 0.0).then(|| self.similarity / (self.windows * bands))
    }

    pub(super) fn of(map: &Map, truth: &Truth, mask: &[bool], shape: Shape) -> Self {
        let counts: Vec<bool> = mask.iter().zip(&map.valid).map(|(a, b)| a & b).collect();
        let number = |counts: &[bool]| counts.iter().filter(|c| **c).count() as f64;
        let mut totals = Self { pixels: number(&counts), ..Self::default() };
        totals.bands = vec![Errors::default(); shape.bands];
        if totals.pixels == 0.0 {
            return totals;
        }
        for (band, errors) in totals.bands.iter_mut().zip(map.errors.chunks_exact(shape.plane())) {
            *band = Errors::of(errors, &counts);
        }
        totals.cosines = Errors::of(&map.angles.cosines, &counts).signed;
        totals.angles = Errors::of(&map.angles.angles, &counts).signed;
        (totals.edges, totals.gradients) = gradients(&map.errors, &counts, shape);
        whole_windows(&counts, shape, |window| {
            totals.similarity += map.similarity[window];
            totals.windows += 1.0;
        });
        if let Some((errors, index)) = map.index.as_ref().zip(truth.index.as_ref()) {
            let bright: Vec<bool> = counts.iter().zip(&index.bright).map(|(a, b)| a & b).collect();
            totals.index = Errors::of(errors, &bright).signed;
            totals.index_pixels = number(&bright);
        }
        totals
    }
}

impl Errors {
    /// Sums of the values that count.
    fn of(values: &[f64], counts: &[bool]) -> Self {
        let mut lanes = [Self::default(); LANES];
        for (values, counts) in values.chunks(LANES).zip(counts.chunks(LANES)) {
            for ((lane, value), counts) in lanes.iter_mut().zip(values).zip(counts) {
                let value = if *counts { *value } else { 0.0 };
                lane.signed += value;
                lane.absolute += value.abs();
                lane.squared += value * value;
            }
        }
        lanes.iter().fold(Self::default(), |sum, lane| Self {
            signed: sum.signed + lane.signed,
            absolute: sum.absolute + lane.absolute,
            squared: sum.squared + lane.squared,
        })
    }
}
