//! What a resume needs, published as one folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tch::{Device, Tensor};

use super::adam::Adam;
use super::curve::Curve;
use super::measure::{self, Measure};
use crate::error::{Error, Kind, Result, While};
use crate::models::Model;
use crate::store::{self, PendingFolder};

/// Version of the checkpoint's folder.
pub(super) const VERSION: u32 = 3;

/// Where a run stands, between two steps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    pub(super) version: u32,
    /// What must not change between the runs: card, split, query, snapshot, seed, and every option that
    /// changes the weights.
    pub(super) identity: BTreeMap<String, String>,
    pub(super) epochs_done: u64,
    pub(super) step: u64,
}

fn folder(out: &Path) -> PathBuf {
    out.join("checkpoint")
}

/// Publishes the checkpoint whole: a kill leaves the last one.
pub(super) fn save(
    out: &Path,
    state: &State,
    model: &Model,
    adam: &Adam,
    (curve, measures): (&Curve, &[Measure]),
) -> Result<()> {
    let pending = PendingFolder::new(&folder(out))?;
    let at = |name: &str| pending.path().join(name);
    model.save(&at("weights.safetensors"), &state.identity)?;
    // tch picks the format by the extension, so the name aside keeps it.
    let moments = at("optimiser.safetensors");
    Tensor::write_safetensors(&adam.state(), &moments)
        .map_err(|e| Error::internal("cannot save the optimiser").with_source(e))?;
    curve.write(&at("curve.parquet"))?;
    measure::write(&at("metrics.parquet"), measures)?;
    store::write_json(&at("state.json"), state)?;
    pending.commit()
}

/// Restores a run. Refuses a checkpoint of another card, query, snapshot, seed or batch.
pub(super) fn load(
    out: &Path,
    identity: &BTreeMap<String, String>,
    model: &mut Model,
    adam: &mut Adam,
) -> Result<Option<(State, Curve, Vec<Measure>)>> {
    let from = folder(out);
    if !from.exists() {
        return Ok(None);
    }
    let state: State = store::read_json(&from.join("state.json"))?;
    if state.version != VERSION {
        return Err(Error::new(
            Kind::Unsupported,
            format!("the checkpoint in {} is of version {}", from.display(), state.version),
        )
        .hint(format!("this program reads version {VERSION}; train into another folder")));
    }
    for key in identity.keys().chain(state.identity.keys()) {
        let word = |of: Option<&String>| of.map_or("none", String::as_str).to_owned();
        let (now, then) = (word(identity.get(key)), word(state.identity.get(key)));
        if now != then {
            let text = format!(
                "the checkpoint in {} was made with another {key}: {now} now, {then} then",
                from.display()
            );
            return Err(Error::usage(text)
                .hint("train into another folder, or give the settings of the first run"));
        }
    }
    let device = model.vars.device();
    *model = Model::load(&from.join("weights.safetensors"), device)
        .during(|| format!("resuming from {}", from.display()))?;
    let tensors = Tensor::read_safetensors(from.join("optimiser.safetensors"))
        .map_err(|e| Error::corrupt("cannot read the optimiser's state").with_source(e))?;
    adam.restore(&tensors.into_iter().map(|(n, t)| (n, t.to_device(Device::Cpu))).collect())?;
    let again = |e: Error| e.hint("the checkpoint is damaged: train into another folder");
    let curve = Curve::read(&from.join("curve.parquet")).map_err(again)?;
    let measures = measure::read(&from.join("metrics.parquet")).map_err(again)?;
    Ok(Some((state, curve, measures)))
}
