//! A network on arrays of a file, so that anyone can compare it with another program.

use std::collections::BTreeMap;
use std::path::Path;

use tch::Tensor;

use super::{Estimate, Model, arrays};
use crate::error::{Error, Result};

/// Pixels of a 10 m output that a crop leaves out on each side are at most so many.
const PAD_MAX: i64 = 1024;

/// The study's name for all ten bands at 10 m.
const ALL_BANDS: &str = "s2_all_bands_estim";

/// How a network is run on arrays.
#[derive(Debug, Clone, Default)]
pub struct RunOptions {
    /// Outputs also without so many pixels (of their own size) on each side, times 10000.
    pub pads: Vec<i64>,
    /// The arrays are scaled already: reflectance, not reflectance x 10000.
    pub scaled: bool,
}

/// Runs a model on the arrays `[b, h, w, c]` of a safetensors file that are named after its roles,
/// and publishes its answer as arrays of the same form: `output.TARGET`, float32 reflectance, and
/// for every pad `output.TARGET_padN`; with 20 m bands all ten of them at 10 m too, as
/// `output.s2_all_bands_estim`. A crop that leaves nothing of the 20 m bands is left out.
///
/// Returns name and shape `[b, h, w, c]` of each. Refuses arrays that do not fit the network, and
/// pads that leave nothing.
pub fn run_arrays(
    model: &Model,
    inputs: &Path,
    options: &RunOptions,
    to: &Path,
) -> Result<Vec<(String, [i64; 4])>> {
    let tensors = arrays::read(inputs, &model.card.inputs, options.scaled)?;
    let device = model.vars.device();
    let mut here = BTreeMap::new();
    for (role, tensor) in tensors {
        here.insert(role, tensor.f_to_device(device)?);
    }
    let estimate = tch::no_grad(|| model.forward(&here))?;
    let coarse = model.card.coarse_target();
    publish(&model.card.target, coarse, estimate, options, to)
}

/// Publishes an answer for targets at 10 m and, where it has them, 20 m.
pub(super) fn publish(
    target: &str,
    coarse: Option<String>,
    estimate: Estimate,
    options: &RunOptions,
    to: &Path,
) -> Result<Vec<(String, [i64; 4])>> {
    let mut whole = vec![(target.to_owned(), estimate.fine.shallow_clone())];
    if let Some((target, tensor)) = coarse.clone().zip(estimate.coarse) {
        whole.push((ALL_BANDS.to_owned(), all_bands(&estimate.fine, &tensor)?));
        whole.push((target, tensor));
    }
    let mut outputs = BTreeMap::new();
    for (target, tensor) in whole {
        for pad in &options.pads {
            // Of 20 m outputs as many of their own pixels are cut, which may leave none.
            if Some(&target) == coarse.as_ref() && !leaves(&tensor, *pad)? {
                continue;
            }
            outputs.insert(format!("output.{target}_pad{pad}"), crop(&target, &tensor, *pad)?);
        }
        outputs.insert(format!("output.{target}"), tensor);
    }
    arrays::write(to, &outputs)?;
    let shape = |t: &Tensor| -> Result<[i64; 4]> {
        let (b, c, h, w) = t.size4()?;
        Ok([b, h, w, c])
    };
    outputs.iter().map(|(name, tensor)| Ok((name.clone(), shape(tensor)?))).collect()
}

/// The 10 m bands, then the 20 m bands with every pixel repeated.
fn all_bands(fine: &Tensor, coarse: &Tensor) -> Result<Tensor> {
    let (_, _, height, width) = fine.size4()?;
    let repeated = coarse.f_upsample_nearest2d([height, width], None, None)?;
    Ok(Tensor::f_cat(&[fine, &repeated], 1)?)
}

/// Whether a crop leaves anything.
fn leaves(tensor: &Tensor, pad: i64) -> Result<bool> {
    let (_, _, height, width) = tensor.size4()?;
    Ok((0..=PAD_MAX).contains(&pad) && 2 * pad < height.min(width))
}

/// The inner part of an output, times 10000: what the study's programs serve.
fn crop(target: &str, tensor: &Tensor, pad: i64) -> Result<Tensor> {
    let (_, _, height, width) = tensor.size4()?;
    if !leaves(tensor, pad)? {
        return Err(Error::usage(format!(
            "a pad of {pad} px leaves nothing of {target}, {height} x {width} px"
        ))
        .hint("give a smaller --pad or larger arrays"));
    }
    let rows = tensor.f_narrow(2, pad, height - 2 * pad)?;
    Ok(rows.f_narrow(3, pad, width - 2 * pad)?.f_mul_scalar(1e4)?)
}
