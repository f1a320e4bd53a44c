//! Names and layouts of the original's Keras weights.

use tch::Tensor;

use super::turned::turn;
use crate::error::{Error, Result};

/// A Keras tensor, `LAYER/kernel` `[h, w, a, b]` or `LAYER/bias` `[n]`, as a model's variables hold it:
/// our name, libtorch's layout, a kernel by half a turn.
pub fn from_keras(name: &str, tensor: &Tensor) -> Result<(String, Tensor)> {
    let ours = our_name(name)?;
    match (ours.ends_with("weight"), tensor.dim()) {
        (true, 4) | (false, 1) => Ok((ours, turn(&layout(tensor)?)?)),
        _ => {
            let shape = tensor.size();
            Err(Error::invalid(format!("{name} of {shape:?} is not a kernel or bias")))
        }
    }
}

/// A model's variable as Keras holds it: kernels (h, w, …) turned back, biases as they are.
pub fn to_keras(tensor: &Tensor) -> Result<Tensor> {
    Ok(match tensor.dim() {
        4 => turn(tensor)?.f_permute([2, 3, 1, 0])?.f_contiguous()?,
        _ => tensor.shallow_clone(),
    })
}

/// A Keras tensor in libtorch's layout.
///
/// Plain kernels are (h, w, in, out) and transposed ones (h, w, out, in); libtorch wants (out, in,
/// h, w) and (in, out, h, w), so one permutation serves both.
pub(super) fn layout(tensor: &Tensor) -> Result<Tensor> {
    Ok(match tensor.dim() {
        4 => tensor.f_permute([3, 2, 0, 1])?.f_contiguous()?,
        _ => tensor.shallow_clone(),
    })
}

/// Keras' shape of one of ours.
pub(super) fn shape(ours: &[usize]) -> Vec<usize> {
    match *ours {
        [a, b, h, w] => vec![h, w, b, a],
        _ => ours.to_vec(),
    }
}

/// `conv2_bn_relu/kernel` is our `conv2.weight`: the original names a layer after what it once
/// held. What stands before the layer (the model's name) and `:0` behind are Keras' own.
pub(super) fn our_name(name: &str) -> Result<String> {
    let (layer, part) = match name.strip_suffix(":0").unwrap_or(name).rsplit_once('/') {
        Some((layer, "kernel")) => (layer, "weight"),
        Some((layer, "bias")) => (layer, "bias"),
        _ => {
            let name = name.escape_debug();
            return Err(Error::invalid(format!("'{name}' is not LAYER/kernel or LAYER/bias")));
        }
    };
    let layer = layer.rsplit('/').next().unwrap_or(layer);
    let layer = layer.strip_suffix("_relu").unwrap_or(layer);
    Ok(format!("{}.{part}", layer.strip_suffix("_bn").unwrap_or(layer)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_keras_are_ours() {
        for (theirs, ours) in [
            ("conv1_relu/kernel", "conv1.weight"),
            ("conv2_20m_bn_relu/bias", "conv2_20m.bias"),
            ("model/s2_20m_estim/kernel:0", "s2_20m_estim.weight"),
        ] {
            assert_eq!(our_name(theirs).unwrap(), ours);
        }
        for none in ["conv1", "conv1/gamma", "kernel"] {
            assert!(our_name(none).is_err(), "{none}");
        }
    }
}
