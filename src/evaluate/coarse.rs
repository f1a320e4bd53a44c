//! The 20 m bands of the answers, and where they count.

use tch::{Kind, Tensor};

use super::answer::{get, torch};
use crate::archive::Layer;
use crate::error::Result;
use crate::metrics::{Maps, Target, Totals};
use crate::tensors::Batch;

/// What a batch's 20 m bands are compared with.
pub(super) struct Coarse {
    target: Target,
    /// Pixels that count, bool `[b, 1, h / 2, w / 2]`.
    valid: Tensor,
}

impl Coarse {
    /// The tensor `name` of a batch. A pixel of 20 m is hidden where one of its four of 10 m is.
    pub(super) fn of(batch: &Batch, name: &str) -> Result<Self> {
        let mut valid = get(batch, &format!("valid_{name}"))?.shallow_clone();
        if let Some(hidden) = batch.tensors.get("hidden") {
            let seen = hidden
                .f_to_kind(Kind::Float)
                .and_then(|h| h.f_max_pool2d([2, 2], [2, 2], [0, 0], [1, 1], false))
                .and_then(|h| h.f_lt(0.5));
            valid = seen.and_then(|seen| valid.f_logical_and(&seen)).map_err(torch)?;
        }
        let target = Target::of(Layer::S2Coarse.bands(), get(batch, name)?, &valid)?;
        Ok(Self { target, valid })
    }

    /// Sums of each image of an answer, reflectance `[b, 6, h / 2, w / 2]`, over the pixels that count.
    pub(super) fn totals(&self, answer: &Tensor) -> Result<Vec<Totals>> {
        Maps::of(&self.target, answer, &self.valid)?.totals(&self.valid)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use tch::Device;

    use super::*;

    #[test]
    fn a_pixel_counts_where_none_of_its_four_is_hidden() {
        let image = Tensor::full([1, 6, 2, 2], 0.2, (Kind::Float, Device::Cpu));
        let flags = |side: i64| Tensor::zeros([1, 1, side, side], (Kind::Bool, Device::Cpu));
        let hidden = flags(4);
        // The right of the upper left four; no data is what the lower right of 20 m is.
        let _ = hidden.narrow(2, 0, 1).narrow(3, 1, 1).fill_(1);
        let valid = flags(2).logical_not();
        let _ = valid.narrow(2, 1, 1).narrow(3, 1, 1).fill_(0);
        let mut tensors = BTreeMap::new();
        tensors.insert("s2_20m_target".to_owned(), image.shallow_clone());
        tensors.insert("valid_s2_20m_target".to_owned(), valid);
        tensors.insert("hidden".to_owned(), hidden);
        let batch = Batch { tensors, names: vec!["a".into()] };
        let totals = Coarse::of(&batch, "s2_20m_target").unwrap().totals(&(image + 0.1)).unwrap();
        assert_eq!(totals[0].pixels(), 2.0);
        assert!((totals[0].absolute() / totals[0].values() - 0.1).abs() < 1e-6);
    }
}
