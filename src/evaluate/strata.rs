//! Parts of the pixels that are scored apart.

use tch::{Kind, TchError, Tensor};

use super::cover::Cover;
use crate::error::{Error, Result};
use crate::tensors::Batch;

/// Names and meanings of the parts, in the order of [`masks`].
const PIXELS: [(&str, &str); 12] = [
    ("all", "every pixel that counts"),
    ("cloudy at t", "cloud, thin cloud or shadow in the mask of t"),
    ("clear at t", "none of them"),
    ("opaque at t", "opaque cloud in the mask of t"),
    ("thin at t", "thin cloud in the mask of t"),
    ("shadow at t", "shadow in the mask of t"),
    (
        "changed",
        "root mean square of bands moved by more than 0.04 between t-1 and t+1, both clear",
    ),
    ("unchanged", "it did not"),
    ("ground: water or dark", "target below 0.1 in B08"),
    ("ground: bare", "target's NDVI below 0.3, not dark"),
    ("ground: sparse", "target's NDVI 0.3 to 0.6, not dark"),
    ("ground: dense", "target's NDVI of 0.6 or more, not dark"),
];

/// All parts: these, and the kinds of a map of land cover.
pub(super) fn parts(cover: Option<&Cover>) -> Vec<(String, String)> {
    let own = PIXELS.iter().map(|(name, meaning)| ((*name).to_owned(), (*meaning).to_owned()));
    own.chain(cover.into_iter().flat_map(Cover::parts)).collect()
}

/// Root mean square of the bands' moves beyond which ground counts as changed, reflectance.
const CHANGE: f64 = 0.04;
/// B08 below which ground is water or too dark to have an index.
const DARK: f64 = 0.1;

/// One mask a part, bool `[b, 1, h, w]`; none where the batch cannot tell. `target` is reflectance of
/// B02 B03 B04 B08.
pub(super) fn masks(batch: &Batch, target: &Tensor, valid: &Tensor) -> Result<Vec<Option<Tensor>>> {
    compute(batch, target, valid)
        .map_err(|e| Error::from(e).context("parting the pixels of a batch"))
}

fn compute(
    batch: &Batch,
    target: &Tensor,
    valid: &Tensor,
) -> std::result::Result<Vec<Option<Tensor>>, TchError> {
    let flag = |name: &str| batch.tensors.get(name).map(Tensor::shallow_clone);
    let not = |t: Option<&Tensor>| t.map(Tensor::f_logical_not).transpose();
    let cloudy = flag("cloudy");
    let mut all = vec![Some(valid.shallow_clone())];
    let clear = not(cloudy.as_ref())?;
    all.extend([cloudy, clear, flag("opaque"), flag("thin"), flag("shadow")]);
    let (changed, unchanged) = match changes(batch)? {
        Some((moved, known)) => {
            let still = moved.f_logical_not()?.f_logical_and(&known)?;
            (Some(moved.f_logical_and(&known)?), Some(still))
        }
        None => (None, None),
    };
    all.extend([changed, unchanged]);
    all.extend(covers(target)?.map(Some));
    Ok(all)
}

/// Where the ground moved between the dates around t, and where both show it.
fn changes(batch: &Batch) -> std::result::Result<Option<(Tensor, Tensor)>, TchError> {
    let get = |name: &str| batch.tensors.get(name);
    let Some((before, after)) = get("before").zip(get("after")) else { return Ok(None) };
    let (a, b) = (get("valid_before"), get("valid_after"));
    let Some((a, b)) = a.zip(b) else { return Ok(None) };
    let mut known = a.f_logical_and(b)?;
    for name in ["hidden_before", "hidden_after"] {
        if let Some(hidden) = get(name) {
            known = known.f_logical_and(&hidden.f_logical_not()?)?;
        }
    }
    // [b, c, h, w] -> [b, 1, h, w]
    let squares = after.f_sub(before)?.f_square()?;
    let mean = squares.f_mean_dim([1_i64].as_slice(), true, Kind::Float)?;
    Ok(Some((mean.f_gt(CHANGE * CHANGE)?, known)))
}

