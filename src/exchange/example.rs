//! `tf.train.Example`: features by name, each one serialised tensor.

use std::collections::BTreeMap;

use super::key::{COARSE_ORDER, CORNERS, Key};
use super::out::unlike;
use super::tensor_proto::{Type, before};
use super::turn::bands_last;
use super::{Contents, Entry, Tensor};
use crate::archive::{Layer, Sensor};
use crate::error::Result;
use crate::limits;
use crate::store::wire::{Fault, Fields, Part, Value, wrapped};

/// Names of the features of a set with type and shape, bands last.
pub(super) fn features(contents: &Contents) -> BTreeMap<String, (Type, Vec<usize>)> {
    let mut all = BTreeMap::new();
    for tensor in &contents.tensors {
        let [bands, height, width] = tensor.shape();
        let kind = Type::Pixel(tensor.layer.kind());
        all.insert(tensor.name.clone(), (kind, vec![height, width, bands]));
    }
    for (role, direction) in contents.roles.iter().zip(&contents.directions) {
        if role.sensor != Sensor::Dem {
            all.insert(Key::time(&role.name, role.sensor), (Type::Double, vec![]));
        }
        if *direction {
            all.insert(Key::ascending(&role.name), (Type::Bool, vec![]));
        }
    }
    if contents.corners {
        all.insert(CORNERS.to_owned(), (Type::Float, vec![4]));
    }
    all
}

/// Bands of a layer in the order in which shards hold them.
pub(super) fn order(layer: Layer) -> Vec<usize> {
    match layer {
        Layer::S2Coarse => COARSE_ORDER.to_vec(),
        _ => (0..layer.bands().len()).collect(),
    }
}

/// Little-endian values of each feature of an entry.
fn values(contents: &Contents, entry: &Entry) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut all = BTreeMap::new();
    for (i, tensor) in contents.tensors.iter().enumerate() {
        all.insert(tensor.name.clone(), turned(tensor, i, entry)?);
    }
    for (i, role) in contents.roles.iter().enumerate() {
        let image = entry.images.get(i).ok_or_else(|| unlike(entry, &role.name))?;
        if role.sensor != Sensor::Dem {
            let time =
                image.time.ok_or_else(|| unlike(entry, &format!("time of {}", role.name)))?;
            let seconds = time.0 as f64 / 1e6;
            all.insert(Key::time(&role.name, role.sensor), seconds.to_le_bytes().to_vec());
        }
        if contents.directions.get(i) == Some(&true) {
            let known = image.ascending;
            let up = known.ok_or_else(|| unlike(entry, &format!("orbit of {}", role.name)))?;
            all.insert(Key::ascending(&role.name), vec![u8::from(up)]);
        }
    }
    if contents.corners {
        let corners = entry.corners.ok_or_else(|| unlike(entry, "corners"))?;
        all.insert(CORNERS.to_owned(), corners.map(|c| (c as f32).to_le_bytes()).concat());
    }
    Ok(all)
}

fn turned(tensor: &Tensor, at: usize, entry: &Entry) -> Result<Vec<u8>> {
    let patch = entry.pixels.get(at).filter(|p| p.bytes().len() == tensor.bytes());
    let bytes = patch.ok_or_else(|| unlike(entry, &tensor.name))?.bytes();
    let order = order(tensor.layer);
    Ok(match tensor.layer.kind().bytes() {
        1 => bands_last::<1>(bytes, &order),
        _ => bands_last::<2>(bytes, &order),
    })
}

/// The message of an entry in parts, features in the order of their names.
pub(super) fn encode(contents: &Contents, entry: &Entry) -> Result<Vec<Vec<u8>>> {
    let kinds = features(contents);
    let mut parts = vec![Vec::new()];
    for (name, values) in values(contents, entry)? {
        let (kind, shape) = kinds.get(&name).ok_or_else(|| unlike(entry, &name))?;
        let length = values.len();
        // A tensor in a list of bytes in a feature in an entry of the map.
        let tensor = before(*kind, shape, length);
        let feature = wrapped(1, &wrapped(1, &tensor, length), length);
        let mut pair = wrapped(1, name.as_bytes(), 0);
        pair.extend_from_slice(&wrapped(2, &feature, length));
        parts.push(wrapped(1, &pair, length));
        parts.push(values);
    }
    let length = parts.iter().map(Vec::len).sum();
    if let Some(first) = parts.first_mut() {
        *first = wrapped(1, &[], length);
    }
    Ok(parts)
}

/// The serialised tensor of each feature of a message.
pub(super) fn decode(bytes: &[u8]) -> Result<BTreeMap<String, Part<'_>>, Fault> {
    let mut all = BTreeMap::new();
    for features in parts(Part { bytes, at: 0 }, 1)? {
        for pair in parts(features, 1)? {
            let (name, tensor) = feature(pair)?;
            all.insert(name, tensor);
            if all.len() > limits::RECORD_FEATURES_MAX {
                let most = limits::RECORD_FEATURES_MAX;
                return Err(Fault::new(pair.at, format!("more than {most} features")));
            }
        }
    }
    Ok(all)
}

/// All values of one field of a message that has no other; at most so many as features.
fn parts(message: Part<'_>, wanted: u64) -> Result<Vec<Part<'_>>, Fault> {
    let (mut all, mut fields) = (Vec::new(), Fields::new(message));
    while let Some((field, value, at)) = fields.next()? {
        match value {
            Value::Part(part) if field == wanted && all.len() <= limits::RECORD_FEATURES_MAX => {
                all.push(part);
            }
            _ => return Err(Fault::new(at, "this is no tf.train.Example of tensors")),
        }
    }
    Ok(all)
}

/// Name and serialised tensor of an entry of the map.
fn feature(pair: Part<'_>) -> Result<(String, Part<'_>), Fault> {
    let (mut name, mut feature, mut fields) = (None, None, Fields::new(pair));
    while let Some((field, value, _)) = fields.next()? {
        match (field, value) {
            (1, Value::Part(part)) => name = Some(part),
            (2, Value::Part(part)) => feature = Some(part),
            _ => {}
        }
    }
    let none = || Fault::new(pair.at, "a feature without a name or value");
    let (name, feature) = (name.ok_or_else(none)?, feature.ok_or_else(none)?);
    let text = std::str::from_utf8(name.bytes)
        .map_err(|_| Fault::new(name.at, "the name of a feature is no UTF-8"))?;
    let mut tensors = Vec::new();
    for list in parts(feature, 1)? {
        tensors.extend(parts(list, 1)?);
    }
    match tensors[..] {
        [tensor] => Ok((text.to_owned(), tensor)),
        _ => {
            let shown = text.escape_debug();
            let what = format!("feature {shown} has {} values, expected one", tensors.len());
            Err(Fault::new(pair.at, what))
        }
    }
}
