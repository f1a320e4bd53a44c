//! A network with its weights.

use std::collections::BTreeMap;
use std::path::Path;

use tch::{Device, Tensor, nn};

use super::layers::Layers;
use super::turned::Turned;
use super::{Card, Estimate, Network, describe, design, script, weights};
use crate::error::{Error, Result};

/// A card, its network and its weights on a device.
pub struct Model {
    /// What it is.
    pub card: Card,
    /// The weights, as `LAYER.weight` and `LAYER.bias` in libtorch's layout, each kernel by half a
    /// turn: the network runs on turned images. Files hold them as they are.
    pub vars: nn::VarStore,
    /// The function.
    pub network: Box<dyn Network>,
}

impl Model {
    /// Fresh weights from a seed: the same for every device, machine and thread.
    pub fn new(card: Card, seed: i64, device: Device) -> Result<Self> {
        Self::build(card, Some(seed), device)
    }

    /// All weights zero, to be filled.
    pub(super) fn build(card: Card, seed: Option<i64>, device: Device) -> Result<Self> {
        card.check()?;
        let design = design::of(&card)?;
        let vars = nn::VarStore::new(device);
        let start = seed.map(|seed| (design.initial, seed));
        let layers = Layers::new(&vars.root(), &design.convs, start)?;
        let network = Turned::new((design.build)(layers), card.inputs.clone());
        Ok(Self { card, vars, network: Box::new(network) })
    }

    /// Reads `*.safetensors` and the card in its metadata. Everything is compared with the network
    /// before anything is copied. Refuses other formats, names, shapes and types, and values that
    /// are not finite.
    pub fn load(weights: &Path, device: Device) -> Result<Self> {
        weights::load(weights, device)
    }

    /// A network by its weights file, or by the card (`*.toml`) of a TorchScript network, which runs
    /// that file's code: refused unless `allow_code`.
    pub fn open(path: &Path, device: Device, allow_code: bool) -> Result<Self> {
        if path.extension().is_none_or(|e| e != "toml") {
            return Self::load(path, device);
        }
        let card = Self::card(path)?;
        match card.script.is_some() {
            true => Self::of_script(card, device, allow_code),
            false => Err(Error::usage(format!("{} is a card without weights", path.display()))
                .hint("name the weights.safetensors that `train` or `model import` wrote")),
        }
    }

    /// The TorchScript network of a card, which runs that file's code: refused unless `allow_code`.
    pub fn of_script(card: Card, device: Device, allow_code: bool) -> Result<Self> {
        if allow_code {
            return script::open(card, device);
        }
        let file = card.script.as_deref().unwrap_or(&card.name);
        Err(Error::usage(format!("{file} is a program")).hint(
            "add --allow-code if you trust it: TorchScript may do anything that this program may",
        ))
    }

    /// The card of what [`Model::open`] takes, without its weights or code.
    pub fn card(path: &Path) -> Result<Card> {
        match path.extension().is_some_and(|e| e == "toml") {
            true => Card::open(&path.display().to_string()),
            false => Ok(Self::about(path)?.0),
        }
    }

    /// The network of a card with the weights of a safetensors file, named as ours or as Keras'
    /// (`conv1_relu/kernel`, in its layout), whatever card the file carries. Refuses as
    /// [`Model::load`] does.
    pub fn fit(card: &Card, weights: &Path, device: Device) -> Result<Self> {
        weights::fit(card, weights, device)
    }

    /// What a weights file says about itself (what it was trained on), without its weights.
    pub fn about(weights: &Path) -> Result<(Card, BTreeMap<String, String>)> {
        weights::about(weights)
    }

    /// Publishes weights as safetensors; `about` (what it was trained on) and the card go into the
    /// metadata. The same weights and text give the same bytes. Refuses weights that are not
    /// finite.
    pub fn save(&self, path: &Path, about: &BTreeMap<String, String>) -> Result<()> {
        weights::save(self, path, about)
    }

    /// Reflectance for normalised inputs `[b, c, h, w]` by role. Refuses a missing
    /// role and inputs that do not fit the network.
    pub fn forward(&self, inputs: &BTreeMap<String, Tensor>) -> Result<Estimate> {
        self.network.forward(inputs)
    }

    /// Number of trained values.
    pub fn parameters(&self) -> i64 {
        self.vars.trainable_variables().iter().map(|v| v.numel() as i64).sum()
    }

    /// A page about a card's network: layers, shapes, parameters, multiply-adds, support.
    pub fn describe(card: &Card) -> Result<String> {
        describe::page(card)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_decides_every_weight() {
        let model = |seed| {
            let card = Card::open("msop-unet-small").unwrap();
            Model::new(card, seed, Device::Cpu).unwrap()
        };
        let (a, b, c) = (model(7), model(7), model(8));
        assert!(a.vars.len() > 20);
        let others = (b.vars.variables(), c.vars.variables());
        for (name, tensor) in a.vars.variables() {
            assert_eq!(tensor, others.0[&name], "{name}");
            assert_eq!(tensor == others.1[&name], name.ends_with("bias"), "{name}");
        }
    }
}