/// Dark, bare, sparse and dense ground of the target.
fn covers(target: &Tensor) -> std::result::Result<[Tensor; 4], TchError> {
    let (red, infrared) = (target.f_narrow(1, 2, 1)?, target.f_narrow(1, 3, 1)?);
    let dark = infrared.f_lt(DARK)?;
    let lit = dark.f_logical_not()?;
    let index = infrared.f_sub(&red)?.f_div(&infrared.f_add(&red)?.f_clamp_min(1e-6)?)?;
    let between = |low: f64, high: f64| {
        index.f_ge(low)?.f_logical_and(&index.f_lt(high)?)?.f_logical_and(&lit)
    };
    Ok([
        dark.shallow_clone(),
        between(f64::NEG_INFINITY, 0.3)?,
        between(0.3, 0.6)?,
        between(0.6, f64::INFINITY)?,
    ])
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn row(values: &[f32]) -> Tensor {
        Tensor::from_slice(values).view([1, 1, 1, values.len() as i64])
    }

    fn bools(mask: &Option<Tensor>) -> Vec<bool> {
        Vec::<bool>::try_from(mask.as_ref().unwrap().view([-1])).unwrap()
    }

    #[test]
    fn each_ground_has_one_cover_and_a_change_needs_two_clear_dates() {
        let (zero, red) = (row(&[0.0; 4]), row(&[0.02, 0.3, 0.1, 0.05]));
        let infrared = row(&[0.03, 0.35, 0.3, 0.45]);
        let target = Tensor::cat(&[&zero, &zero, &red, &infrared], 1);
        let valid = row(&[1.0; 4]).to_kind(Kind::Bool);
        let mut tensors = BTreeMap::new();
        tensors.insert("before".to_owned(), target.shallow_clone());
        let moved = row(&[0.05, 0.0, 0.05, 0.03]).expand([1, 4, 1, 4], false);
        tensors.insert("after".to_owned(), &target + moved);
        tensors.insert("valid_before".to_owned(), valid.shallow_clone());
        tensors.insert("valid_after".to_owned(), valid.shallow_clone());
        let hidden = row(&[0.0, 0.0, 1.0, 0.0]).to_kind(Kind::Bool);
        tensors.insert("hidden_after".to_owned(), hidden);
        let batch = Batch { tensors, names: vec!["a".into()] };
        let masks = masks(&batch, &target, &valid).unwrap();
        assert_eq!(masks.len(), PIXELS.len());
        for (cover, at) in (8..12).zip(0..4) {
            let want: Vec<bool> = (0..4).map(|i| i == at).collect();
            assert_eq!(bools(&masks[cover]), want, "{}", PIXELS[cover].0);
        }
        assert_eq!(bools(&masks[6]), [true, false, false, false]);
        assert_eq!(bools(&masks[7]), [false, true, false, true]);
        assert!(masks[1].is_none(), "nothing is said of clouds");
        let mut tensors = BTreeMap::new();
        for (i, name) in ["cloudy", "opaque", "thin", "shadow"].into_iter().enumerate() {
            let only: Vec<f32> = (0..4).map(|k| f32::from(u8::from(k == i))).collect();
            tensors.insert(name.to_owned(), row(&only).to_kind(Kind::Bool));
        }
        let batch = Batch { tensors, names: vec!["a".into()] };
        let masks = super::masks(&batch, &target, &valid).unwrap();
        for (part, want) in [(1, 0), (3, 1), (4, 2), (5, 3)] {
            let want: Vec<bool> = (0..4).map(|k| k == want).collect();
            assert_eq!(bools(&masks[part]), want, "{}", PIXELS[part].0);
        }
        assert_eq!(bools(&masks[2]), [false, true, true, true]);
    }
}
