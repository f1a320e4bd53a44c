//! Cloud masks of product families to the bits of [`mask`].

use crate::archive::mask;
use crate::error::{Error, Result};

/// MAJA's CLM bits. 2: opaque cloud; 4, 8: shadow; 64, 128: thinnest clouds, cirrus; 1: "all clouds
/// but the thinnest and all shadows", so it adds nothing to 2, 4 or 8; 16, 32: how a cloud was
/// detected.
///
/// Whatever the bits, a value above zero keeps at least one of [`mask::CLOUDY`]: the study counts
/// all of it.
pub(super) fn from_clm(clm: u8) -> u8 {
    let mut flags = 0;
    if clm & 2 != 0 {
        flags |= mask::CLOUD;
    }
    if clm & (4 | 8) != 0 {
        flags |= mask::SHADOW;
    }
    if clm & (64 | 128) != 0 && clm & (1 | 2) == 0 {
        flags |= mask::THIN;
    }
    if clm != 0 && flags == 0 { mask::CLOUD } else { flags }
}

/// MAJA's EDG: anything but zero is outside the image.
pub(super) fn from_edg(edg: u8) -> u8 {
    if edg == 0 { 0 } else { mask::NODATA }
}

/// ESA's scene classes, 0..=11. Vegetation, soil, water and "unclassified" (4 to 7) are clear. "Dark
/// areas" are shadow: where a cloud's shadow falls outside the predicted one, ESA's processor calls
/// it dark.
pub(super) fn from_scl(class: u8) -> Result<u8> {
    Ok(match class {
        0 => mask::NODATA,
        1 => mask::SATURATED,
        2 | 3 => mask::SHADOW,
        8 | 9 => mask::CLOUD,
        10 => mask::THIN,
        11 => mask::SNOW,
        4..=7 => 0,
        _ => {
            return Err(Error::invalid(format!("scene class {class} is outside 0..=11"))
                .hint("SCL holds the classes of ESA's scene classification"));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clm_bits_become_ours() {
        use mask::{CLOUD, SHADOW, THIN};
        for (clm, want) in [
            (0, 0),
            (1, CLOUD),
            (1 | 2, CLOUD),
            (1 | 4, SHADOW),
            (8, SHADOW),
            (16, CLOUD),
            (32, CLOUD),
            (64, THIN),
            (128, THIN),
            (64 | 128, THIN),
            (1 | 2 | 128, CLOUD),
            (1 | 2 | 4 | 16, CLOUD | SHADOW),
            (4 | 64, SHADOW | THIN),
        ] {
            assert_eq!(from_clm(clm), want, "{clm}");
        }
    }

    #[test]
    fn no_flagged_pixel_is_clear() {
        assert!((1..=255).all(|clm| from_clm(clm) & mask::CLOUDY != 0));
    }

    #[test]
    fn an_unknown_class_is_refused() {
        assert!(from_scl(12).is_err());
        assert_eq!(from_scl(10).unwrap(), mask::THIN);
    }

    #[test]
    fn only_ground_is_clear() {
        let clear: Vec<u8> = (0..=11).filter(|c| from_scl(*c).unwrap() == 0).collect();
        assert_eq!(clear, [4, 5, 6, 7]);
        assert_eq!((from_scl(2).unwrap(), from_scl(11).unwrap()), (mask::SHADOW, mask::SNOW));
    }
}
