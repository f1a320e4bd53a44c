//! Integers to the numbers that networks see, and back.

use tch::{Device, Tensor};

use crate::archive::Layer;
use crate::error::Result;

/// Stored integers `[b, c, h, w]` to float32 on `device`: optical and elevation x 1e-4, radar (uint16 bits in int16) / 65535.
pub fn normalise(layer: Layer, stored: &Tensor, device: Device) -> Result<Tensor> {
    let _ = (layer, stored, device);
    todo!()
}

/// Network output `[b, c, h, w]` (reflectance) to stored int16 values, rounded and clipped to -9999..=32767; row-major.
pub fn denormalise_s2(output: &Tensor) -> Result<Vec<i16>> {
    let _ = output;
    todo!()
}
