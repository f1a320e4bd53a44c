//! `ssop-resnet`: the residual network of Meraner et al. as the study changed it
//! (`meraner_original`).

use std::collections::BTreeMap;

use tch::Tensor;

use super::conv::Conv;
use super::design::{Design, Takes};
use super::initial::Initial;
use super::layers::Layers;
use super::{Card, Estimate, Head, Network, inputs};
use crate::error::{Error, Result};

/// Residual blocks.
const BLOCKS: usize = 16;

struct Resnet {
    layers: Layers,
    roles: Vec<String>,
    order: Vec<String>,
}

/// Four times the card's width in every layer (the study: 256). Refuses other inputs than `s2_t`
/// with or without `s1_t`, and a blended head: it adds its output to `s2_t` already.
pub(super) fn design(card: &Card) -> Result<Design> {
    Takes::all(&["s2_t"]).or_not(&["s1_t"]).check(card)?;
    if card.head != Head::Plain {
        return Err(Error::invalid("ssop-resnet has no other head than plain"));
    }
    let features = 4 * card.width;
    let order: Vec<String> = ["s1_t", "s2_t"]
        .map(str::to_owned)
        .into_iter()
        .filter(|r| card.inputs.contains(r))
        .collect();
    let channels = order.iter().map(|r| inputs::channels(r)).sum::<Result<i64>>()?;
    let mut convs = vec![Conv::new("conv1", channels, features, 3)];
    for block in 0..BLOCKS {
        convs.push(Conv::new(format!("block{block}_conv1"), features, features, 3));
        convs.push(Conv::new(format!("block{block}_conv2"), features, features, 3).linear());
    }
    convs.push(Conv::new("conv2", features, 4, 3).linear());
    let roles = card.inputs.clone();
    let build = move |layers| Box::new(Resnet { layers, roles, order }) as Box<dyn Network>;
    Ok(Design { convs, initial: Initial::Glorot, build: Box::new(build) })
}

impl Network for Resnet {
    fn forward(&self, inputs: &BTreeMap<String, Tensor>) -> Result<Estimate> {
        inputs::check(inputs, &self.roles, self.multiple())?;
        let mut x = self.layers.run("conv1", &inputs::join(inputs, &self.order)?)?;
        for block in 0..BLOCKS {
            let y = self.layers.run(&format!("block{block}_conv1"), &x)?;
            let y = self.layers.run(&format!("block{block}_conv2"), &y)?;
            x = y.f_mul_scalar(0.1)?.f_add(&x)?.f_relu()?;
        }
        let change = self.layers.run("conv2", &x)?;
        Ok(Estimate::fine(change.f_add(inputs::take(inputs, "s2_t")?)?))
    }

    fn support(&self) -> usize {
        2 + 2 * BLOCKS
    }

    fn multiple(&self) -> usize {
        1
    }
}
