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

/// What the encoder leaves.
struct Features {
    /// Of all dates, in their order. Level 0 is 10 m, level 5 the code at 320 m.
    levels: [Vec<Tensor>; 6],
    /// Elevation at 20 m, where it stands beside every date.
    relief: Option<Tensor>,
}

impl Unet {
    fn encode(&self, inputs: &BTreeMap<String, Tensor>) -> Result<Features> {
        let relief = self.stem.relief(&self.layers, inputs)?;
        let apart = relief.as_ref().filter(|_| self.stem.apart());
        let conv3 = self.layers.shared("conv3", apart)?;
        let mut levels: [Vec<Tensor>; 6] = Default::default();
        for date in &self.stem.dates {
            let (fine, coarse) = self.stem.run(&self.layers, date, inputs, relief.as_ref())?;
            levels[0].push(fine);
            levels[2].push(conv3.run(&coarse)?);
            levels[1].push(coarse);
            for level in 3..6 {
                let x = &levels[level - 1][levels[level - 1].len() - 1];
                let y = self.layers.run(&format!("conv{}", level + 1), x)?;
                levels[level].push(y);
            }
        }
        Ok(Features { levels, relief: apart.map(Tensor::shallow_clone) })
    }

    /// A layer that takes in the features of all dates at 20 m and what comes up.
    fn decode_20m(&self, name: &str, features: &Features, x: &Tensor) -> Result<Tensor> {
        let dates = &features.levels[1];
        let mut parts: Vec<&Tensor> = dates.iter().chain(&features.relief).collect();
        let mut order = Vec::new();
        for date in 0..dates.len() {
            order.push(date);
            order.extend(features.relief.as_ref().map(|_| dates.len()));
        }
        order.push(parts.len());
        parts.push(x);
        self.layers.run_joined(name, &parts, &order)
    }
}

fn joined(skips: &[Tensor], x: &Tensor) -> Result<Tensor> {
    let parts: Vec<&Tensor> = skips.iter().chain([x]).collect();
    Ok(Tensor::f_cat(&parts, 1)?)
}

impl Network for Unet {
    fn forward(&self, inputs: &BTreeMap<String, Tensor>) -> Result<Estimate> {
        inputs::check(inputs, &self.roles, self.multiple())?;
        let features = self.encode(inputs)?;
        let levels = &features.levels;
        let mut x = self.layers.run("deconv1", &Tensor::f_cat(&levels[5], 1)?)?;
        for (step, skips) in levels[2..5].iter().rev().enumerate() {
            x = self.layers.run(&format!("deconv{}", step + 2), &joined(skips, &x)?)?;
        }
        let coarse = match &self.coarse {
            Some(blend) => {
                let last = self.decode_20m("deconv5_20m", &features, &x)?;
                Some(blend.image(self.layers.run("s2_20m_estim", &last)?, inputs)?)
            }
            None => None,
        };
        x = self.decode_20m("deconv5", &features, &x)?;
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
