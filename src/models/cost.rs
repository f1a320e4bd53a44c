//! What a network costs, counted while it runs once on a small image.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tch::{Device, Kind, Tensor};

use super::conv::Conv;
use super::design;
use super::inputs::channels;
use super::layers::Layers;
use super::{Card, Network};
use crate::error::Result;
use crate::tensors::role_layer;

/// Pixels (10 m) on a side of the image: a multiple of what every network needs.
const SIDE: i64 = 32;

/// Multiplications with their additions, by layer, while a network runs.
#[derive(Debug, Clone, Default)]
pub(super) struct Meter(Arc<Mutex<BTreeMap<String, u64>>>);

impl Meter {
    /// Adds a run of a layer from `x` to `y`.
    pub fn add(&self, conv: &Conv, x: &Tensor, y: &Tensor) -> Result<()> {
        // A transposed layer spreads each pixel that it gets, a plain one gathers for each it makes.
        let (batch, _, height, width) = if conv.transposed { x.size4()? } else { y.size4()? };
        let each = conv.kernel * conv.kernel * conv.inputs * conv.outputs;
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *all.entry(conv.name.clone()).or_default() += (batch * height * width * each) as u64;
        Ok(())
    }
}

/// What a network is, without its weights.
pub(super) struct Cost {
    /// Its layers in order.
    pub convs: Vec<Conv>,
    /// Multiply-adds a 10 m pixel, by layer.
    pub macs: BTreeMap<String, f64>,
    /// The function, over weights that are all zero.
    pub network: Box<dyn Network>,
}

impl Cost {
    /// Of a card's network as the original runs it. No weight is stored.
    pub fn of(card: &Card) -> Result<Self> {
        let design = design::of(card)?;
        let (convs, meter) = (design.convs, Meter::default());
        let network = (design.build)(Layers::hollow(&convs, &meter)?);
        let mut inputs = BTreeMap::new();
        for role in &card.inputs {
            let side = SIDE / role_layer(role)?.factor() as i64;
            let shape = [1, channels(role)?, side, side];
            inputs.insert(role.clone(), Tensor::f_zeros(shape, (Kind::Float, Device::Cpu))?);
        }
        tch::no_grad(|| network.forward(&inputs))?;
        let counted = meter.0.lock().unwrap_or_else(PoisonError::into_inner);
        let pixels = (SIDE * SIDE) as f64;
        let macs = counted.iter().map(|(name, n)| (name.clone(), *n as f64 / pixels)).collect();
        drop(counted);
        Ok(Self { convs, macs, network })
    }

    /// Multiply-adds a 10 m pixel.
    pub fn total(&self) -> f64 {
        self.macs.values().sum()
    }

    /// Number of trained values.
    pub fn parameters(&self) -> i64 {
        self.convs.iter().map(Conv::parameters).sum()
    }
}
