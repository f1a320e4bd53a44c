//! The study's U-Net over any number of dates: one encoder shared by all of them, one decoder.
//!
//! Every date leaves its features at 10, 20, 40, 80 and 160 m; the decoder starts from all codes at
//! 320 m and joins the features of all dates, in their order, before each step up. No residual to
//! the input.

use std::collections::BTreeMap;

use tch::Tensor;

use super::conv::Conv;
use super::design::Design;
use super::encoder::Stem;
use super::initial::Initial;
use super::layers::Layers;
use super::{Card, Head, Network, blend, inputs};
use crate::error::Result;

struct Unet {
    layers: Layers,
    stem: Stem,
    roles: Vec<String>,
    head: Head,
}

/// The layers of a U-Net with this stem.
pub(super) fn design(card: &Card, stem: Stem, initial: Initial) -> Result<Design> {
    let (w, n) = (stem.width, stem.dates.len() as i64);
    let mut convs = stem.convs()?;
    convs.extend([
        Conv::down("conv3", stem.joined(), 4 * w),
        Conv::down("conv4", 4 * w, 8 * w),
        Conv::down("conv5", 8 * w, 8 * w),
        Conv::down("conv6", 8 * w, 8 * w),
        Conv::up("deconv1", n * 8 * w, 8 * w),
        Conv::up("deconv2", n * 8 * w + 8 * w, 8 * w),
        Conv::up("deconv3", n * 8 * w + 8 * w, 4 * w),
        Conv::up("deconv4", n * 4 * w + 4 * w, 2 * w),
        Conv::up("deconv5", n * stem.joined() + 2 * w, w),
    ]);
    let last = blend::channels(card.head, &stem.optical());
    convs.push(Conv::new("s2_estim", n * w + w, last, 5).linear());
    let (roles, head) = (card.inputs.clone(), card.head);
    let build = move |layers| Box::new(Unet { layers, stem, roles, head }) as Box<dyn Network>;
    Ok(Design { convs, initial, build: Box::new(build) })
}

impl Network for Unet {
    fn forward(&self, inputs: &BTreeMap<String, Tensor>) -> Result<Tensor> {
        inputs::check(inputs, &self.roles, self.multiple())?;
        let relief = self.stem.relief(&self.layers, inputs)?;
        // Level 0 is 10 m, level 5 the code at 320 m.
        let mut levels: [Vec<Tensor>; 6] = Default::default();
        for date in &self.stem.dates {
            let (fine, coarse) = self.stem.run(&self.layers, date, inputs, relief.as_ref())?;
            levels[0].push(fine);
            levels[1].push(coarse);
            for level in 2..6 {
                let x = &levels[level - 1][levels[level - 1].len() - 1];
                let y = self.layers.run(&format!("conv{}", level + 1), x)?;
                levels[level].push(y);
            }
        }
        let mut x = Tensor::f_cat(&levels[5], 1)?;
        for (step, skips) in levels[..5].iter().rev().enumerate() {
            x = self.layers.run(&format!("deconv{}", step + 1), &x)?;
            let parts: Vec<&Tensor> = skips.iter().chain([&x]).collect();
            x = Tensor::f_cat(&parts, 1)?;
        }
        let last = self.layers.run("s2_estim", &x)?;
        blend::image(self.head, last, &self.stem.optical(), inputs)
    }

    fn support(&self) -> usize {
        66
    }

    fn multiple(&self) -> usize {
        32
    }
}
