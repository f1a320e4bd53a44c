//! Every network's size and support against the study's computed ones.

use std::collections::BTreeMap;

use tch::{Device, Kind, Tensor};

use super::cost::Cost;
use super::{Card, Estimate, Head, Model, design, inputs};
use crate::limits::SUPPORT_MAX;
use crate::tensors::{limit_threads, role_layer};

/// The study's name, parameters, and billions of multiply-adds for a patch of 256 x 256 where they
/// are known.
const ORIGINALS: &[(&str, i64, f64)] = &[
    ("meraner_unet", 16_652_164, 15.7),
    ("ssop-unet-nodem", 16_467_204, 0.0),
    ("crga_os2_unet", 29_272_452, 37.7),
    ("msop-unet-nodem", 29_013_764, 0.0),
    ("crga_os1_unet", 29_275_716, 37.3),
    ("crga_os1_unet_impostor", 29_275_716, 37.3),
    ("meraner_unet_all_bands", 17_353_354, 23.2),
    ("crga_os2_unet_all_bands", 30_496_138, 59.1),
    ("crga_os1_unet_all_bands", 29_614_666, 48.3),
    ("crga_os2_david", 1_491_844, 16.2),
    ("crga_os2_david_all_bands", 1_941_386, 24.9),
    ("monthly_synthesis_6_s2_images", 47_830_404, 62.2),
    ("monthly_synthesis_6_s2s1_images", 85_556_420, 118.8),
    ("monthly_synthesis_6_s2_images_david", 2_225_284, 25.9),
    ("monthly_synthesis_6_s2s1_images_david", 4_146_116, 56.3),
    ("meraner_original", 18_905_860, 1238.0),
];

#[test]
fn networks_have_the_parameters_and_the_cost_of_the_originals() {
    limit_threads(1);
    for (name, parameters, billions) in ORIGINALS {
        let cost = Cost::of(&Card::open(name).unwrap()).unwrap();
        assert_eq!(cost.parameters(), *parameters, "{name}");
        let got = cost.total() * 256.0 * 256.0 / 1e9;
        // The originals run the layer of elevation once a date.
        let near = (got - billions).abs() < 0.06 + 0.003 * billions;
        assert!(near || *billions == 0.0, "{name}: {got} {billions}");
    }
}

fn random(card: &Card, side: i64) -> BTreeMap<String, Tensor> {
    let tensor = |role: &String| {
        let side = side / role_layer(role).unwrap().factor() as i64;
        let shape = [1, inputs::channels(role).unwrap(), side, side];
        (role.clone(), Tensor::rand(shape, (Kind::Float, Device::Cpu)))
    };
    card.inputs.iter().map(tensor).collect()
}

/// Narrow networks with random weights: each with and without radar, 20 m bands and elevation, and blended
/// heads.
fn narrow() -> Vec<Model> {
    let variant = |(i, (network, inputs)): (usize, (&str, Vec<String>))| {
        let own = network == "os1-unet" && inputs.iter().any(|role| role == "s1_t");
        let target = if own { "s2_t" } else { "s2_target" };
        let text = format!(
            "name = '{network}-{i}'\nnetwork = '{network}'\ninputs = {inputs:?}\ntarget = '{target}'"
        );
        Card::parse(&text).unwrap()
    };
    let mut cards: Vec<Card> = design::variants().into_iter().enumerate().map(variant).collect();
    for name in ["david-20m", "monthly-david"] {
        let mut blended = Card::open(name).unwrap();
        blended.head = Head::Blend;
        cards.push(blended);
    }
    let model = |mut card: Card| {
        card.width = 2;
        Model::new(card, 1, Device::Cpu).unwrap()
    };
    cards.into_iter().map(model).collect()
}

/// The sum of squares of all bands.
fn energy(estimate: &Estimate) -> Tensor {
    let parts = [Some(&estimate.fine), estimate.coarse.as_ref()];
    parts.into_iter().flatten().map(|t| t.square().sum(Kind::Float)).sum()
}

#[test]
fn every_network_runs_on_its_roles_and_trains_every_weight() {
    limit_threads(1);
    for model in narrow() {
        let estimate = model.forward(&random(&model.card, 64)).unwrap();
        assert_eq!(estimate.fine.size(), [1, 4, 64, 64], "{}", model.card.name);
        let coarse = estimate.coarse.as_ref().map(Tensor::size);
        let wanted = model.card.coarse_target().map(|_| vec![1, 6, 32, 32]);
        assert_eq!(coarse, wanted, "{}", model.card.name);
        energy(&estimate).backward();
        for (name, variable) in model.vars.variables() {
            assert!(variable.grad().defined(), "{} {name}", model.card.name);
        }
        let page = Model::describe(&model.card).unwrap();
        assert!(page.contains(&format!("{} parameters", model.parameters())));
    }
}

/// How far a change of one pixel at (`at`, `at`) is felt, in 10 m pixels: in the 10 m and in the 20 m bands.
fn reach(model: &Model, side: i64, at: i64) -> (i64, Option<i64>) {
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
    let (one, other) = (run(&changed), run(&inputs));
    let far = |a: &Tensor, b: &Tensor, factor: i64| {
        let touched = (a - b).abs().amax([0, 1], false).gt(0.0).nonzero();
        factor * (touched - at / factor).abs().max().int64_value(&[])
    };
    let coarse = one.coarse.as_ref().zip(other.coarse.as_ref());
    (far(&one.fine, &other.fine, 1), coarse.map(|(one, other)| far(one, other, 2)))
}

#[test]
fn a_pixel_sees_no_farther_than_the_support() {
    limit_threads(1);
    for model in narrow() {
        let (name, support) = (&model.card.name, model.network.support() as i64);
        // With layers that halve, the reach depends on where a pixel lies between two of theirs: least at the first of these
        // places, most at the others.
        let all = [111, 126, 128].map(|at| reach(&model, 224, at));
        for (fine, coarse) in all {
            for far in std::iter::once(fine).chain(coarse) {
                // A pixel of 20 m is two wide, so it may reach one farther than one of 10 m does.
                assert!(far <= support + 1, "{name}: {far} > {support}");
                // What splits keep free around ground of another use.
                assert!(far <= SUPPORT_MAX as i64, "{name}: {far}");
                assert!(far > 2, "{name}: {far}");
            }
        }
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
