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
use crate::tensors::role_layer;

/// Residual blocks.
const BLOCKS: usize = 16;

struct Resnet {
    layers: Layers,
    roles: Vec<String>,
    order: Vec<String>,
}

/// The optical date, with or without its radar and `dem`. It stays at 10 m all through, so that there
/// is no place for 20 m bands.
pub(super) fn takes() -> Takes {
    Takes::all(&["s2_t"]).or_not(&["s1_t"]).or_not(&["dem"])
}

/// Four times the card's width in every layer (the study: 256), of a card with the inputs of
/// [`takes`]. Refuses a blended head: it adds its output to `s2_t` already.
pub(super) fn design(card: &Card) -> Result<Design> {
    if card.head != Head::Plain {
        return Err(Error::invalid("ssop-resnet has no other head than plain"));
    }
    let features = 4 * card.width;
    let order: Vec<String> = ["s1_t", "s2_t", "dem"]
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

/// Roles as one tensor at 10 m, channels in their order; of elevation each pixel is four. The original
/// has no elevation.
fn at_10m(inputs: &BTreeMap<String, Tensor>, order: &[String]) -> Result<Tensor> {
    let enlarge = |role: &String| {
        let tensor = inputs::take(inputs, role)?;
        Ok(match role_layer(role)?.factor() {
            1 => tensor.shallow_clone(),
            _ => {
                let (_, _, height, width) = tensor.size4()?;
                tensor.f_upsample_nearest2d([2 * height, 2 * width], None, None)?
            }
        })
    };
    let parts = order.iter().map(enlarge).collect::<Result<Vec<_>>>()?;
    Ok(Tensor::f_cat(&parts, 1)?)
}

impl Network for Resnet {
    fn forward(&self, inputs: &BTreeMap<String, Tensor>) -> Result<Estimate> {
        inputs::check(inputs, &self.roles, self.multiple())?;
        let mut x = self.layers.run("conv1", &at_10m(inputs, &self.order)?)?;
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
