//! The convolutions of a network with their weights.

use std::collections::BTreeMap;

use tch::{Device, Kind, Tensor, nn};

use super::conv::Conv;
use super::cost::Meter;
use super::initial::Initial;
use super::shared::{Shared, fold};
use super::turned::turn;
use crate::error::{Error, Result};

/// Convolutions by name. The tensors are those of the variable store: training changes both. Kernels
/// are [turned](super::turned).
#[derive(Debug)]
pub(super) struct Layers {
    all: BTreeMap<String, (Conv, Tensor, Tensor)>,
    meter: Option<Meter>,
}

impl Layers {
    /// Makes the variables `NAME.weight` and `NAME.bias`; zeros where `start` is `None`.
    pub fn new(root: &nn::Path, convs: &[Conv], start: Option<(Initial, i64)>) -> Result<Self> {
        let mut layers = BTreeMap::new();
        for conv in convs {
            let path = root.sub(&conv.name);
            let mut weight = path.f_zeros("weight", &conv.shape())?;
            let bias = path.f_zeros("bias", &[conv.outputs])?;
            if let Some((rule, seed)) = start {
                let values = Tensor::f_from_slice(&rule.kernel(conv, seed))?;
                let values = turn(&values.f_view(conv.shape())?)?;
                tch::no_grad(|| weight.f_copy_(&values))?;
            }
            let old = layers.insert(conv.name.clone(), (conv.clone(), weight, bias));
            if old.is_some() {
                return Err(Error::internal(format!("two layers are named {}", conv.name)));
            }
        }
        Ok(Self { all: layers, meter: None })
    }

    /// Layers whose weights are zeros that take no memory; every run is counted, as if nothing were
    /// [shared](super::shared).
    pub fn hollow(convs: &[Conv], meter: &Meter) -> Result<Self> {
        let zero = Tensor::f_zeros([1], (Kind::Float, Device::Cpu))?;
        let mut all = BTreeMap::new();
        for conv in convs {
            let weight = zero.f_view([1, 1, 1, 1])?.f_expand(conv.shape(), false)?;
            let bias = zero.f_expand([conv.outputs], false)?;
            all.insert(conv.name.clone(), (conv.clone(), weight, bias));
        }
        Ok(Self { all, meter: Some(meter.clone()) })
    }

    fn get(&self, name: &str) -> Result<(&Conv, &Tensor, &Tensor)> {
        match self.all.get(name) {
            Some((conv, weight, bias)) => Ok((conv, weight, bias)),
            None => Err(Error::internal(format!("the network has no layer {name}"))),
        }
    }

    /// Applies the layer of this name.
    pub fn run(&self, name: &str, x: &Tensor) -> Result<Tensor> {
        self.shared(name, None)?.run(x)
    }

    /// The layer of this name, to be run on several inputs with the same last channels beside them.
    pub fn shared(&self, name: &str, last: Option<&Tensor>) -> Result<Shared<'_>> {
        Shared::new(self.get(name)?, last, self.meter.as_ref())
    }

    /// Applies the layer of this name to `inputs` side by side in this `order`, in which each stands
    /// once, one after another, or more often.
    pub fn run_joined(&self, name: &str, inputs: &[&Tensor], order: &[usize]) -> Result<Tensor> {
        let (conv, weight, bias) = self.get(name)?;
        let channels: Vec<i64> = inputs.iter().map(|t| t.size()[1]).collect();
        let x = Tensor::f_cat(inputs, 1)?;
        let y = match order.len() > inputs.len() {
            true => conv.run(&x, &fold(conv, weight, &channels, order)?, bias)?,
            false => conv.run(&x, weight, bias)?,
        };
        if let Some(meter) = &self.meter {
            meter.add(conv, &x, &y)?;
        }
        Ok(y)
    }
}
