//! The study's U-Net over any number of dates: one encoder shared by all of them, one decoder.
//!
//! Every date leaves its features at 10, 20, 40, 80 and 160 m; the decoder starts from all codes at
//! 320 m and joins the features of all dates, in their order, before each step up. With 20 m bands
//! a second head leaves the decoder at 20 m, before its last step. No residual to the input.

use std::collections::BTreeMap;

use tch::Tensor;

use super::blend::Blend;
use super::conv::Conv;
use super::design::Design;
use super::encoder::{Coarse, Stem};
use super::initial::Initial;
use super::layers::Layers;
use super::{Card, Estimate, Network, inputs};
use crate::archive::Layer;
use crate::error::Result;

/// What differs between the study's U-Nets.
pub(super) struct Plan {
    pub stem: Stem,
    pub initial: Initial,
    /// Whether the features at 10 m are joined before the last layer.
    pub fine_skips: bool,
}

struct Unet {
    layers: Layers,
    stem: Stem,
    fine_skips: bool,
    roles: Vec<String>,
    blend: Blend,
    coarse: Option<Blend>,
}

/// The layers of a U-Net with this stem.
pub(super) fn design(card: &Card, plan: Plan) -> Result<Design> {
    let Plan { stem, initial, fine_skips } = plan;
    let (w, n) = (stem.width, stem.dates.len() as i64);
    let blend = Blend::new(card.head, Layer::S2Fine, stem.optical());
    let coarse = (stem.coarse != Coarse::None)
        .then(|| Blend::new(card.head, Layer::S2Coarse, stem.optical_coarse()));
    let at_20m = n * stem.joined() + 2 * w;
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
        Conv::up("deconv5", at_20m, w),
    ]);
    let last = if fine_skips { n * w + w } else { w };
    convs.push(Conv::new("s2_estim", last, blend.channels(), 5).linear());
    if let Some(coarse) = &coarse {
        convs.push(Conv::turn("deconv5_20m", at_20m, w));
        convs.push(Conv::new("s2_20m_estim", w, coarse.channels(), 3).linear());
    }
    let roles = card.inputs.clone();
    let build = move |layers| {
        Box::new(Unet { layers, stem, fine_skips, roles, blend, coarse }) as Box<dyn Network>
    };
    Ok(Design { convs, initial, build: Box::new(build) })
}

impl Unet {
    /// The features of all dates, in their order. Level 0 is 10 m, level 5 the code at 320 m.
    fn encode(&self, inputs: &BTreeMap<String, Tensor>) -> Result<[Vec<Tensor>; 6]> {
        let relief = self.stem.relief(&self.layers, inputs)?;
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
        Ok(levels)
    }
}

fn joined(skips: &[Tensor], x: &Tensor) -> Result<Tensor> {
    let parts: Vec<&Tensor> = skips.iter().chain([x]).collect();
    Ok(Tensor::f_cat(&parts, 1)?)
}

impl Network for Unet {
    fn forward(&self, inputs: &BTreeMap<String, Tensor>) -> Result<Estimate> {
        inputs::check(inputs, &self.roles, self.multiple())?;
        let levels = self.encode(inputs)?;
        let mut x = Tensor::f_cat(&levels[5], 1)?;
        for (step, skips) in levels[1..5].iter().rev().enumerate() {
            x = self.layers.run(&format!("deconv{}", step + 1), &x)?;
            x = joined(skips, &x)?;
        }
        let coarse = match &self.coarse {
            Some(blend) => {
                let last = self.layers.run("deconv5_20m", &x)?;
                Some(blend.image(self.layers.run("s2_20m_estim", &last)?, inputs)?)
            }
            None => None,
        };
        x = self.layers.run("deconv5", &x)?;
        if self.fine_skips {
            x = joined(&levels[0], &x)?;
        }
        let fine = self.blend.image(self.layers.run("s2_estim", &x)?, inputs)?;
        Ok(Estimate { fine, coarse })
    }

    fn support(&self) -> usize {
        if self.coarse.is_some() { 68 } else { 66 }
    }

    fn multiple(&self) -> usize {
        32
    }
}
