//! Integers to the numbers that networks see, and back.

use tch::{Device, Kind, Tensor};

use crate::archive::Layer;
use crate::error::{Error, Result};

/// Stored integers `[b, c, h, w]` to float32 on `device`: optical and elevation x 1e-4, radar
/// (uint16 bits in int16) / 65535. No clipping: no-data reaches a network as -1 (optical) or 0
/// (radar), as in the study. A mask keeps its bits and type and only moves.
pub fn normalise(layer: Layer, stored: &Tensor, device: Device) -> Result<Tensor> {
    // The integers travel, not the floats: half the bytes.
    let here = stored.f_to_device(device)?;
    let scaled = match layer {
        Layer::S2Mask => return Ok(here),
        Layer::S2Fine | Layer::S2Coarse | Layer::Dem => here.f_to_kind(Kind::Float)?,
        Layer::S1 => here.f_to_kind(Kind::Int)?.f_bitwise_and(0xFFFF)?.f_to_kind(Kind::Float)?,
    };
    Ok(scaled.f_mul_scalar(scale(layer))?)
}

/// What a stored value of a layer is multiplied with before a network sees it.
pub fn scale(layer: Layer) -> f64 {
    match layer {
        Layer::S2Fine | Layer::S2Coarse | Layer::Dem => 1e-4,
        Layer::S1 => 1.0 / 65_535.0,
        Layer::S2Mask => 1.0,
    }
}

/// Network output `[b, c, h, w]` (reflectance) to stored int16 values, rounded and clipped to
/// -9999..=32767 so that no value reads as no-data; row-major. Refuses outputs that are not
/// numbers.
pub fn denormalise_s2(output: &Tensor) -> Result<Vec<i16>> {
    let cpu = output.f_detach()?.f_to_device(Device::Cpu)?;
    if cpu.f_isnan()?.f_any()?.f_int64_value(&[])? != 0 {
        return Err(Error::invalid("the network's output is not a number").hint(
            "the weights diverged, or an input was not normalised: train again or check both",
        ));
    }
    let clipped = cpu.f_mul_scalar(1e4)?.f_round()?.f_clamp(-9_999.0, 32_767.0)?;
    let stored = clipped.f_to_kind(Kind::Int16)?.f_contiguous()?;
    let mut values = vec![0i16; stored.numel()];
    stored.f_copy_data(&mut values, stored.numel())?;
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_become_the_numbers_of_the_study() {
        let s2 = Tensor::from_slice(&[-10_000i16, 0, 2_500, 32_767]);
        let seen = normalise(Layer::S2Fine, &s2, Device::Cpu).unwrap();
        let want = [-1.0, 0.0, 0.25, 3.2767];
        for (i, w) in want.iter().enumerate() {
            assert!((seen.double_value(&[i as i64]) - w).abs() < 1e-6);
        }
        let s1 = Tensor::from_slice(&[0i16, 1, 32_767, -32_768, -1]);
        let seen = normalise(Layer::S1, &s1, Device::Cpu).unwrap();
        let want = [0.0, 1.0, 32_767.0, 32_768.0, 65_535.0].map(|v| v / 65_535.0);
        for (i, w) in want.iter().enumerate() {
            assert!((seen.double_value(&[i as i64]) - w).abs() < 1e-7);
        }
    }

    #[test]
    fn every_stored_value_survives_the_way_there_and_back() {
        let all: Vec<i16> = (-9_999..=32_767).collect();
        let seen = normalise(Layer::S2Fine, &Tensor::from_slice(&all), Device::Cpu).unwrap();
        assert_eq!(denormalise_s2(&seen).unwrap(), all);
    }

    #[test]
    fn an_output_never_reads_as_no_data_and_nan_is_refused() {
        let wild = Tensor::from_slice(&[-7.0f32, -1.0, 9.0, f32::INFINITY]);
        assert_eq!(denormalise_s2(&wild).unwrap(), [-9_999, -9_999, 32_767, 32_767]);
        assert!(denormalise_s2(&Tensor::from_slice(&[f32::NAN])).is_err());
    }
}
