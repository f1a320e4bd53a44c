//! Masks to the pixels that count.

use tch::{Kind, Tensor};

use crate::error::Result;

/// A mask tensor (uint8 bits, `[b, 1, h, w]`) to bool: true where none of `bits` is set.
pub fn valid_mask(mask: &Tensor, bits: u8) -> Result<Tensor> {
    let flags = mask.f_to_kind(Kind::Uint8)?.f_bitwise_and(i64::from(bits))?;
    Ok(flags.f_eq(0)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::mask;

    #[test]
    fn a_pixel_counts_when_none_of_the_bits_is_set() {
        let flags = [0, mask::CLOUD, mask::SNOW, mask::SNOW | mask::THIN, mask::NODATA];
        let stored = Tensor::from_slice(&flags).view([1, 1, 1, 5]);
        let valid = valid_mask(&stored, mask::CLOUDY | mask::NODATA).unwrap();
        assert_eq!(valid.kind(), Kind::Bool);
        let got: Vec<bool> = valid.view([5]).try_into().unwrap();
        assert_eq!(got, [true, false, true, false, false]);
    }
}
