//! `david`: a small network of three dates without skips, for tests and slow machines
//! (`crga_os2_david`, `crga_os2_david_all_bands`).

use std::collections::BTreeMap;

use tch::Tensor;

use super::blend::Blend;
use super::conv::Conv;
use super::design::Design;
use super::encoder::{Coarse, Stem};
use super::initial::Initial;
use super::layers::Layers;
use super::{Card, Estimate, Head, Network, inputs, msop_unet};
use crate::archive::Layer;
use crate::error::Result;

struct David {
    layers: Layers,
    stem: Stem,
    roles: Vec<String>,
    blend: Blend,
    coarse: Option<Blend>,
}

/// Of a card with inputs of `msop-unet`.
pub(super) fn design(card: &Card) -> Result<Design> {
    over(card, Stem::of(card, &msop_unet::DATES))
}

/// The same over any dates.
pub(super) fn over(card: &Card, stem: Stem) -> Result<Design> {
    let (w, n) = (stem.width, stem.dates.len() as i64);
    let blend = Blend::new(card.head, Layer::S2Fine, stem.optical());
    let coarse = (stem.coarse != Coarse::None)
        .then(|| Blend::new(card.head, Layer::S2Coarse, stem.optical_coarse()));
    // The original ends with a ReLU; a blend's weights need both signs.
    let end = |conv: Conv| if card.head == Head::Plain { conv } else { conv.linear() };
    let mut convs = stem.convs()?;
    convs.extend([
        Conv::down("conv3", stem.joined(), 4 * w),
        Conv::up("deconv1", n * 4 * w, 2 * w),
        Conv::up("deconv2", 2 * w, w),
        end(Conv::new("s2_estim", w, blend.channels(), 5)),
    ]);
    if let Some(coarse) = &coarse {
        convs.push(Conv::turn("deconv2_20m", 2 * w, w));
        convs.push(end(Conv::new("s2_20m_estim", w, coarse.channels(), 3)));
    }
    let roles = card.inputs.clone();
    let build =
        move |layers| Box::new(David { layers, stem, roles, blend, coarse }) as Box<dyn Network>;
    Ok(Design { convs, initial: Initial::Glorot, build: Box::new(build) })
}

impl Network for David {
    fn forward(&self, inputs: &BTreeMap<String, Tensor>) -> Result<Estimate> {
        inputs::check(inputs, &self.roles, self.multiple())?;
        let relief = self.stem.relief(&self.layers, inputs)?;
        let apart = relief.as_ref().filter(|_| self.stem.apart());
        let conv3 = self.layers.shared("conv3", apart)?;
        let mut codes = Vec::new();
        for date in &self.stem.dates {
            let (_, coarse) = self.stem.run(&self.layers, date, inputs, relief.as_ref())?;
            codes.push(conv3.run(&coarse)?);
        }
        let x = self.layers.run("deconv1", &Tensor::f_cat(&codes, 1)?)?;
        let coarse = match &self.coarse {
            Some(blend) => {
                let last = self.layers.run("deconv2_20m", &x)?;
                Some(blend.image(self.layers.run("s2_20m_estim", &last)?, inputs)?)
            }
            None => None,
        };
        let last = self.layers.run("deconv2", &x)?;
        let fine = self.blend.image(self.layers.run("s2_estim", &last)?, inputs)?;
        Ok(Estimate { fine, coarse })
    }

    fn support(&self) -> usize {
        if self.coarse.is_some() { 13 } else { 10 }
    }

    fn multiple(&self) -> usize {
        4
    }
}
