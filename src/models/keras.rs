//! Names and layouts of the original's Keras weights.

use tch::Tensor;

use crate::error::{Error, Result};

/// A Keras tensor, `LAYER/kernel` `[h, w, a, b]` or `LAYER/bias` `[n]`, as ours: name and libtorch
/// layout.
///
/// Plain kernels are (h, w, in, out) and transposed ones (h, w, out, in); libtorch wants (out, in,
/// h, w) and (in, out, h, w), so one permutation serves both.
pub fn from_keras(name: &str, tensor: &Tensor) -> Result<(String, Tensor)> {
    let ours = our_name(name)?;
    let values = match (ours.ends_with("weight"), tensor.dim()) {
        (true, 4) => tensor.f_permute([3, 2, 0, 1])?.f_contiguous()?,
        (false, 1) => tensor.shallow_clone(),
        _ => {
            let shape = tensor.size();
            return Err(Error::invalid(format!("{name} of {shape:?} is not a kernel or bias")));
        }
    };
    Ok((ours, values))
}

/// One of our tensors in Keras' layout: kernels (h, w, …), biases as they are.
pub fn to_keras(tensor: &Tensor) -> Result<Tensor> {
    Ok(match tensor.dim() {
        4 => tensor.f_permute([2, 3, 1, 0])?.f_contiguous()?,
        _ => tensor.shallow_clone(),
    })
}

/// `conv2_bn_relu/kernel` is our `conv2.weight`: the original names a layer after what it once
/// held.
pub(super) fn our_name(name: &str) -> Result<String> {
    let (layer, part) = match name.rsplit_once('/') {
        Some((layer, "kernel")) => (layer, "weight"),
        Some((layer, "bias")) => (layer, "bias"),
        _ => {
            let name = name.escape_debug();
            return Err(Error::invalid(format!("'{name}' is not LAYER/kernel or LAYER/bias")));
        }
    };
    let layer = layer.strip_suffix("_relu").unwrap_or(layer);
    Ok(format!("{}.{part}", layer.strip_suffix("_bn").unwrap_or(layer)))
}
