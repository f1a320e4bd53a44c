//! A network with its weights.

use std::collections::BTreeMap;
use std::path::Path;

use tch::{Device, Tensor, nn};

use super::Card;
use crate::error::Result;

/// A function from normalised tensors by role to reflectance `[b, 4, h, w]`.
pub trait Network: Send {
    /// Runs the network. Height and width must be multiples of [`Network::multiple`].
    fn forward(&self, inputs: &BTreeMap<String, Tensor>) -> Result<Tensor>;
    /// Pixels on each side that an output pixel may see.
    fn support(&self) -> usize;
    /// Heights and widths must be multiples of this.
    fn multiple(&self) -> usize;
}

/// A card, its network and its weights on a device.
pub struct Model {
    /// What it is.
    pub card: Card,
    /// The weights.
    pub vars: nn::VarStore,
    /// The function.
    pub network: Box<dyn Network>,
}

impl Model {
    /// Fresh weights from a seed.
    pub fn new(card: Card, seed: i64, device: Device) -> Result<Self> {
        let _ = (card, seed, device);
        todo!()
    }
    /// Reads `*.safetensors` and the card in its metadata.
    pub fn load(weights: &Path, device: Device) -> Result<Self> {
        let _ = (weights, device);
        todo!()
    }
    /// Publishes weights as safetensors; `about` (what it was trained on) and the card go into the metadata.
    pub fn save(&self, path: &Path, about: &BTreeMap<String, String>) -> Result<()> {
        let _ = (path, about);
        todo!()
    }
    /// The network's output for normalised inputs.
    pub fn forward(&self, inputs: &BTreeMap<String, Tensor>) -> Result<Tensor> {
        self.network.forward(inputs)
    }
    /// Number of trained values.
    pub fn parameters(&self) -> i64 {
        todo!()
    }
}
