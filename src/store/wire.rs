//! Protobuf's wire format, as much as TensorFlow's samples and checkpoints need.

/// What is wrong with a message, and at which byte of the record.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub at: usize,
    pub what: String,
}

impl Fault {
    pub fn new(at: usize, what: impl Into<String>) -> Self {
        Self { at, what: what.into() }
    }
}

/// A run of bytes of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part<'a> {
    pub bytes: &'a [u8],
    /// Where it begins in the record.
    pub at: usize,
}

/// The value of a field.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    /// A varint, or eight or four bytes.
    Number(u64),
    /// A text, bytes or a message.
    Part(Part<'a>),
}

/// Walks over the fields of a message. Nothing is allocated, whatever the message claims.
pub(crate) struct Fields<'a> {
    part: Part<'a>,
    at: usize,
}

impl<'a> Fields<'a> {
    pub fn new(part: Part<'a>) -> Self {
        Self { part, at: 0 }
    }

    /// Number and value of the next field, and where it begins.
    pub fn next(&mut self) -> Result<Option<(u64, Value<'a>, usize)>, Fault> {
        if self.at >= self.part.bytes.len() {
            return Ok(None);
        }
        let begin = self.place();
        let tag = self.varint()?;
        let (field, kind) = (tag >> 3, tag & 7);
        if field == 0 || field > u64::from(u32::MAX >> 3) {
            return Err(Fault::new(begin, format!("{field} is no number of a field")));
        }
        let value = match kind {
            0 => Value::Number(self.varint()?),
            1 => Value::Number(number(self.take(8)?)),
            2 => {
                let length = self.varint()?;
                Value::Part(self.take(length)?)
            }
            5 => Value::Number(number(self.take(4)?)),
            _ => {
                let what = format!("field {field} is of a kind ({kind}) that no message here has");
                return Err(Fault::new(begin, what));
            }
        };
        Ok(Some((field, value, begin)))
    }

    fn place(&self) -> usize {
        self.part.at + self.at
    }

    fn take(&mut self, length: u64) -> Result<Part<'a>, Fault> {
        let rest = self.part.bytes.get(self.at..).unwrap_or_default();
        let at = self.place();
        let bytes = usize::try_from(length).ok().and_then(|n| rest.get(..n)).ok_or_else(|| {
            let left = rest.len();
            Fault::new(at, format!("a field of {length} bytes where {left} are left"))
        })?;
        self.at += bytes.len();
        Ok(Part { bytes, at })
    }

    fn varint(&mut self) -> Result<u64, Fault> {
        let begin = self.place();
        let mut rest = self.part.bytes.get(self.at..).unwrap_or_default();
        let before = rest.len();
        let value = take_varint(&mut rest).map_err(|what| Fault::new(begin, what))?;
        self.at += before - rest.len();
        Ok(value)
    }
}

/// Takes a varint from the beginning of some bytes. Refuses one that is cut off or larger than 64 bits.
pub(crate) fn take_varint(bytes: &mut &[u8]) -> Result<u64, &'static str> {
    let mut value = 0u64;
    for shift in (0..70).step_by(7) {
        let (byte, rest) = bytes.split_first().ok_or("a number is cut off")?;
        *bytes = rest;
        let bits = u64::from(byte & 0x7F);
        if shift == 63 && bits > 1 {
            break;
        }
        value |= bits << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err("a number has more than 64 bits")
}

/// Up to eight little-endian bytes.
fn number(part: Part) -> u64 {
    part.bytes.iter().rev().fold(0, |all, byte| all << 8 | u64::from(*byte))
}

/// Appends a varint.
pub(crate) fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value > 0x7F {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends what stands before the bytes of a text or message.
pub(crate) fn head(out: &mut Vec<u8>, field: u64, length: usize) {
    varint(out, field << 3 | 2);
    varint(out, length as u64);
}

/// Makes a message with one field of one that begins with `inner` and has `more` bytes after it.
pub(crate) fn wrapped(field: u64, inner: &[u8], more: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(inner.len() + 12);
    head(&mut out, field, inner.len() + more);
    out.extend_from_slice(inner);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(bytes: &[u8]) -> Result<Vec<u64>, Fault> {
        let mut fields = Fields::new(Part { bytes, at: 100 });
        let mut seen = Vec::new();
        while let Some((_, value, _)) = fields.next()? {
            seen.push(match value {
                Value::Number(n) => n,
                Value::Part(p) => p.bytes.len() as u64,
            });
        }
        Ok(seen)
    }

    #[test]
    fn numbers_come_back() {
        for value in [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX] {
            let mut bytes = vec![8];
            varint(&mut bytes, value);
            assert_eq!(all(&bytes), Ok(vec![value]));
        }
        assert_eq!(all(&[0x0D, 1, 2, 0, 0, 0x12, 2, 9, 9]), Ok(vec![513, 2]));
    }

    #[test]
    fn hostile_messages_are_faults_with_their_place() {
        let long = [&[8][..], &[0xFF; 10], &[1]].concat();
        for (bytes, at, what) in [
            (&long[..], 101, "more than 64 bits"),
            (&[8, 0x80], 101, "cut off"),
            (&[0x12, 5, 1], 102, "5 bytes where 1"),
            (&[0x12, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1], 111, "are left"),
            (&[0x00, 1], 100, "no number of a field"),
            (&[8, 1, 0x0B], 102, "kind"),
        ] {
            let fault = all(bytes).unwrap_err();
            assert_eq!(fault.at, at, "{fault:?}");
            assert!(fault.what.contains(what), "{fault:?}");
        }
    }
}
