//! `TensorProto`, as `tf.io.serialize_tensor` writes it: type, shape, and the bytes of all values.

use crate::archive::Kind;
use crate::store::wire::{Fault, Fields, Part, Value, head, varint};

/// TensorFlow's numbers of types.
const FLOAT: u64 = 1;
const DOUBLE: u64 = 2;
const UINT8: u64 = 4;
const INT16: u64 = 5;
const BOOL: u64 = 10;
const UINT16: u64 = 17;

/// Axes of a tensor; the study's have three.
const AXES_MAX: usize = 8;

/// A type of values that shards of the study hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Float,
    Double,
    Bool,
    Pixel(Kind),
}

impl Type {
    const ALL: [Self; 6] = [
        Self::Float,
        Self::Double,
        Self::Bool,
        Self::Pixel(Kind::U8),
        Self::Pixel(Kind::U16),
        Self::Pixel(Kind::I16),
    ];

    fn number(self) -> u64 {
        match self {
            Self::Float => FLOAT,
            Self::Double => DOUBLE,
            Self::Bool => BOOL,
            Self::Pixel(Kind::U8) => UINT8,
            Self::Pixel(Kind::U16) => UINT16,
            Self::Pixel(Kind::I16) => INT16,
        }
    }

    fn bytes(self) -> usize {
        match self {
            Self::Float => 4,
            Self::Double => 8,
            Self::Bool => 1,
            Self::Pixel(kind) => kind.bytes(),
        }
    }

    /// As TensorFlow names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Float => "float32",
            Self::Double => "float64",
            Self::Bool => "bool",
            Self::Pixel(Kind::U8) => "uint8",
            Self::Pixel(Kind::U16) => "uint16",
            Self::Pixel(Kind::I16) => "int16",
        }
    }
}

/// A tensor whose values are still little-endian bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Raw<'a> {
    pub kind: Type,
    pub shape: Vec<usize>,
    pub values: Part<'a>,
}

/// What stands before `length` bytes of values.
pub(super) fn before(kind: Type, shape: &[usize], length: usize) -> Vec<u8> {
    let mut axes = Vec::new();
    for axis in shape {
        let mut size = vec![0x08];
        varint(&mut size, *axis as u64);
        head(&mut axes, 2, size.len());
        axes.extend_from_slice(&size);
    }
    let mut out = vec![0x08];
    varint(&mut out, kind.number());
    head(&mut out, 2, axes.len());
    out.extend_from_slice(&axes);
    head(&mut out, 4, length);
    out
}

/// Reads a tensor. Refuses other types, and values that do not fill the shape.
pub(super) fn parse(part: Part) -> Result<Raw, Fault> {
    let (mut number, mut shape) = (0, Vec::new());
    let mut values = Part { bytes: &[], at: part.at };
    let mut fields = Fields::new(part);
    while let Some((field, value, at)) = fields.next()? {
        match (field, value) {
            (1, Value::Number(n)) => number = n,
            (2, Value::Part(part)) => axes(part, &mut shape)?,
            (4, Value::Part(part)) => values = part,
            // The version of the message, always 0.
            (3, Value::Number(_)) => {}
            (field, _) => {
                let what = format!("field {field} of a tensor, which shards of the study lack");
                return Err(Fault::new(at, what));
            }
        }
    }
    let kind = Type::ALL.into_iter().find(|k| k.number() == number).ok_or_else(|| {
        Fault::new(part.at, format!("a tensor of TensorFlow's type {number}, not read here"))
    })?;
    let count = shape.iter().try_fold(kind.bytes(), |all: usize, n| all.checked_mul(*n));
    if count != Some(values.bytes.len()) {
        let (name, have) = (kind.name(), values.bytes.len());
        let what = format!("{have} bytes of values for a tensor {shape:?} of {name}");
        return Err(Fault::new(part.at, what));
    }
    Ok(Raw { kind, shape, values })
}

/// The axes of a `TensorShapeProto`.
fn axes(part: Part, shape: &mut Vec<usize>) -> Result<(), Fault> {
    let mut fields = Fields::new(part);
    while let Some((field, value, at)) = fields.next()? {
        let (2, Value::Part(axis)) = (field, value) else {
            return Err(Fault::new(at, "a tensor without a known shape"));
        };
        let (mut size, mut inside) = (0, Fields::new(axis));
        while let Some((field, value, _)) = inside.next()? {
            if let (1, Value::Number(n)) = (field, value) {
                size = n;
            }
        }
        let size = usize::try_from(size).ok().filter(|_| shape.len() < AXES_MAX);
        shape.push(size.ok_or_else(|| Fault::new(at, "a tensor of more than eight axes"))?);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What TensorFlow printed for `tf.io.serialize_tensor([[0., 1.], [2., 3.], [4., 5.]])`.
    const PRINTED: &[u8] =
        b"\x08\x01\x12\x08\x12\x02\x08\x03\x12\x02\x08\x02\"\x18\x00\x00\x00\x00\x00\x00\
        \x80?\x00\x00\x00@\x00\x00@@\x00\x00\x80@\x00\x00\xa0@";
    /// The same of `np.asarray(1.5)` and of `np.array([[1, -1]], np.int16)`.
    const SCALAR: &[u8] = b"\x08\x02\x12\x00\x22\x08\x00\x00\x00\x00\x00\x00\xf8\x3f";
    const MATRIX: &[u8] =
        b"\x08\x05\x12\x08\x12\x02\x08\x01\x12\x02\x08\x02\x22\x04\x01\x00\xff\xff";

    #[test]
    fn a_tensor_has_the_bytes_that_tensorflow_gives_it() {
        let numbers: Vec<u8> = (0..6).flat_map(|i| (i as f32).to_le_bytes()).collect();
        assert_eq!([before(Type::Float, &[3, 2], 24), numbers].concat(), PRINTED);
        let scalar = [before(Type::Double, &[], 8), 1.5f64.to_le_bytes().to_vec()].concat();
        assert_eq!(scalar, SCALAR);
        let kind = Type::Pixel(Kind::I16);
        let matrix = [before(kind, &[1, 2], 4), vec![1, 0, 0xFF, 0xFF]].concat();
        assert_eq!(matrix, MATRIX);
        let raw = parse(Part { bytes: MATRIX, at: 0 }).unwrap();
        assert_eq!((raw.kind, raw.shape), (kind, vec![1, 2]));
        assert_eq!(raw.values, Part { bytes: &[1, 0, 0xFF, 0xFF], at: 14 });
    }

    #[test]
    fn values_must_fill_the_shape() {
        let huge = before(Type::Double, &[1 << 40, 1 << 40], 0);
        for (bytes, what) in [
            (&MATRIX[..MATRIX.len() - 6], "0 bytes of values"),
            (&huge[..], "0 bytes of values"),
            (b"\x08\x09\x12\x00", "type 9"),
            (b"", "type 0"),
            (b"\x08\x02\x12\x02\x18\x01", "without a known shape"),
        ] {
            let fault = parse(Part { bytes, at: 50 }).unwrap_err();
            assert!(fault.what.contains(what), "{fault:?}");
        }
    }
}
