//! Every network's size and support against the study's computed ones.

use std::collections::BTreeMap;

use tch::{Device, Kind, Tensor};

use super::{Card, Head, Model, design, inputs};
use crate::tensors::{limit_threads, role_layer};

#[test]
fn networks_have_as_many_parameters_as_the_originals() {
    let count = |name: &str, without: &[&str]| {
        let mut card = Card::open(name).unwrap();
        card.inputs.retain(|role| !without.contains(&role.as_str()));
        design::of(&card).unwrap().parameters()
    };
    assert_eq!(count("ssop-unet", &[]), 16_652_164);
    assert_eq!(count("ssop-unet", &["dem"]), 16_467_204);
    assert_eq!(count("msop-unet", &[]), 29_272_452);
    assert_eq!(count("msop-unet", &["dem"]), 29_013_764);
    assert_eq!(count("os1-unet", &[]), 29_275_716);
    assert_eq!(count("david", &[]), 1_491_844);
    assert_eq!(count("ssop-resnet", &[]), 18_905_860);
    assert_eq!(count("monthly", &[]), 47_830_404);
    let mut radar = Card::open("monthly").unwrap();
    radar.inputs.extend((0..6).map(|i| format!("s1_t{i}")));
    radar.inputs.push("dem".to_owned());
    assert_eq!(design::of(&radar).unwrap().parameters(), 85_556_420);
}

fn random(card: &Card, side: i64) -> BTreeMap<String, Tensor> {
    let tensor = |role: &String| {
        let side = side / role_layer(role).unwrap().factor() as i64;
        let shape = [1, inputs::channels(role).unwrap(), side, side];
        (role.clone(), Tensor::rand(shape, (Kind::Float, Device::Cpu)))
    };
    card.inputs.iter().map(tensor).collect()
}

/// Narrow networks with random weights, among them the ablations and both heads.
fn narrow() -> Vec<Model> {
    let mut cards: Vec<Card> =
        Card::shipped().iter().map(|name| Card::open(name).unwrap()).collect();
    let mut bare = Card::open("msop-unet").unwrap();
    bare.inputs.retain(|role| role.starts_with("s2_"));
    cards.push(bare);
    let mut radar = Card::open("monthly").unwrap();
    radar.inputs.extend((0..6).map(|i| format!("s1_t{i}")));
    radar.inputs.push("dem".to_owned());
    cards.push(radar);
    let mut blended = Card::open("david").unwrap();
    blended.head = Head::Blend;
    cards.push(blended);
    let model = |mut card: Card| {
        card.width = 2;
        Model::new(card, 1, Device::Cpu).unwrap()
    };
    cards.into_iter().map(model).collect()
}

#[test]
fn every_network_runs_on_its_roles_and_trains_every_weight() {
    limit_threads(1);
    for model in narrow() {
        let output = model.forward(&random(&model.card, 64)).unwrap();
        assert_eq!(output.size(), [1, 4, 64, 64], "{}", model.card.name);
        output.square().sum(Kind::Float).backward();
        for (name, variable) in model.vars.variables() {
            assert!(variable.grad().defined(), "{} {name}", model.card.name);
        }
        assert!(model.describe().contains(&format!("{} parameters", model.parameters())));
    }
}

#[test]
fn a_pixel_sees_no_farther_than_the_support() {
    limit_threads(1);
    for model in narrow() {
        let (side, at) = (224, 111);
        let inputs = random(&model.card, side);
        let changed: BTreeMap<String, Tensor> = inputs
            .iter()
            .map(|(role, tensor)| {
                let copy = tensor.copy();
                let spot = at / role_layer(role).unwrap().factor() as i64;
                let _ = copy.narrow(2, spot, 1).narrow(3, spot, 1).fill_(50.0);
                (role.clone(), copy)
            })
            .collect();
        let run = |inputs| tch::no_grad(|| model.forward(inputs)).unwrap();
        let change = (run(&changed) - run(&inputs)).abs().amax([0, 1], false);
        let touched = change.gt(0.0).nonzero();
        let far = (touched - at).abs().max().int64_value(&[]);
        let support = model.network.support() as i64;
        // The DEM's pixel is two wide, so it may reach one farther than a 10 m pixel does.
        assert!(far <= support + 1, "{}: {far} > {support}", model.card.name);
        assert!(far > 2, "{}: {far}", model.card.name);
    }
}

#[test]
fn inputs_that_do_not_fit_are_refused_with_their_name() {
    let mut card = Card::open("ssop-unet").unwrap();
    card.width = 2;
    let model = Model::new(card, 1, Device::Cpu).unwrap();
    let good = || random(&model.card, 64);
    let broken = |edit: &dyn Fn(&mut BTreeMap<String, Tensor>)| {
        let mut inputs = good();
        edit(&mut inputs);
        model.forward(&inputs).unwrap_err().to_string()
    };
    let options = (Kind::Float, Device::Cpu);
    let put = |role: &'static str, tensor: Tensor| {
        move |i: &mut BTreeMap<String, Tensor>| {
            i.insert(role.to_owned(), tensor.shallow_clone());
        }
    };
    assert!(model.forward(&good()).is_ok());
    for (text, says) in [
        (broken(&|i| drop(i.remove("dem"))), "dem is missing"),
        (broken(&put("s2_t", Tensor::zeros([1, 2, 64, 64], options))), "s2_t"),
        (broken(&put("s2_t", Tensor::zeros([1, 4, 64, 32], options))), "s2_t"),
        (broken(&put("dem", Tensor::zeros([1, 1, 64, 64], options))), "dem"),
        (
            broken(&put("s1_t", Tensor::zeros([1, 2, 64, 64], (Kind::Int16, Device::Cpu)))),
            "float32",
        ),
    ] {
        assert!(text.contains(says), "{text}");
    }
    let odd = random(&model.card, 48);
    assert!(model.forward(&odd).unwrap_err().to_string().contains("multiples of 32"));
}
