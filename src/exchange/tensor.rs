//! One array of a sample.

use serde_json::{Value, json};

use crate::archive::{Kind, Layer};

/// An array that every sample of a set holds, `[band, y, x]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tensor {
    /// Name, as `s2_t` or `s2_20m_t`.
    pub name: String,
    /// Position of its role.
    pub role: usize,
    /// What it shows.
    pub layer: Layer,
    /// Rows of pixels.
    pub height: usize,
    /// Columns of pixels.
    pub width: usize,
}

impl Tensor {
    /// Bands, rows, columns.
    pub fn shape(&self) -> [usize; 3] {
        [self.layer.bands().len(), self.height, self.width]
    }

    /// Number of values.
    pub fn values(&self) -> usize {
        self.shape().iter().product()
    }

    /// Number of bytes.
    pub fn bytes(&self) -> usize {
        self.values() * self.layer.kind().bytes()
    }

    /// Name of the value type, as in NumPy and TensorFlow.
    pub fn type_name(&self) -> &'static str {
        match self.layer.kind() {
            Kind::U8 => "uint8",
            Kind::U16 => "uint16",
            Kind::I16 => "int16",
        }
    }

    /// All that a reader needs to know (`schemas/shards_manifest.json`).
    pub(super) fn about(&self, role: &str) -> Value {
        let (scale, offset, meaning) = scaling(self.layer);
        json!({
            "name": self.name,
            "role": role,
            "layer": self.layer.name(),
            "type": self.type_name(),
            "shape": self.shape(),
            "bands": self.layer.bands(),
            "scale": scale,
            "offset": offset,
            "nodata": self.layer.nodata(),
            "meaning": meaning,
        })
    }
}

/// What a stored value means: value = stored * scale + offset.
fn scaling(layer: Layer) -> (f64, f64, &'static str) {
    // The study's scale puts -10 to 3 on 1 to 65535.
    const RADAR: f64 = 13.0 / 65_534.0;
    match layer {
        Layer::S2Fine | Layer::S2Coarse => (1e-4, 0.0, "surface reflectance"),
        Layer::S2Mask => (1.0, 0.0, "bits: cloud, thin, shadow, snow, nodata, saturated"),
        Layer::S1 => (RADAR, -10.0 - RADAR, "natural logarithm of sigma nought"),
        Layer::Dem => (1.0, 0.0, "elevation, metres"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_of_radar_ends_where_the_study_ends_it() {
        let (scale, offset, _) = scaling(Layer::S1);
        assert!((1.0 * scale + offset + 10.0).abs() < 1e-12);
        assert!((65_535.0 * scale + offset - 3.0).abs() < 1e-12);
    }
}
