//! The original's own outputs, losses, gradients and training steps.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;
use tch::{Device, Tensor};

use super::keras::{layout, our_name};
use super::turned::turn;
use super::{Card, Model};
use crate::store::reference;
use crate::tensors::{limit_threads, normalise, read_tensors, role_layer};

/// SplitMix64 at a place of its stream, as the reference defines its weights.
fn unit(seed: u64, i: u64) -> f32 {
    let mut z = seed.wrapping_add((i + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((z ^ (z >> 31)) >> 40) as f32 * 2f32.powi(-24)
}

/// A weight of the reference in Keras' layout.
fn weight(entry: &Value) -> Tensor {
    let seed = u64::from_str_radix(entry["seed"].as_str().unwrap(), 16).unwrap();
    let bits = u32::from_str_radix(entry["limit_bits"].as_str().unwrap(), 16).unwrap();
    let limit = f32::from_bits(bits);
    let shape: Vec<i64> =
        entry["shape"].as_array().unwrap().iter().map(|d| d.as_i64().unwrap()).collect();
    let count = shape.iter().product::<i64>() as u64;
    let values: Vec<f32> = (0..count)
        .map(|i| match shape.len() {
            1 => unit(seed, i) * limit,
            _ => (2.0 * unit(seed, i) - 1.0) * limit,
        })
        .collect();
    let first = entry["first"].as_array().unwrap();
    for (got, want) in values.iter().zip(first) {
        assert_eq!(f64::from(*got), want.as_f64().unwrap(), "the reference's generator");
    }
    Tensor::from_slice(&values).view(&shape[..])
}

fn nchw(tensor: &Tensor) -> Tensor {
    tensor.permute([0, 3, 1, 2]).contiguous()
}

/// A Keras tensor as a model's variables hold it: our name, libtorch's layout, a kernel by half a turn.
fn from_keras(name: &str, tensor: &Tensor) -> (String, Tensor) {
    (our_name(name).unwrap(), turn(&layout(tensor).unwrap()).unwrap())
}

/// A model's variable as Keras holds it.
fn to_keras(tensor: &Tensor) -> Tensor {
    match tensor.dim() {
        4 => turn(tensor).unwrap().permute([2, 3, 1, 0]).contiguous(),
        _ => tensor.shallow_clone(),
    }
}

fn largest(difference: &Tensor) -> f64 {
    difference.abs().max().double_value(&[])
}

/// A network with the weights of the reference, and what the original made of them.
pub(crate) struct Case {
    pub(crate) json: Value,
    pub(crate) model: Model,
    inputs: BTreeMap<String, Tensor>,
    /// By name.
    targets: BTreeMap<String, Tensor>,
    answers: BTreeMap<String, Tensor>,
}

fn case(folder: &Path, name: &str) -> Case {
    let text = std::fs::read_to_string(folder.join(format!("{name}.json"))).unwrap();
    let json: Value = serde_json::from_str(&text).unwrap();
    let mut card = Card::open(json["model"].as_str().unwrap()).unwrap();
    // A case may leave out elevation.
    let order: Vec<&str> =
        json["input_order"].as_array().unwrap().iter().map(|r| r.as_str().unwrap()).collect();
    card.inputs.retain(|role| order.contains(&role.as_str()));
    let model = Model::build(card, None, Device::Cpu).unwrap();
    let mut variables = model.vars.variables();
    for entry in json["weights"].as_array().unwrap() {
        let (name, values) = from_keras(entry["name"].as_str().unwrap(), &weight(entry));
        let mut variable = variables.remove(&name).expect(&name);
        assert_eq!(variable.size(), values.size(), "{name}");
        tch::no_grad(|| variable.copy_(&values));
    }
    assert!(variables.is_empty(), "{variables:?}");
    let raw = read_tensors(&folder.join("inputs.safetensors"));
    let seen = |role: &String| {
        let tensor = normalise(role_layer(role).unwrap(), &nchw(&raw[role]), Device::Cpu).unwrap();
        (role.clone(), tensor)
    };
    let inputs = model.card.inputs.iter().map(seen).collect();
    let targets = [Some(model.card.target.clone()), model.card.coarse_target()];
    let targets = targets.iter().flatten().map(seen).collect();
    let answers = read_tensors(&folder.join(format!("{name}.safetensors")));
    Case { json, model, inputs, targets, answers }
}

impl Case {
    /// Every output by the name of its target.
    fn answer(&self) -> BTreeMap<String, Tensor> {
        let estimate = self.model.forward(&self.inputs).unwrap();
        let card = &self.model.card;
        let coarse = card.coarse_target().zip(estimate.coarse);
        [(card.target.clone(), estimate.fine)].into_iter().chain(coarse).collect()
    }

    /// The sum of the targets' means.
    pub(crate) fn loss(&self) -> Tensor {
        let answer = self.answer();
        let error = |(name, tensor): (&String, &Tensor)| (&answer[name] - tensor).abs();
        self.targets.iter().map(|t| error(t).mean(tch::Kind::Float)).sum()
    }

    fn outputs(&self) {
        for (name, output) in tch::no_grad(|| self.answer()) {
            let whole = largest(&(&output - nchw(&self.answers[&format!("output.{name}")])));
            assert!(whole < 1e-5, "{name} {whole}");
            let Some(wanted) = self.answers.get(&format!("output.{name}_pad32")) else { continue };
            let (_, _, h, w) = output.size4().unwrap();
            if h <= 64 || w <= 64 {
                continue;
            }
            let crop = output.narrow(2, 32, h - 64).narrow(3, 32, w - 64) * 10_000.0;
            let crop = largest(&(crop - nchw(wanted)));
            assert!(crop < 0.1, "{name} {crop}");
        }
    }

    fn gradients(&self) {
        let loss = self.loss();
        let want = self.json["loss"]["total"].as_f64().unwrap();
        assert!((loss.double_value(&[]) - want).abs() < 1e-6, "{loss:?} {want}");
        loss.backward();
        let variables = self.model.vars.variables();
        for entry in self.json["gradients"].as_array().unwrap() {
            let name = entry["name"].as_str().unwrap();
            let ours = our_name(name).unwrap();
            let gradient = to_keras(&variables[&ours].grad()).flatten(0, -1);
            let (l2, stride) = (entry["l2"].as_f64().unwrap(), entry["stride"].as_i64().unwrap());
            let norm = gradient.norm().double_value(&[]);
            assert!((norm - l2).abs() <= 1e-3 * l2, "{name}: {norm} {l2}");
            for (i, want) in entry["sample"].as_array().unwrap().iter().enumerate() {
                let got = gradient.double_value(&[i as i64 * stride]);
                assert!((got - want.as_f64().unwrap()).abs() <= 1e-3 * l2, "{name} {i}");
            }
        }
    }

    /// Outputs and weights that three steps led to. Gradients agree to 1e-3 and a step is nearly their sign, so that these agree
    /// less; a counter of another step is off by five times as much.
    pub(crate) fn after_three_steps(&self) {
        for (name, output) in tch::no_grad(|| self.answer()) {
            let nhwc = output.permute([0, 2, 3, 1]).contiguous();
            alike(&name, &nhwc, &self.json["after_three_steps"][&name], 1e-3);
        }
        let variables = self.model.vars.variables();
        for entry in self.json["weights_after_three_steps"].as_array().unwrap() {
            let name = entry["name"].as_str().unwrap();
            // A tenth of a step.
            alike(name, &to_keras(&variables[&our_name(name).unwrap()]), entry, 2e-5);
        }
    }
}

/// Compares a tensor in Keras' layout with what is told of it: its length and some of its values.
fn alike(name: &str, tensor: &Tensor, told: &Value, tolerance: f64) {
    let flat = tensor.flatten(0, -1);
    let (l2, stride) = (told["l2"].as_f64().unwrap(), told["stride"].as_i64().unwrap());
    let norm = flat.norm().double_value(&[]);
    assert!((norm - l2).abs() <= 5e-4 * l2, "{name}: {norm} {l2}");
    for (i, want) in told["sample"].as_array().unwrap().iter().enumerate() {
        let (got, want) = (flat.double_value(&[i as i64 * stride]), want.as_f64().unwrap());
        assert!((got - want).abs() <= tolerance, "{name} {i}: {got} {want}");
    }
}

/// Runs a test on every case that is there, by the study's names.
pub(crate) fn of_each(test: &str, run: impl Fn(&Case)) {
    let Some(folder) = reference(test, "decloud/models") else { return };
    // Tests run side by side: several threads in each would only wait for one another.
    limit_threads(1);
    let mut tried = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let Some(name) = path.file_name().and_then(|n| n.to_str()?.strip_suffix(".json")) else {
            continue;
        };
        // Gap-filling has no weights; it is an operator here.
        if name.ends_with("gapfilling") {
            continue;
        }
        eprintln!("{test}: {name}");
        run(&case(&folder, name));
        tried += 1;
    }
    assert!(tried >= 3, "{tried} cases");
}

#[test]
fn networks_answer_as_the_originals() {
    of_each("parity of networks", |case| {
        assert_eq!(case.model.parameters(), case.json["parameters"].as_i64().unwrap());
        case.outputs();
        case.gradients();
    });
}

#[test]
fn the_stored_keras_weights_are_read_as_they_are() {
    let Some(folder) = reference("keras weights", "decloud") else { return };
    let stored = read_tensors(&folder.join("weights/crga_os2_david.weights.safetensors"));
    let case = case(&folder.join("models"), "crga_os2_david");
    let variables = case.model.vars.variables();
    assert_eq!(stored.len(), variables.len());
    for (name, tensor) in &stored {
        let (ours, values) = from_keras(name, tensor);
        assert_eq!(variables[&ours], values, "{name}");
        assert_eq!(to_keras(&values), *tensor, "{name}");
    }
}
