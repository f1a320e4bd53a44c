//! `shards.json`: what a folder of shards holds.

use std::path::Path;

use serde::Serialize;
use serde_json::{Value, json};

use super::example::order;
use super::{Contents, Form, Origin};
use crate::error::Result;
use crate::store::write_json;

/// Version of this form.
const FORMAT: u32 = 1;
/// Name of the file in a folder of shards.
const NAME: &str = "shards.json";

/// A folder of shards (`schemas/shards_manifest.json`).
#[derive(Debug, Serialize)]
struct Manifest<'a> {
    format: u32,
    form: &'static str,
    #[serde(flatten)]
    origin: &'a Origin,
    samples: u64,
    shards: Vec<Value>,
    roles: Vec<Value>,
    tensors: Vec<Value>,
}

/// All tensors, with their bands in the order in which this form holds them.
fn tensors(form: Form, contents: &Contents) -> Vec<Value> {
    let mut all = contents.about();
    if form == Form::TfRecord {
        for (about, tensor) in all.iter_mut().zip(&contents.tensors) {
            let bands = tensor.layer.bands();
            let held = order(tensor.layer).into_iter().filter_map(|i| bands.get(i));
            about["bands"] = held.copied().collect::<Vec<_>>().into();
        }
    }
    all
}

/// Writes the manifest of a folder; `shards` are names of files with their numbers of samples.
pub(super) fn write(
    folder: &Path,
    form: Form,
    contents: &Contents,
    shards: &[(String, u64)],
) -> Result<()> {
    let roles = contents.roles.iter();
    let manifest = Manifest {
        format: FORMAT,
        form: form.name(),
        origin: &contents.origin,
        samples: shards.iter().map(|(_, n)| n).sum(),
        shards: shards.iter().map(|(file, n)| json!({ "file": file, "samples": n })).collect(),
        roles: roles.map(|r| json!({ "name": r.name, "sensor": r.sensor.name() })).collect(),
        tensors: tensors(form, contents),
    };
    write_json(&folder.join(NAME), &manifest)
}
