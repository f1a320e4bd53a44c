//! The arrays of a tile.

use serde::{Deserialize, Serialize};

/// What kind of instrument made a scene.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sensor {
    /// Optical, Sentinel-2.
    S2,
    /// Radar, Sentinel-1.
    S1,
    /// Elevation.
    Dem,
}

impl Sensor {
    /// Lower-case name, as in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::S2 => "s2",
            Self::S1 => "s1",
            Self::Dem => "dem",
        }
    }

    /// The sensor of a lower-case name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::S2, Self::S1, Self::Dem].into_iter().find(|s| s.name() == text)
    }
}

/// One array of a tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Layer {
    /// Optical bands at 10 m, int16 surface reflectance x 10000, no-data -10000.
    #[serde(rename = "s2_10m")]
    S2Fine,
    /// Optical bands at 20 m, as above.
    #[serde(rename = "s2_20m")]
    S2Coarse,
    /// Optical mask at 10 m, uint8 bits of [`mask`].
    #[serde(rename = "s2_mask")]
    S2Mask,
    /// Radar backscatter at 10 m, uint16 on the study's natural-log scale, no-data 0.
    #[serde(rename = "s1")]
    S1,
    /// Elevation at 20 m, int16 metres, no-data -32768.
    #[serde(rename = "dem")]
    Dem,
}

/// Bits of [`Layer::S2Mask`].
pub mod mask {
    /// Cloud, opaque.
    pub const CLOUD: u8 = 1;
    /// Thin cloud or cirrus.
    pub const THIN: u8 = 2;
    /// Shadow of a cloud, or an area too dark to tell.
    pub const SHADOW: u8 = 4;
    /// Snow.
    pub const SNOW: u8 = 8;
    /// No data.
    pub const NODATA: u8 = 16;
    /// Saturated.
    pub const SATURATED: u8 = 32;
    /// What counts as cloud in `cloud_percent`, as the study does: any flag of cloud, thin cloud or
    /// shadow.
    pub const CLOUDY: u8 = CLOUD | THIN | SHADOW;
    /// What a series of the ground does not show: clouds, snow, and missing pixels.
    pub const HIDDEN: u8 = CLOUDY | SNOW | NODATA;
}

/// The value type of a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// 8-bit unsigned.
    U8,
    /// 16-bit unsigned.
    U16,
    /// 16-bit signed.
    I16,
}

impl Layer {
    /// Every layer, in the order of the format.
    pub const ALL: [Self; 5] = [Self::S2Fine, Self::S2Coarse, Self::S2Mask, Self::S1, Self::Dem];

    /// The array's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::S2Fine => "s2_10m",
            Self::S2Coarse => "s2_20m",
            Self::S2Mask => "s2_mask",
            Self::S1 => "s1",
            Self::Dem => "dem",
        }
    }

    /// The sensor that fills it.
    pub fn sensor(self) -> Sensor {
        match self {
            Self::S2Fine | Self::S2Coarse | Self::S2Mask => Sensor::S2,
            Self::S1 => Sensor::S1,
            Self::Dem => Sensor::Dem,
        }
    }

    /// Names of its bands, in array order.
    pub fn bands(self) -> &'static [&'static str] {
        match self {
            Self::S2Fine => &["B02", "B03", "B04", "B08"],
            Self::S2Coarse => &["B05", "B06", "B07", "B8A", "B11", "B12"],
            Self::S2Mask => &["mask"],
            Self::S1 => &["VV", "VH"],
            Self::Dem => &["elevation"],
        }
    }

    /// Its pixel size over the tile's 10 m: 1 or 2.
    pub fn factor(self) -> usize {
        match self {
            Self::S2Coarse | Self::Dem => 2,
            _ => 1,
        }
    }

    /// Bytes of its values over a patch of `side` px (10 m) on a side.
    pub fn patch_bytes(self, side: usize) -> usize {
        let pixels = side / self.factor();
        self.bands().len() * pixels * pixels * self.kind().bytes()
    }

    /// Its value type.
    pub fn kind(self) -> Kind {
        match self {
            Self::S2Mask => Kind::U8,
            Self::S1 => Kind::U16,
            _ => Kind::I16,
        }
    }

    /// The value that means "no data"; for the mask it is the bit [`mask::NODATA`].
    pub fn nodata(self) -> i64 {
        match self {
            Self::S2Fine | Self::S2Coarse => -10_000,
            Self::S2Mask => mask::NODATA as i64,
            Self::S1 => 0,
            Self::Dem => -32_768,
        }
    }
}

impl Kind {
    /// Bytes of one value.
    pub fn bytes(self) -> usize {
        match self {
            Self::U8 => 1,
            Self::U16 | Self::I16 => 2,
        }
    }
}
