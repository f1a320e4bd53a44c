//! Names and layouts of the original's Keras weights.

use tch::Tensor;

use crate::error::{Error, Result};

/// A Keras tensor, `LAYER/kernel` `[h, w, a, b]` or `LAYER/bias` `[n]`, as ours: name and libtorch layout.
///
/// Plain kernels are (h, w, in, out) and transposed ones (h, w, out, in); libtorch wants (out, in, h, w)
/// and (in, out, h, w), so one permutation serves both. `conv2_bn_relu` is our `conv2`.
pub fn from_keras(name: &str, tensor: &Tensor) -> Result<(String, Tensor)> {
    let (layer, part) = name.rsplit_once('/').ok_or_else(|| {
        Error::invalid(format!("'{name}' is not named LAYER/kernel or LAYER/bias"))
    })?;
    let layer = layer.strip_suffix("_relu").unwrap_or(layer);
    let layer = layer.strip_suffix("_bn").unwrap_or(layer);
    match (part, tensor.dim()) {
        ("kernel", 4) => {
            let ours = tensor.f_permute([3, 2, 0, 1])?.f_contiguous()?;
            Ok((format!("{layer}.weight"), ours))
        }
        ("bias", 1) => Ok((format!("{layer}.bias"), tensor.shallow_clone())),
        _ => {
            Err(Error::invalid(format!("'{name}' of {:?} is not a kernel or bias", tensor.size())))
        }
    }
}

/// One of our tensors in Keras' layout: kernels (h, w, …), biases as they are.
pub fn to_keras(tensor: &Tensor) -> Result<Tensor> {
    Ok(match tensor.dim() {
        4 => tensor.f_permute([2, 3, 1, 0])?.f_contiguous()?,
        _ => tensor.shallow_clone(),
    })
}
