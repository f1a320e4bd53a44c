//! From a card to the list of layers and the function over them; nothing is allocated yet.

use super::conv::Conv;
use super::initial::Initial;
use super::layers::Layers;
use super::network::Network;
use super::{
    Card, david, monthly, monthly_david, msop_unet, os1_unet, script, ssop_resnet, ssop_unet,
};
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

/// A network: the inputs that it takes, and its design from a card of such inputs.
type Maker = (fn() -> Takes, fn(&Card) -> Result<Design>);

const NETWORKS: &[(&str, Maker)] = &[
    ("ssop-unet", (ssop_unet::takes, ssop_unet::design)),
    ("ssop-resnet", (ssop_resnet::takes, ssop_resnet::design)),
    ("msop-unet", (msop_unet::takes, msop_unet::design)),
    ("os1-unet", (os1_unet::takes, os1_unet::design)),
    ("david", (msop_unet::takes, david::design)),
    ("monthly", (monthly::takes, monthly::design)),
    ("monthly-david", (monthly::takes, monthly_david::design)),
];

/// The design of a card. Refuses an unknown network and inputs that it does not take.
pub(super) fn of(card: &Card) -> Result<Design> {
    match NETWORKS.iter().find(|(name, _)| *name == card.network) {
        Some((_, (takes, make))) => {
            takes().check(card)?;
            make(card)
        }
        None if card.network == script::NETWORK => {
            Err(Error::usage("the layers of a TorchScript network are not known here").hint(
                "it can be run (model run, reconstruct, evaluate), not described, trained or given \
                 other weights",
            ))
        }
        None => {
            let known: Vec<&str> = NETWORKS.iter().map(|(name, _)| *name).collect();
            Err(Error::invalid(format!("no network '{}'", card.network.escape_debug()))
                .hint(format!("networks are {}, {}", known.join(", "), script::NETWORK)))
        }
    }
}

/// Every network with every list of inputs that it takes.
#[cfg(test)]
pub(super) fn variants() -> Vec<(&'static str, Vec<String>)> {
    let of = |(name, (takes, _)): &(&'static str, Maker)| {
        let name = *name;
        takes().0.into_iter().map(move |list| (name, list)).collect::<Vec<_>>()
    };
    NETWORKS.iter().flat_map(of).collect()
}

/// The input lists that a network takes, whatever their order.
pub(super) struct Takes(Vec<Vec<String>>);

impl Takes {
    /// All of these.
    pub fn all(roles: &[&str]) -> Self {
        Self(vec![roles.iter().map(|role| (*role).to_owned()).collect()])
    }

    /// With all or none of these besides.
    pub fn or_not(mut self, roles: &[&str]) -> Self {
        let with = |list: &Vec<String>| {
            list.iter().cloned().chain(roles.iter().map(|role| (*role).to_owned())).collect()
        };
        let more: Vec<Vec<String>> = self.0.iter().map(with).collect();
        self.0.extend(more);
        self
    }

    /// Those of another, too.
    pub fn or(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// Refuses a card whose inputs are none of the lists.
    fn check(&self, card: &Card) -> Result<()> {
        if self.0.iter().any(|list| sorted(list) == sorted(&card.inputs)) {
            return Ok(());
        }
        let (network, inputs) = (&card.network, card.inputs.join(" "));
        let lists: Vec<String> = self.0.iter().map(|list| list.join(" ")).collect();
        Err(Error::invalid(format!("{network} does not take the inputs {inputs}"))
            .hint(format!("it takes one of: {}", lists.join("; "))))
    }
}

fn sorted(names: &[String]) -> Vec<&str> {
    let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
    names.sort_unstable();
    names
}
