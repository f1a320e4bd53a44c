//! NumPy's array file, version 1.0.

use super::Tensor;
use crate::archive::Kind;

/// What stands before the values of a tensor: magic, version, and a dictionary padded to 64 bytes.
pub(super) fn header(tensor: &Tensor) -> Vec<u8> {
    let kind = match tensor.layer.kind() {
        Kind::U8 => "|u1",
        Kind::U16 => "<u2",
        Kind::I16 => "<i2",
    };
    let [bands, height, width] = tensor.shape();
    let mut text = format!(
        "{{'descr': '{kind}', 'fortran_order': False, 'shape': ({bands}, {height}, {width}), }}"
    );
    let before = 10;
    let padded = (before + text.len() + 1).next_multiple_of(64);
    text.push_str(&" ".repeat(padded - before - text.len() - 1));
    text.push('\n');
    // The dictionary of three numbers is some hundred bytes long.
    let mut all = b"\x93NUMPY\x01\x00".to_vec();
    all.extend_from_slice(&(text.len() as u16).to_le_bytes());
    all.extend_from_slice(text.as_bytes());
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::Layer;

    #[test]
    fn values_begin_at_a_multiple_of_64() {
        for (layer, side) in [(Layer::S1, 64), (Layer::Dem, 4096), (Layer::S2Mask, 1)] {
            let tensor = Tensor { name: "x".into(), role: 0, layer, height: side, width: side };
            let head = header(&tensor);
            assert_eq!(head.len() % 64, 0);
            let said = u16::from_le_bytes([head[8], head[9]]) as usize;
            assert_eq!(said + 10, head.len());
            assert_eq!(head.last(), Some(&b'\n'));
        }
    }
}
