//! `shards.json`: what a folder of shards holds.

use std::path::Path;

use serde::Serialize;
use serde_json::{Value, json};

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
        tensors: contents.about(),
    };
    write_json(&folder.join(NAME), &manifest)
}
