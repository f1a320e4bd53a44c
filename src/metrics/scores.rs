//! All metrics of one method on one set.

use tch::Tensor;

use super::bias::Bias;
use super::edge::Edge;
use super::mae::Mae;
use super::maps::Maps;
use super::metric::Metric;
use super::mse::Mse;
use super::ndvi::{Ndvi, Sides};
use super::psnr::Psnr;
use super::sam::Sam;
use super::ssim::Ssim;
use super::target::Target;
use super::totals::Totals;
use crate::error::Result;

/// One number.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Score {
    /// Metric, as `psnr`.
    pub metric: String,
    /// Band, as `B02`, or `all`.
    pub band: String,
    /// Value; NaN where nothing was valid.
    pub value: f64,
    /// Unit, as `dB`. `DN` is reflectance x 10000.
    pub unit: String,
    /// One sentence: how it is computed.
    pub definition: String,
}

/// Running totals.
pub struct Scores {
    bands: Vec<String>,
    metrics: Vec<Box<dyn Metric>>,
    pixels: f64,
}

impl std::fmt::Debug for Scores {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scores").field("bands", &self.bands).field("pixels", &self.pixels).finish()
    }
}

impl Scores {
    /// For these bands.
    pub fn new(bands: &[&str]) -> Self {
        let mut metrics: Vec<Box<dyn Metric>> = vec![
            Box::new(Psnr::default()),
            Box::new(Mse::default()),
            Box::new(Ssim::default()),
            Box::new(Sam::default()),
            Box::new(Mae::default()),
            Box::new(Bias::default()),
            Box::new(Edge::default()),
        ];
        if Sides::of(bands).is_some() {
            metrics.push(Box::new(Ndvi::default()));
        }
        Self { bands: bands.iter().map(|b| (*b).to_owned()).collect(), metrics, pixels: 0.0 }
    }

    /// Adds a batch: `output` and `target` are reflectance `[b, c, h, w]` float32, `valid` is bool
    /// `[b, 1, h, w]`. Refuses other shapes and values that are not numbers at valid pixels.
    pub fn update(&mut self, output: &Tensor, target: &Tensor, valid: &Tensor) -> Result<()> {
        tch::no_grad(|| {
            let bands: Vec<&str> = self.bands.iter().map(String::as_str).collect();
            let target = Target::of(&bands, target, valid)?;
            self.add(&Maps::of(&target, output, valid)?.totals(valid)?);
            Ok(())
        })
    }

    /// Adds images whose totals are known: one comparison serves many masks that way.
    pub fn add(&mut self, images: &[Totals]) {
        for totals in images.iter().filter(|totals| totals.pixels > 0.0) {
            self.pixels += totals.pixels;
            self.metrics.iter_mut().for_each(|metric| metric.add(totals));
        }
    }

