//! The study's own numbers on its own images.

use serde_json::Value;
use tch::{Device, Kind, Tensor};

use super::Scores;
use crate::store::reference;
use crate::tensors::read_tensors;

fn score(scores: &Scores, metric: &str) -> f64 {
    scores.finish().into_iter().find(|s| s.metric == metric && s.band == "all").unwrap().value
}

/// The original works in float32, whose arccos of a cosine near 1 keeps few digits: angles are the
/// same when their cosines are, to two of float32's steps.
fn close(got: f64, want: f64, what: &str) {
    let angle = what.ends_with("SAM") && (got.cos() - want.cos()).abs() <= 2.4e-7;
    let near = got == want || angle || (got - want).abs() <= 1e-4 * want.abs();
    assert!(near, "{what}: {got}, not {want}");
}

#[test]
fn running_scores_equal_the_originals_after_every_batch() {
    let Some(folder) = reference("metrics parity", "decloud/metrics") else { return };
    let images = read_tensors(&folder.join("metrics.safetensors"));
    let text = std::fs::read_to_string(folder.join("metrics.json")).unwrap();
    let cases: Value = serde_json::from_str(&text).unwrap();
    let mut seen = 0;
    for (name, case) in cases["cases"].as_object().unwrap() {
        let nchw = |part: &str| images[&format!("{name}.{part}")].permute([0, 3, 1, 2]);
        let (output, target) = (nchw("pred"), nchw("true"));
        let (_, _, h, w) = output.size4().unwrap();
        let mut scores = Scores::new(&["B02", "B03", "B04", "B08"]);
        let mut at = 0;
        let batches = case["batches"].as_array().unwrap();
        for (batch, running) in batches.iter().zip(case["running"].as_array().unwrap()) {
            let n = batch.as_i64().unwrap();
            let valid = Tensor::ones([n, 1, h, w], (Kind::Bool, Device::Cpu));
            scores.update(&output.narrow(0, at, n), &target.narrow(0, at, n), &valid).unwrap();
            at += n;
            for metric in ["MSE", "PSNR", "SSIM", "SAM"] {
                let want: f64 = running[metric].as_str().unwrap().parse().unwrap();
                let got = score(&scores, &metric.to_lowercase());
                close(got, want, &format!("{name} after {at}: {metric}"));
                seen += 1;
            }
        }
    }
    assert_eq!(seen, 24);
}
