//! Names and layouts of the original's Keras weights.

use tch::Tensor;

use crate::error::{Error, Result};

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
