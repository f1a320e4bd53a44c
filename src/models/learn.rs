//! How fast the small cards learn.

use std::collections::BTreeMap;

use tch::nn::OptimizerConfig;
use tch::{Device, Kind, Tensor, nn};

use super::{Card, Head, Model};
use crate::tensors::limit_threads;

const OPTIONS: (Kind, Device) = (Kind::Float, Device::Cpu);

/// A smooth scene and three views of it, each under bright clouds over about a third of it.
fn scene(batch: i64) -> (BTreeMap<String, Tensor>, Tensor) {
    let smooth = |channels: i64, cells: i64| {
        Tensor::rand([batch, channels, cells, cells], OPTIONS).upsample_bilinear2d(
            [64, 64],
            true,
            None::<f64>,
            None::<f64>,
        )
    };
    let truth = smooth(4, 16) * 0.3 + 0.05;
    let mut inputs = BTreeMap::new();
    for date in ["tm1", "t", "tp1"] {
        let cloud = smooth(1, 5).gt(0.6).to_kind(Kind::Float) * 0.8;
        let view = &truth * (1.0 - &cloud) + &cloud * 0.7 + truth.randn_like() * 0.01;
        inputs.insert(format!("s2_{date}"), view);
        inputs.insert(format!("s1_{date}"), truth.narrow(1, 0, 2) + 0.2);
    }
    inputs.insert("dem".to_owned(), Tensor::zeros([batch, 1, 32, 32], OPTIONS));
    (inputs, truth)
}

fn train(name: &str, head: Head, steps: usize) -> f64 {
    let mut card = Card::open(name).unwrap();
    (card.head, card.width) = (head, 8);
    let model = Model::new(card, 1, Device::Cpu).unwrap();
    let mut adam = nn::Adam::default().build(&model.vars, 2e-3).unwrap();
    tch::manual_seed(3);
    let mut last = Vec::new();
    for step in 0..steps {
        let (inputs, truth) = scene(4);
        let loss = (model.forward(&inputs).unwrap().fine - truth).abs().mean(Kind::Float);
        adam.backward_step(&loss);
        if step + 10 >= steps {
            last.push(loss.double_value(&[]));
        }
    }
    last.iter().sum::<f64>() / last.len() as f64
}

#[test]
fn a_blended_head_learns_in_a_few_steps_what_a_plain_one_does_not() {
    limit_threads(1);
    let error = |head| train("msop-unet-small", head, 40);
    let (plain, blended) = (error(Head::Plain), error(Head::Blend));
    assert!(blended < 0.6 * plain, "{blended} {plain}");
}
