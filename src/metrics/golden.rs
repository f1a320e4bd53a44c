//! Our numbers are those of scikit-image and torchmetrics (`tests/peers/metrics.py` made them).

use serde_json::Value;
use tch::{Device, Kind, Tensor};

use super::Scores;

const SHAPE: [i64; 4] = [3, 4, 24, 20];

/// The images of the script, number by number.
fn draw(seed: u64) -> Tensor {
    let mut state = seed;
    let mut next = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f64 / f64::from(1 << 24)
    };
    let values: Vec<f64> = (0..SHAPE.iter().product::<i64>()).map(|_| next()).collect();
    Tensor::from_slice(&values).view(SHAPE)
}

#[test]
fn metrics_are_those_of_other_libraries() {
    let target = draw(1) * 0.5 + 0.05;
    let output = &target + (draw(2) - 0.4) * 0.2;
    let valid = Tensor::ones([3, 1, 24, 20], (Kind::Bool, Device::Cpu));
    let mut scores = Scores::new(&["B02", "B03", "B04", "B08"]);
    scores.update(&output, &target, &valid).unwrap();
    let ours = scores.finish();
    let golden: Value = serde_json::from_str(include_str!("golden.json")).unwrap();
    let mut seen = 0;
    for library in ["scikit-image", "torchmetrics"] {
        for (metric, want) in golden[library].as_object().unwrap() {
            let found = ours.iter().find(|s| s.metric == *metric && s.band == "all").unwrap();
            let want = want.as_f64().unwrap();
            // torchmetrics takes some steps in float32.
            let near = (found.value - want).abs() <= 2e-6 * want.abs();
            assert!(near, "{library} {metric}: {}, not {want}", found.value);
            seen += 1;
        }
    }
    assert_eq!(seen, 9);
}
