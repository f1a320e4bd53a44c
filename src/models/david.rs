//! `david`: a small network of three dates without skips, for tests and slow machines
//! (`crga_os2_david`).

use std::collections::BTreeMap;

use tch::Tensor;

use super::conv::Conv;
use super::design::{Design, check_inputs};
use super::encoder::Stem;
use super::initial::Initial;
use super::layers::Layers;
use super::{Card, Head, Network, blend, inputs, msop_unet};
use crate::error::Result;

struct David {
    layers: Layers,
    stem: Stem,
    roles: Vec<String>,
    head: Head,
}

/// Refuses inputs other than those of `msop-unet`.
pub(super) fn design(card: &Card) -> Result<Design> {
    check_inputs(card, &msop_unet::choices())?;
    let stem = Stem::of(card, &msop_unet::DATES);
    let (w, n) = (stem.width, stem.dates.len() as i64);
    let mut convs = stem.convs()?;
    let estimate = Conv::new("s2_estim", w, blend::channels(card.head, &stem.optical()), 5);
    convs.extend([
        Conv::down("conv3", stem.joined(), 4 * w),
        Conv::up("deconv1", n * 4 * w, 2 * w),
        Conv::up("deconv2", 2 * w, w),
        // The original ends with a ReLU; a blend's weights need both signs.
        if card.head == Head::Plain { estimate } else { estimate.linear() },
    ]);
    let (roles, head) = (card.inputs.clone(), card.head);
    let build = move |layers| Box::new(David { layers, stem, roles, head }) as Box<dyn Network>;
    Ok(Design { convs, initial: Initial::Glorot, build: Box::new(build) })
}

impl Network for David {
    fn forward(&self, inputs: &BTreeMap<String, Tensor>) -> Result<Tensor> {
        inputs::check(inputs, &self.roles, self.multiple())?;
        let relief = self.stem.relief(&self.layers, inputs)?;
        let mut codes = Vec::new();
        for date in &self.stem.dates {
            let (_, coarse) = self.stem.run(&self.layers, date, inputs, relief.as_ref())?;
            codes.push(self.layers.run("conv3", &coarse)?);
        }
        let x = self.layers.run("deconv1", &Tensor::f_cat(&codes, 1)?)?;
        let x = self.layers.run("deconv2", &x)?;
        let last = self.layers.run("s2_estim", &x)?;
        blend::image(self.head, last, &self.stem.optical(), inputs)
    }

    fn support(&self) -> usize {
        10
    }

    fn multiple(&self) -> usize {
        4
    }
}
