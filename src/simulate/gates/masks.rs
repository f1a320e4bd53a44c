//! Gate 6: the processor's mask makes the mistakes of such masks.

use super::super::mask::bits;
use super::Stop;
use super::measure::{Gate, Measure};
use super::written::Written;
use crate::error::Result;

/// Pixels by what was there and what the mask says.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
struct Confusion {
    cloud_found: f64,
    cloud_missed: f64,
    /// Clear ground called cloud.
    cloud_invented: f64,
    ground: f64,
    shadow_found: f64,
    shadow_missed: f64,
    shadow_invented: f64,
    /// Shadow called cloud, and cloud called shadow.
    shadow_as_cloud: f64,
    cloud_as_shadow: f64,
    /// Pixels that the mask calls clear, and those of them that are cloud or shadow.
    called_clear: f64,
    unseen_shadow: f64,
    thick: f64,
    thick_found: f64,
    contaminated: f64,
}

/// Compares every mask with the true sky.
pub(super) fn masks(written: &Written, stop: Stop<'_>) -> Result<Gate> {
    let side = written.world.side;
    let mut all = Confusion::default();
    for date in written.tiles.iter().flat_map(|t| &t.optical) {
        stop()?;
        all.add(&date.sky(side)?, &date.mask(side)?, &date.edge(side)?);
    }
    let percent = |a: f64, b: f64| 100.0 * a / b.max(1.0);
    let measures = vec![
        Measure::within("recall of clouds", all.recall(), 0.85..=0.95),
        Measure::within("F1 of shadows", all.shadow_f1(), 0.65..=0.78),
        Measure::aside("the same against clear ground alone", all.shadow_f1_of_ground()),
        Measure::aside("percent of shadows that are not called so", all.shadow_omission()),
        Measure::within(
            "percent of the pixels called clear that are cloud",
            percent(all.contaminated, all.called_clear),
            2.0..=6.0,
        ),
        Measure::aside("percent that are shadow, if only faint", {
            percent(all.unseen_shadow, all.called_clear)
        }),
        Measure::aside("recall of thick clouds", all.thick_found / all.thick),
        Measure::aside(
            "percent of clear ground called cloud",
            percent(all.cloud_invented, all.ground),
        ),
    ];
    Ok(Gate {
        number: 6,
        name: "masks miss some cloud and much shadow",
        measures,
        advice: "look at the shares of mistakes in mask.rs",
    })
}

impl Confusion {
    fn add(&mut self, sky: &[u8], mask: &[u8], edge: &[u8]) {
        let cloud_bits = bits::CLOUD | bits::THIN | bits::HIGH;
        let shadow_bits = bits::SHADOW | bits::SHADOW_FROM_OUTSIDE;
        for ((sky, mask), _) in sky.iter().zip(mask).zip(edge).filter(|(_, e)| **e == 0) {
            let cloud = mask & cloud_bits != 0;
            let shadow = !cloud && mask & shadow_bits != 0;
            let one = |yes: bool| f64::from(u8::from(yes));
            let covered = matches!(sky, 1 | 2);
            self.cloud_found += one(covered && cloud);
            self.cloud_missed += one(covered && !cloud);
            self.ground += one(*sky == 0);
            self.cloud_invented += one(*sky == 0 && cloud);
            self.shadow_found += one(*sky == 3 && shadow);
            self.shadow_missed += one(*sky == 3 && !shadow && !cloud);
            self.shadow_invented += one(*sky != 3 && !covered && shadow);
            self.shadow_as_cloud += one(*sky == 3 && cloud);
            self.cloud_as_shadow += one(covered && shadow);
            self.called_clear += one(!cloud && !shadow);
            self.unseen_shadow += one(!cloud && !shadow && *sky == 3);
            self.thick += one(*sky == 1);
            self.thick_found += one(*sky == 1 && cloud);
            self.contaminated += one(!cloud && !shadow && covered);
        }
    }

    fn recall(&self) -> f64 {
        self.cloud_found / (self.cloud_found + self.cloud_missed)
    }

    /// As masks are compared class by class: a shadow that is called cloud is missed, a cloud that is called shadow invented.
    fn shadow_f1(&self) -> f64 {
        let right = 2.0 * self.shadow_found;
        let taken = self.shadow_as_cloud + self.cloud_as_shadow;
        right / (right + self.shadow_missed + self.shadow_invented + taken)
    }

    /// Where cloud and shadow are taken for one another the pixel is lost either way: not a mistake here.
    fn shadow_f1_of_ground(&self) -> f64 {
        let right = 2.0 * self.shadow_found;
        right / (right + self.shadow_missed + self.shadow_invented)
    }

    fn shadow_omission(&self) -> f64 {
        let lost = self.shadow_missed + self.shadow_as_cloud;
        100.0 * lost / (lost + self.shadow_found).max(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constructed_masks_have_the_recall_and_f1_that_they_were_built_with() {
        let mut all = Confusion::default();
        // 100 pixels each: cloud (90 found, 5 called shadow), shadow (60 found, 20 under cloud, 20 missed), clear (10
        // called shadow, 5 called cloud), and a strip outside the swath that must not count.
        let sky: Vec<u8> = [1u8, 3, 0, 1].iter().flat_map(|v| vec![*v; 100]).collect();
        let mut mask = vec![0u8; 400];
        mask[..90].fill(bits::CLOUD);
        mask[90..95].fill(bits::SHADOW);
        mask[100..160].fill(bits::SHADOW);
        mask[160..180].fill(bits::CLOUD);
        mask[200..210].fill(bits::SHADOW_FROM_OUTSIDE);
        mask[210..215].fill(bits::THIN);
        let edge: Vec<u8> = (0..400).map(|i| u8::from(i >= 300)).collect();
        all.add(&sky, &mask, &edge);
        assert!((all.recall() - 0.9).abs() < 1e-9);
        assert!((all.shadow_f1_of_ground() - 120.0 / (120.0 + 20.0 + 10.0)).abs() < 1e-9);
        assert!((all.shadow_f1() - 120.0 / (150.0 + 20.0 + 5.0)).abs() < 1e-9);
        assert!((all.shadow_omission() - 40.0).abs() < 1e-9);
        assert_eq!((all.cloud_invented, all.ground), (5.0, 100.0));
        assert_eq!(all.called_clear, 5.0 + 20.0 + 85.0);
        assert_eq!((all.contaminated, all.unseen_shadow), (5.0, 20.0));
        assert_eq!((all.thick, all.thick_found), (100.0, 90.0));
    }
}
