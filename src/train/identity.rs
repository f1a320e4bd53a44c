//! What makes a run the same run.

use std::collections::BTreeMap;

use super::job::TrainJob;
use super::options::TrainOptions;

/// Everything that changes the weights, by name: a checkpoint of another is not resumed, and weights
/// carry it.
pub(super) fn identity(job: &TrainJob<'_>, o: &TrainOptions) -> BTreeMap<String, String> {
    let or_none = |value: Option<String>| value.unwrap_or_else(|| "none".to_owned());
    let pairs = [
        ("card", serde_json::json!(job.card).to_string()),
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
