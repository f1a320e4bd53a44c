//! `normalise`: stored integers to what networks see.

use std::cell::OnceCell;

use tch::{Device, Kind};

use crate::archive::{Layer, Sensor, mask};
use crate::error::{Error, Result};
use crate::stream::{Emit, Operator};
use crate::tensors::{Batch, Lane, limit_threads, normalise};

/// Scales every tensor of a batch and moves it to a device. An optical tensor also gives
/// `valid_NAME`, true where all bands hold data, so that no-data never reaches a loss or a metric.
/// Masks named for what they mean (`cloudy`, `opaque`, `thin`, `shadow`, `hidden`) become true where any
/// of their flags is set.
///
/// To a GPU the stored integers travel, half the bytes of floats, on a stream of their own.
pub struct Normalise {
    device: Device,
    /// Looked for with the first batch, by the thread that uses it; the CPU has none.
    lane: OnceCell<Option<Lane>>,
}

impl Normalise {
    /// To this device.
    pub fn new(device: Device) -> Self {
        Self { device, lane: OnceCell::new() }
    }

    /// The batch scaled, on the device.
    fn bring(&self, mut batch: Batch) -> Result<Batch> {
        if self.lane.get().is_none() {
            let _ = self.lane.set(Lane::open(self.device)?);
        }
        let Some(Some(lane)) = self.lane.get() else { return self.convert(batch) };
        lane.ready()?;
        for stored in batch.tensors.values_mut() {
            *stored = lane.carry(stored)?;
        }
        let scaled = self.convert(batch);
        lane.read()?;
        scaled
    }

    fn convert(&self, batch: Batch) -> Result<Batch> {
        let mut tensors = std::collections::BTreeMap::new();
        for (name, stored) in batch.tensors {
            if let Some(flags) = flags_of(&name) {
                let set = stored
                    .f_bitwise_and(i64::from(flags))
                    .and_then(|bits| bits.f_ne(0))
                    .and_then(|t| t.f_to_device(self.device))
                    .map_err(torch)?;
                tensors.insert(name, set);
                continue;
            }
            let layer = layer_of(&name);
            if matches!(layer, Layer::S2Fine | Layer::S2Coarse) {
                let valid = stored
                    .f_ne(layer.nodata())
                    .and_then(|t| t.f_all_dim(1, true))
                    .and_then(|t| t.f_to_device(self.device))
                    .and_then(|t| t.f_to_kind(Kind::Bool))
                    .map_err(torch)?;
                tensors.insert(format!("valid_{name}"), valid);
            }
            tensors.insert(name, normalise(layer, &stored, self.device)?);
        }
        Ok(Batch { tensors, names: batch.names })
    }
}

/// The flags of a mask that is asked for by what it means.
fn flags_of(name: &str) -> Option<u8> {
    match name {
        "cloudy" => Some(mask::CLOUDY),
        "opaque" => Some(mask::CLOUD),
        "thin" => Some(mask::THIN),
        "shadow" => Some(mask::SHADOW),
        "hidden" | "hidden_before" | "hidden_after" => Some(mask::HIDDEN),
        _ => None,
    }
}

/// Optical unless the name says otherwise: methods such as `gapfill` give optical pixels too.
fn layer_of(name: &str) -> Layer {
    if name.starts_with("s2_20m_") {
        return Layer::S2Coarse;
    }
    match name.split('_').next().and_then(Sensor::parse) {
        Some(Sensor::S1) => Layer::S1,
        Some(Sensor::Dem) => Layer::Dem,
        _ => Layer::S2Fine,
    }
}

fn torch(e: tch::TchError) -> Error {
    Error::from(e).context("scaling a batch")
}

impl Operator for Normalise {
    type In = Batch;
    type Out = Batch;

    fn name(&self) -> String {
        "normalise".into()
    }

    fn apply(&mut self, item: Batch, out: &mut Emit<Batch>) -> Result<()> {
        // The cores belong to the network; scaling is a pass over memory that one thread fills.
        limit_threads(1);
        out.push(self.bring(item)?);
        Ok(())
    }
}
