//! Values of one layer over one window.

use super::layer::Layer;
use crate::geo::Window;

/// Values in their stored type.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// 8-bit unsigned.
    U8(Vec<u8>),
    /// 16-bit unsigned.
    U16(Vec<u16>),
    /// 16-bit signed.
    I16(Vec<i16>),
}

impl Values {
    /// Number of values.
    pub fn len(&self) -> usize {
        match self {
            Self::U8(v) => v.len(),
            Self::U16(v) => v.len(),
            Self::I16(v) => v.len(),
        }
    }

    /// Whether there is no value.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// All bands of one layer over one window, `[band, y, x]` row-major.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// Which array.
    pub layer: Layer,
    /// Where, in pixels of the layer (not of the 10 m grid).
    pub window: Window,
    /// `bands * height * width` values.
    pub values: Values,
}

impl Block {
    /// The values as int16; `None` for another type.
    pub fn i16s(&self) -> Option<&[i16]> {
        match &self.values {
            Values::I16(v) => Some(v),
            _ => None,
        }
    }

    /// The values as uint16; `None` for another type.
    pub fn u16s(&self) -> Option<&[u16]> {
        match &self.values {
            Values::U16(v) => Some(v),
            _ => None,
        }
    }

    /// The values as bytes of a mask; `None` for another type.
    pub fn u8s(&self) -> Option<&[u8]> {
        match &self.values {
            Values::U8(v) => Some(v),
            _ => None,
        }
    }
}
