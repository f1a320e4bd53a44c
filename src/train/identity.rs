//! What makes a run the same run.

use std::collections::BTreeMap;

use serde_json::json;

use super::job::TrainJob;
use super::measure::Measure;
use super::options::TrainOptions;
use crate::error::Result;
use crate::models::Card;
use crate::tensors::{role_layer, scale};

/// Everything that changes the weights, by name: a checkpoint of another is not resumed, and weights
/// carry it.
pub(super) fn identity(job: &TrainJob<'_>, o: &TrainOptions) -> BTreeMap<String, String> {
    let or_none = |value: Option<String>| value.unwrap_or_else(|| "none".to_owned());
    let pairs = [
        ("card", json!(job.card).to_string()),
        ("split", job.samples.split_text()),
        ("layout", job.samples.layout.clone()),
        ("query_hash", job.samples.query_hash.clone()),
        ("snapshot", job.snapshot.to_owned()),
        ("seed", o.seed.to_string()),
        ("batch", o.batch.to_string()),
        // Sums differ in their last bits from one kind of device to another.
        ("device", if o.device.is_cuda() { "cuda" } else { "cpu" }.to_owned()),
        // Shares of a batch are summed in another order than the whole.
        ("device count", (1 + o.beside.len()).to_string()),
        ("accumulate", o.accumulate.to_string()),
        ("steps", o.steps.to_string()),
        ("steps_per_epoch", o.steps_per_epoch.to_string()),
        ("loss", o.loss.to_string()),
        ("optimiser", o.optimiser.to_string()),
        ("rate", o.rate.to_string()),
        ("schedule", o.schedule.to_string()),
        ("warmup", o.warmup.to_string()),
        ("clip", or_none(o.clip.map(|c| c.to_string()))),
        ("best", o.monitor.metric.clone()),
        ("patience", or_none(o.monitor.patience.map(|p| p.to_string()))),
        ("min_delta", o.monitor.min_delta.to_string()),
        ("valid_max", o.valid_max.to_string()),
        ("augment", o.augment.to_string()),
        ("crop", or_none(o.crop.map(|side| side.to_string()))),
        ("control", or_none(o.control.map(|c| c.name().to_owned()))),
        ("bf16", o.bf16.to_string()),
        ("channels_last", o.channels_last.to_string()),
    ];
    pairs.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()
}

/// What weights say of themselves: what made them, the bands of each role and what their stored numbers are multiplied by,
/// and every score over all bands of the validation that chose them.
pub(super) fn label(
    identity: &BTreeMap<String, String>,
    card: &Card,
    found: &[Measure],
) -> Result<BTreeMap<String, String>> {
    let mut about = identity.clone();
    let (mut bands, mut scales) = (serde_json::Map::new(), serde_json::Map::new());
    let target = [Some(card.target.clone()), card.coarse_target()];
    for role in card.inputs.iter().cloned().chain(target.into_iter().flatten()) {
        let layer = role_layer(&role)?;
        bands.insert(role.clone(), json!(layer.bands()));
        scales.insert(role, json!(scale(layer)));
    }
    about.insert("bands".to_owned(), json!(bands).to_string());
    about.insert("scale".to_owned(), json!(scales).to_string());
    for m in found.iter().filter(|m| m.split == "valid" && m.band == "all") {
        about.insert(format!("valid_{}", m.metric), m.value.to_string());
        about.insert("step".to_owned(), m.step.to_string());
    }
    Ok(about)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_say_of_which_bands_they_are_and_how_good() {
        let card = Card::open("ssop-unet").unwrap();
        let score = |split: &str, metric: &str, band: &str| Measure {
            step: 7,
            epoch: 1,
            split: split.into(),
            metric: metric.into(),
            band: band.into(),
            value: 0.5,
            unit: "1".into(),
        };
        let found = [
            score("valid", "psnr", "all"),
            score("valid", "mae", "B02"),
            score("train", "wait_share", "all"),
        ];
        let made = BTreeMap::from([("seed".to_owned(), "3".to_owned())]);
        let about = label(&made, &card, &found).unwrap();
        let names: Vec<&str> = about.keys().map(String::as_str).collect();
        assert_eq!(names, ["bands", "scale", "seed", "step", "valid_psnr"]);
        assert!(about["bands"].contains(r#""s2_target":["B02","B03","B04","B08"]"#), "{about:?}");
        assert!(about["bands"].contains(r#""s1_t":["VV","VH"]"#), "{about:?}");
        assert!(about["scale"].contains(r#""dem":0.0001"#), "{about:?}");
        assert_eq!((about["step"].as_str(), about["valid_psnr"].as_str()), ("7", "0.5"));
    }
}
