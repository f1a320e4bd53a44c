//! Gap-filling of arrays of a file, as the study's deterministic models do it: no weights.

use std::path::Path;

use tch::{Kind, Tensor};

use super::run::{RunOptions, publish};
use super::{Estimate, arrays};
use crate::error::{Error, Result};

/// The study's names of gap-filling, and what they fill.
const ORIGINALS: [(&str, &str); 2] =
    [("crga_os1_gapfilling", "s2_t"), ("crga_os2_gapfilling", "s2_target")];

/// What a gap-filling model of the study fills, by its name.
pub fn filled_by(name: &str) -> Option<&'static str> {
    ORIGINALS.iter().find(|(original, _)| *original == name).map(|(_, target)| *target)
}

/// Interpolates `s2_tm1` and `s2_tp1` of a file to the time of `target` (`s2_target` or `s2_t`),
/// by the times `s2_timestamp_*` of the same file, one number a sample in any unit. Publishes and
/// returns what [`super::run_arrays`] does. Refuses times that are equal on both sides.
///
/// The study rounds times to 128 s before it divides; here they are not rounded.
pub fn fill_arrays(
    target: &str,
    inputs: &Path,
    options: &RunOptions,
    to: &Path,
) -> Result<Vec<(String, [i64; 4])>> {
    let date = target.strip_prefix("s2_").unwrap_or(target);
    let [before, after] = ["s2_tm1", "s2_tp1"].map(str::to_owned);
    let mut images = arrays::read(inputs, &[before.clone(), after.clone()], options.scaled)?;
    let mut image = |role: &str| {
        images.remove(role).ok_or_else(|| Error::internal(format!("{role} was not read")))
    };
    let (before, after) = (image(&before)?, image(&after)?);
    if before.size() != after.size() {
        let (one, two) = (before.size(), after.size());
        return Err(Error::invalid(format!(
            "s2_tm1 is {one:?} and s2_tp1 {two:?}, by channels first"
        ))
        .hint("give both images the same size"));
    }
    let batch = before.size4()?.0;
    let [t0, t, t1] = ["tm1", date, "tp1"].map(|d| arrays::times(inputs, d, batch));
    let weights = weights(&t0?, &t?, &t1?)?;
    let fine = after.f_sub(&before)?.f_mul(&weights)?.f_add(&before)?;
    publish(target, None, Estimate::fine(fine), options, to)
}

/// The weight of the later image of every sample, `[b, 1, 1, 1]`.
fn weights(before: &[f64], at: &[f64], after: &[f64]) -> Result<Tensor> {
    let mut all = Vec::with_capacity(at.len());
    for ((before, at), after) in before.iter().zip(at).zip(after) {
        if before == after {
            return Err(Error::invalid("both images are of the same time")
                .hint("s2_timestamp_tm1 and s2_timestamp_tp1 must differ"));
        }
        all.push((at - before) / (after - before));
    }
    let count = all.len() as i64;
    Ok(Tensor::f_from_slice(&all)?.f_view([count, 1, 1, 1])?.f_to_kind(Kind::Float)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::reference;
    use crate::tensors::read_tensors;

    #[test]
    fn the_later_image_weighs_as_much_as_time_has_passed() {
        let weights = weights(&[0.0, 10.0], &[5.0, 40.0], &[20.0, 20.0]).unwrap();
        assert_eq!(Vec::<f32>::try_from(weights.flatten(0, -1)).unwrap(), [0.25, 3.0]);
        assert!(super::weights(&[1.0], &[1.0], &[1.0]).is_err());
        assert_eq!(filled_by("crga_os1_gapfilling"), Some("s2_t"));
        assert_eq!(filled_by("david"), None);
    }

    #[test]
    fn gap_filling_is_the_originals_but_for_its_rounded_times() {
        let Some(folder) = reference("gap-filling", "decloud/models") else { return };
        let dir = tempfile::tempdir().unwrap();
        let to = dir.path().join("o.safetensors");
        let options = RunOptions { pads: vec![32], scaled: false };
        let inputs = folder.join("inputs.safetensors");
        fill_arrays("s2_target", &inputs, &options, &to).unwrap();
        let wanted = read_tensors(&folder.join("crga_os2_gapfilling.safetensors"));
        let got = read_tensors(&to);
        assert_eq!(got.len(), wanted.len());
        for (name, tensor) in &wanted {
            let most = if name.ends_with("_pad32") { 10.0 } else { 1e-3 };
            let far = (&got[name] - tensor).abs().max().double_value(&[]);
            assert!(far < most, "{name} {far}");
        }
    }
}
