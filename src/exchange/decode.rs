//! `decode`: a record of the study's shards becomes an entry.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::example::{self, order};
use super::frame::{Frame, damaged};
use super::key::{CORNERS, Key};
use super::records::Record;
use super::tensor_proto::{Raw, Type, parse};
use super::turn::bands_first;
use super::{Contents, Entry, Image, Origin, Tensor};
use crate::archive::{Layer, Patch, Sensor, Values};
use crate::error::{Error, Result};
use crate::geo::Stamp;
use crate::layout::Role;
use crate::store::wire::{Fault, Part};
use crate::stream::{Emit, Operator};

/// Reads records that hold what the first one of their set holds.
pub struct Decode {
    contents: Arc<Contents>,
}

impl Decode {
    /// For records of this set.
    pub fn new(contents: &Arc<Contents>) -> Self {
        Self { contents: contents.clone() }
    }

    fn entry(&self, frame: &Frame) -> Result<Entry, Fault> {
        let mut features = Features { all: example::decode(&frame.bytes)? };
        let all = &self.contents;
        let mut images = Vec::with_capacity(all.roles.len());
        for (role, direction) in all.roles.iter().zip(&all.directions) {
            let mut image = Image::default();
            if role.sensor != Sensor::Dem {
                image.time = Some(features.time(&Key::time(&role.name, role.sensor))?);
            }
            if *direction {
                let raw = features.take(&Key::ascending(&role.name), Type::Bool, &[])?;
                image.ascending = Some(raw.values.bytes != [0]);
            }
            images.push(image);
        }
        let corners = all.corners.then(|| features.corners()).transpose()?;
        let pixels = all.tensors.iter().map(|t| features.pixels(t)).collect::<Result<_, _>>()?;
        if let Some((name, part)) = features.all.first_key_value() {
            let what = format!("feature {} is not in the first record", name.escape_debug());
            return Err(Fault::new(part.at, what));
        }
        let stem = frame.path.file_stem().unwrap_or_default().to_string_lossy();
        let name = format!("{stem}#{}", frame.number);
        Ok(Entry { name, place: None, corners, images, pixels })
    }
}

/// Features of a record that nobody has asked for yet.
struct Features<'a> {
    all: BTreeMap<String, Part<'a>>,
}

impl<'a> Features<'a> {
    fn take(&mut self, name: &str, kind: Type, shape: &[usize]) -> Result<Raw<'a>, Fault> {
        let part = self.all.remove(name);
        let part = part.ok_or_else(|| Fault::new(0, format!("feature {name} is missing")))?;
        let raw = parse(part)?;
        if raw.kind != kind || raw.shape != shape {
            return Err(Fault::new(
                part.at,
                format!(
                    "{name} is {:?} of {}, expected {shape:?} of {}",
                    raw.shape,
                    raw.kind.name(),
                    kind.name()
                ),
            ));
        }
        Ok(raw)
    }

    fn time(&mut self, name: &str) -> Result<Stamp, Fault> {
        let values = self.take(name, Type::Double, &[])?.values;
        let seconds = values.bytes.first_chunk().map_or(f64::NAN, |b| f64::from_le_bytes(*b));
        let micros = (seconds * 1e6).round();
        // Some 290,000 years either way.
        if !micros.is_finite() || micros.abs() > 9e18 {
            return Err(Fault::new(values.at, format!("{name} is no time: {seconds} seconds")));
        }
        Ok(Stamp(micros as i64))
    }

    fn corners(&mut self) -> Result<[f64; 4], Fault> {
        let values = self.take(CORNERS, Type::Float, &[4])?.values;
        let mut corners = [0.0; 4];
        let (numbers, _) = values.bytes.as_chunks();
        for (corner, number) in corners.iter_mut().zip(numbers) {
            *corner = f64::from(f32::from_le_bytes(*number));
        }
        Ok(corners)
    }

    /// `[y, x, band]` to `[band, y, x]`.
    fn pixels(&mut self, tensor: &Tensor) -> Result<Patch, Fault> {
        let ([bands, height, width], kind) = (tensor.shape(), tensor.layer.kind());
        let raw = self.take(&tensor.name, Type::Pixel(kind), &[height, width, bands])?;
        let order = order(tensor.layer);
        let turned = match kind.bytes() {
            1 => bands_first::<1>(raw.values.bytes, &order),
            _ => bands_first::<2>(raw.values.bytes, &order),
        };
        Ok(Patch::Owned(Arc::new(Values::from_le(kind, &turned))))
    }
}

