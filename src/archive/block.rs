//! Values of one layer over one window.

use arrow::datatypes::ToByteSlice;

use super::layer::{Kind, Layer};
use crate::geo::Window;

#[cfg(target_endian = "big")]
compile_error!("mapped patches are little-endian: a big-endian build would read them swapped");

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

    /// Their type.
    pub fn kind(&self) -> Kind {
        match self {
            Self::U8(_) => Kind::U8,
            Self::U16(_) => Kind::U16,
            Self::I16(_) => Kind::I16,
        }
    }

    /// The values as little-endian bytes, without a copy.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::U8(v) => v,
            Self::U16(v) => v.to_byte_slice(),
            Self::I16(v) => v.to_byte_slice(),
        }
    }

    /// Values of a kind from little-endian bytes; a last part of a value is dropped.
    pub fn from_le(kind: Kind, bytes: &[u8]) -> Self {
        match kind {
            Kind::U8 => Self::U8(bytes.to_vec()),
            Kind::U16 => Self::U16(bytes.chunks_exact(2).map(<u16 as Sample>::from_le).collect()),
            Kind::I16 => Self::I16(bytes.chunks_exact(2).map(<i16 as Sample>::from_le).collect()),
        }
    }
}

/// A stored value.
pub(crate) trait Sample: Copy + Default {
    /// Bytes of one.
    const BYTES: usize;
    /// One from exactly as many bytes.
    fn from_le(bytes: &[u8]) -> Self;
}

impl Sample for u8 {
    const BYTES: usize = 1;
    fn from_le(bytes: &[u8]) -> Self {
        bytes[0]
    }
}

impl Sample for u16 {
    const BYTES: usize = 2;
    fn from_le(bytes: &[u8]) -> Self {
        Self::from_le_bytes([bytes[0], bytes[1]])
    }
}

impl Sample for i16 {
    const BYTES: usize = 2;
    fn from_le(bytes: &[u8]) -> Self {
        Self::from_le_bytes([bytes[0], bytes[1]])
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
