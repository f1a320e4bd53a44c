//! Networks run on images that are turned by half a turn, with kernels that are turned as well.
//!
//! TensorFlow's SAME gives an odd zero to the end: a layer of stride 2 has none before an even image and one after it, and its
//! transposed layer loses its last pixels. libtorch pads and cuts both ends alike, so that every such layer would copy its image
//! into one that is a pixel larger, 129 wide where 128 suits the processor. Turned, the zero comes first: padding of one at both
//! ends is then the same, since stride 2 never reaches the one at the far end.
//!
//! Only kernels in memory are turned; files hold them as the original does.

use std::collections::BTreeMap;

use tch::Tensor;

use super::{Estimate, Network};
use crate::error::Result;

/// A network over turned images as one over images.
pub(super) struct Turned {
    inner: Box<dyn Network>,
    roles: Vec<String>,
}

impl Turned {
    /// The network that `inner` is for these roles.
    pub fn new(inner: Box<dyn Network>, roles: Vec<String>) -> Self {
        Self { inner, roles }
    }
}

impl Network for Turned {
    fn forward(&self, inputs: &BTreeMap<String, Tensor>) -> Result<Estimate> {
        let mut turned = BTreeMap::new();
        for (name, tensor) in inputs {
            // The rest is not seen, but named where a role is missing.
            let used = self.roles.contains(name);
            let tensor = if used { turn(tensor)? } else { tensor.shallow_clone() };
            turned.insert(name.clone(), tensor);
        }
        let Estimate { fine, coarse } = self.inner.forward(&turned)?;
        Ok(Estimate { fine: turn(&fine)?, coarse: coarse.as_ref().map(turn).transpose()? })
    }

    fn support(&self) -> usize {
        self.inner.support()
    }

    fn multiple(&self) -> usize {
        self.inner.multiple()
    }
}

/// An image or kernel `[_, _, h, w]` by half a turn; anything else, as a bias, as it is.
pub(super) fn turn(tensor: &Tensor) -> Result<Tensor> {
    Ok(match tensor.dim() {
        4 => tensor.f_flip([2, 3])?,
        _ => tensor.shallow_clone(),
    })
}