impl Operator for Decode {
    type In = Record;
    type Out = Entry;

    fn name(&self) -> String {
        "decode".into()
    }

    fn apply(&mut self, Record(frame): Record, out: &mut Emit<Entry>) -> Result<()> {
        out.push(self.entry(&frame).map_err(|fault| placed(&frame, &fault))?);
        Ok(())
    }
}

/// A fault of a message by its place in the file.
fn placed(frame: &Frame, fault: &Fault) -> Error {
    damaged(&frame.path, frame.at + fault.at as u64, &fault.what)
        .context(format!("record {}", frame.number))
}

/// What a set holds, as its first record tells. Refuses features that the study does not write.
pub(super) fn contents(first: &Frame) -> Result<Contents> {
    let told = seen(first).map_err(|fault| placed(first, &fault))?;
    told.check()?;
    Ok(told)
}

fn seen(first: &Frame) -> Result<Contents, Fault> {
    let (mut roles, mut up, mut corners) = (BTreeSet::new(), Vec::new(), false);
    let (mut tensors, mut facts) = (Vec::new(), Vec::new());
    for (name, part) in example::decode(&first.bytes)? {
        let unknown = || {
            let shown = name.escape_debug();
            Fault::new(part.at, format!("feature {shown} is none that the study writes"))
        };
        match Key::parse(&name).ok_or_else(unknown)? {
            Key::Corners => corners = true,
            Key::Ascending { role } => {
                up.push(role.clone());
                facts.push((role, name, part.at));
            }
            Key::Time { role } => facts.push((role, name, part.at)),
            Key::Pixels { role, layer } => {
                let [height, width] = sides(&name, layer, part)?;
                roles.insert((layer.sensor(), role.clone()));
                tensors.push((role, Tensor { name, role: 0, layer, height, width }));
            }
        }
    }
    let roles: Vec<Role> = roles.into_iter().map(|(sensor, name)| Role { name, sensor }).collect();
    if let Some((role, name, at)) =
        facts.iter().find(|(role, ..)| !roles.iter().any(|r| r.name == *role))
    {
        return Err(Fault::new(*at, format!("{name} is of a role {role} without pixels")));
    }
    let place = |name: &str| roles.iter().position(|r| r.name == name).unwrap_or_default();
    let mut tensors: Vec<Tensor> =
        tensors.into_iter().map(|(role, t)| Tensor { role: place(&role), ..t }).collect();
    tensors.sort_by_key(|t| (t.role, t.layer));
    let directions = roles.iter().map(|r| up.contains(&r.name)).collect();
    Ok(Contents { roles, directions, corners, tensors, origin: Origin::default() })
}

/// Rows and columns of `[y, x, band]`.
fn sides(name: &str, layer: Layer, part: Part) -> Result<[usize; 2], Fault> {
    let raw = parse(part)?;
    let bands = layer.bands().len();
    match raw.shape[..] {
        [height, width, n]
            if n == bands && height * width > 0 && raw.kind == Type::Pixel(layer.kind()) =>
        {
            Ok([height, width])
        }
        _ => Err(Fault::new(
            part.at,
            format!(
                "{name} is {:?} of {}, expected [y, x, {bands}] of {}",
                raw.shape,
                raw.kind.name(),
                Type::Pixel(layer.kind()).name()
            ),
        )),
    }
}
