//! From a card to the list of layers and the function over them; nothing is allocated yet.

use super::conv::Conv;
use super::initial::Initial;
use super::layers::Layers;
use super::network::Network;
use super::{Card, david, monthly, msop_unet, os1_unet, ssop_resnet, ssop_unet};
use crate::error::{Error, Result};

/// A network before it has weights.
pub(super) struct Design {
    /// Its convolutions.
    pub convs: Vec<Conv>,
    /// How they start.
    pub initial: Initial,
    /// Makes the function from the layers.
    pub build: Box<dyn FnOnce(Layers) -> Box<dyn Network>>,
}

impl Design {
    /// Number of trained values.
    pub fn parameters(&self) -> i64 {
        self.convs.iter().map(Conv::parameters).sum()
    }
}

type Maker = fn(&Card) -> Result<Design>;

const NETWORKS: &[(&str, Maker)] = &[
    ("ssop-unet", ssop_unet::design),
    ("ssop-resnet", ssop_resnet::design),
    ("msop-unet", msop_unet::design),
    ("os1-unet", os1_unet::design),
    ("david", david::design),
    ("monthly", monthly::design),
];

/// The design of a card. Refuses an unknown network and inputs that it does not take.
pub(super) fn of(card: &Card) -> Result<Design> {
    match NETWORKS.iter().find(|(name, _)| *name == card.network) {
        Some((_, make)) => make(card),
        None => {
            let known: Vec<&str> = NETWORKS.iter().map(|(name, _)| *name).collect();
            Err(Error::invalid(format!("no network '{}'", card.network.escape_debug()))
                .hint(format!("networks are {}", known.join(", "))))
        }
    }
}

/// Refuses a card whose inputs are none of `choices`, whatever their order.
pub(super) fn check_inputs(card: &Card, choices: &[Vec<&str>]) -> Result<()> {
    let inputs: Vec<&str> = card.inputs.iter().map(String::as_str).collect();
    if choices.iter().any(|choice| sorted(choice) == sorted(&inputs)) {
        return Ok(());
    }
    let lists: Vec<String> = choices.iter().map(|c| c.join(" ")).collect();
    Err(Error::invalid(format!("{} does not take the inputs {}", card.network, inputs.join(" ")))
        .hint(format!("it takes one of: {}", lists.join("; "))))
}

fn sorted<'a>(names: &[&'a str]) -> Vec<&'a str> {
    let mut names = names.to_vec();
    names.sort_unstable();
    names
}