    /// The numbers: psnr, psnr_median, mse, rmse (all and per band), ssim, sam, sam_deg, mae (all
    /// and per band), bias per band, edge_mae, ndvi_mae where B04 and B08 are there, pixels. None if no pixel
    /// was valid.
    pub fn finish(&self) -> Vec<Score> {
        let mut scores = Vec::new();
        if self.pixels > 0.0 {
            self.metrics.iter().for_each(|metric| metric.finish(&self.bands, &mut scores));
        }
        let text = "valid pixels that were compared";
        scores.push(Score::new("pixels", "all", self.pixels, "px", text));
        scores
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use tch::{Device, Kind};

    use super::*;

    const BANDS: [&str; 4] = ["B02", "B03", "B04", "B08"];

    fn of(scores: &Scores) -> BTreeMap<String, f64> {
        scores.finish().into_iter().map(|s| (format!("{} {}", s.metric, s.band), s.value)).collect()
    }

    fn pair(images: i64) -> (Tensor, Tensor, Tensor) {
        let target = Tensor::rand([images, 4, 24, 20], (Kind::Float, Device::Cpu)) * 0.5 + 0.05;
        let output = &target + target.rand_like() * 0.1 - 0.03;
        let valid = Tensor::ones([images, 1, 24, 20], (Kind::Bool, Device::Cpu));
        (output, target, valid)
    }

    #[test]
    fn a_masked_pixel_changes_no_number_whatever_it_holds() {
        let (output, target, valid) = pair(2);
        let _ = valid.narrow(2, 15, 2).fill_(0);
        let mut clean = Scores::new(&BANDS);
        clean.update(&output, &target, &valid).unwrap();
        let (wild, lost) = (output.copy(), target.copy());
        let _ = wild.narrow(2, 15, 2).fill_(f64::NAN);
        let _ = lost.narrow(2, 15, 2).fill_(-1.0);
        let mut masked = Scores::new(&BANDS);
        masked.update(&wild, &lost, &valid).unwrap();
        let (clean, masked) = (of(&clean), of(&masked));
        assert_eq!(clean, masked);
        assert!(clean.values().all(|v| v.is_finite()), "{clean:?}");
        // A NaN that counts is refused.
        let all = valid.ones_like();
        assert!(Scores::new(&BANDS).update(&wild, &target, &all).is_err());
    }

    #[test]
    fn the_size_of_batches_does_not_matter() {
        let (output, target, valid) = pair(5);
        let mut one = Scores::new(&BANDS);
        one.update(&output, &target, &valid).unwrap();
        let mut many = Scores::new(&BANDS);
        for (at, n) in [(0, 2), (2, 1), (3, 2)] {
            let part = |t: &Tensor| t.narrow(0, at, n);
            many.update(&part(&output), &part(&target), &part(&valid)).unwrap();
        }
        let many = of(&many);
        for (name, value) in of(&one) {
            assert!((value - many[&name]).abs() <= 1e-9 * value.abs(), "{name}");
        }
    }

    #[test]
    fn one_comparison_serves_many_masks() {
        let (output, target, valid) = pair(3);
        let _ = valid.narrow(3, 18, 2).fill_(0);
        let _ = output.narrow(3, 18, 2).fill_(f64::NAN);
        let truth = Target::of(&BANDS, &target, &valid.ones_like()).unwrap();
        let maps = Maps::of(&truth, &output, &valid).unwrap();
        let left = valid.ones_like();
        let _ = left.narrow(3, 13, 7).fill_(0);
        // Of one image nothing counts, of another no whole window.
        let _ = left.narrow(0, 1, 1).fill_(0);
        let _ = left.narrow(0, 2, 1).narrow(3, 5, 1).fill_(0);
        for mask in [&left, &left.logical_not()] {
            let mut shared = Scores::new(&BANDS);
            shared.add(&maps.totals(mask).unwrap());
            let mut alone = Scores::new(&BANDS);
            alone.update(&output, &target, &mask.logical_and(&valid)).unwrap();
            assert_eq!(of(&shared), of(&alone));
            assert!(of(&shared).values().all(|v| v.is_finite()));
        }
    }

    #[test]
    fn windows_are_those_of_a_convolution() {
        let (output, target, valid) = pair(1);
        let _ = valid.narrow(2, 11, 1).narrow(3, 17, 3).fill_(0);
        let [x, y] = [&output, &target].map(|t| t.to_kind(Kind::Double).view([4, 1, 24, 20]));
        let line = (Tensor::arange(11, (Kind::Double, Device::Cpu)) - 5.0).square() / -4.5;
        let line = line.exp() / line.exp().sum(Kind::Double);
        let kernel = line.outer(&line).view([1, 1, 11, 11]);
        let blur = |t: &Tensor| t.conv2d(&kernel, None::<Tensor>, [1, 1], [0, 0], [1, 1], 1);
        let (mx, my) = (blur(&x), blur(&y));
        let spread = blur(&(&x * &x)) - &mx * &mx + blur(&(&y * &y)) - &my * &my;
        let cross = blur(&(&x * &y)) - &mx * &my;
        let map = (&mx * &my * 2.0 + 1e-4) / (&mx * &mx + &my * &my + 1e-4) * (cross * 2.0 + 9e-4)
            / (spread + 9e-4);
        // The hole spoils the windows over columns 7 to 9 that reach row 11.
        let whole = map.ones_like();
        let _ = whole.narrow(2, 1, 11).narrow(3, 7, 3).fill_(0);
        let want = (map * &whole).sum(Kind::Double) / whole.sum(Kind::Double);
        let mut scores = Scores::new(&BANDS);
        scores.update(&output, &target, &valid).unwrap();
        let (got, want) = (of(&scores)["ssim all"], want.double_value(&[]));
        assert!((got - want).abs() < 1e-9, "{got}, not {want}");
    }

    #[test]
    fn a_known_offset_gives_known_numbers() {
        let (_, target, valid) = pair(1);
        let target = target.to_kind(Kind::Double);
        let mut scores = Scores::new(&BANDS);
        scores.update(&(&target + 0.01), &target, &valid).unwrap();
        let got = of(&scores);
        for (name, want) in [
            ("mae all", 100.0),
            ("mae B08", 100.0),
            ("bias B02", 100.0),
            ("rmse B03", 100.0),
            ("mse all", 1e4),
            ("psnr all", 40.0),
            ("psnr_median all", 40.0),
            ("pixels all", 480.0),
        ] {
            assert!((got[name] - want).abs() < 1e-6, "{name} {}", got[name]);
        }
        assert!(got["ndvi_mae all"] > 0.0 && got["sam_deg all"] > 0.0);
    }

    #[test]
    fn right_angles_and_equal_spectra_have_exact_angles() {
        let spectrum = |v: [f64; 4]| Tensor::from_slice(&v).view([1, 4, 1, 1]);
        let valid = Tensor::ones([1, 1, 1, 1], (Kind::Bool, Device::Cpu));
        for (a, b, degrees) in [
            ([0.3, 0.0, 0.0, 0.0], [0.0, 0.2, 0.0, 0.0], 90.0),
            ([0.3, 0.1, 0.2, 0.4], [0.3, 0.1, 0.2, 0.4], 0.0),
            ([1.0, 0.0, 0.0, 0.0], [1.0, 1.0, 0.0, 0.0], 45.0),
            ([0.0; 4], [0.3, 0.1, 0.2, 0.4], 90.0),
        ] {
            let mut scores = Scores::new(&BANDS);
            scores.update(&spectrum(a), &spectrum(b), &valid).unwrap();
            assert!((of(&scores)["sam_deg all"] - degrees).abs() < 1e-9, "{a:?} {b:?}");
        }
    }

    #[test]
    fn shapes_that_differ_are_refused() {
        let (output, target, valid) = pair(1);
        let mut scores = Scores::new(&BANDS);
        assert!(scores.update(&output.narrow(1, 0, 3), &target.narrow(1, 0, 3), &valid).is_err());
        assert!(scores.update(&output, &target.narrow(2, 0, 8), &valid).is_err());
        assert!(scores.update(&output, &target, &valid.to_kind(Kind::Float)).is_err());
        assert_eq!(scores.finish().len(), 1);
    }
}
