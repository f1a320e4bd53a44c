//! From stored values to eight bits a channel.

use super::Picture;

/// Reflectance x 10000 that is shown white: brighter land is rare, clouds may saturate.
const WHITE_DN: i16 = 3000;
/// Value of a reflectance pixel without data.
const NODATA_DN: i16 = -10_000;
/// A gentle gamma: dark forests stay readable, fields keep their contrast.
const GAMMA: f64 = 1.4;
/// Decibels shown as black and white in VV, in VH and in their difference.
const VV_DB: (f64, f64) = (-20.0, 0.0);
const VH_DB: (f64, f64) = (-27.0, -6.0);
const RATIO_DB: (f64, f64) = (1.0, 15.0);

impl Picture {
    /// Reflectance x 10000 (B04, B03, B02, each `width * height` values by rows) in true colour.
    ///
    /// One fixed stretch, 0 to 3000, so that two pictures compare; a pixel where any band is -10000
    /// is hatched grey. Planes of another length are refused by [`Picture::png`].
    pub fn true_colour(
        width: usize,
        height: usize,
        red: &[i16],
        green: &[i16],
        blue: &[i16],
    ) -> Self {
        let table: Vec<u8> = (0..=WHITE_DN)
            .map(|dn| byte((f64::from(dn) / f64::from(WHITE_DN)).powf(1.0 / GAMMA)))
            .collect();
        let shade = |dn: i16| table[dn.clamp(0, WHITE_DN) as usize];
        let mut rgb = Vec::with_capacity(red.len().saturating_mul(3));
        for (i, ((&r, &g), &b)) in red.iter().zip(green).zip(blue).enumerate() {
            if [r, g, b].contains(&NODATA_DN) {
                rgb.extend(hatch(i, width));
            } else {
                rgb.extend([shade(r), shade(g), shade(b)]);
            }
        }
        Self { width, height, rgb }
    }

    /// Radar backscatter as the archive stores it (natural logarithm over 13, 1 to 65535, 0 = no
    /// data) in false colour: VV, VH and VV minus VH in decibels. Same size rules as
    /// [`Picture::true_colour`].
    pub fn radar(width: usize, height: usize, vv: &[u16], vh: &[u16]) -> Self {
        let mut rgb = Vec::with_capacity(vv.len().saturating_mul(3));
        for (i, (&vv, &vh)) in vv.iter().zip(vh).enumerate() {
            if vv == 0 || vh == 0 {
                rgb.extend(hatch(i, width));
                continue;
            }
            let (vv, vh) = (decibels(vv), decibels(vh));
            rgb.extend([between(vv, VV_DB), between(vh, VH_DB), between(vv - vh, RATIO_DB)]);
        }
        Self { width, height, rgb }
    }
}

/// The stored value is `1 + 65534 / 13 * (ln(x) + 10)`.
fn decibels(stored: u16) -> f64 {
    let ln = (f64::from(stored) - 1.0) * 13.0 / 65_534.0 - 10.0;
    ln * 10.0 / std::f64::consts::LN_10
}

fn between(value: f64, (low, high): (f64, f64)) -> u8 {
    byte((value - low) / (high - low))
}

fn byte(share: f64) -> u8 {
    (share.clamp(0.0, 1.0) * 255.0).round() as u8
}

/// Diagonal stripes of two greys, so that missing pixels are not taken for cloud or shadow.
fn hatch(index: usize, width: usize) -> [u8; 3] {
    let (x, y) = (index % width.max(1), index / width.max(1));
    if (x + y) % 8 < 3 { [128; 3] } else { [164; 3] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stretch_is_fixed_and_saturates() {
        let red = [0, 3000, 9000, -50];
        let picture = Picture::true_colour(2, 2, &red, &[1500; 4], &[0; 4]);
        let reds: Vec<u8> = picture.rgb.iter().step_by(3).copied().collect();
        assert_eq!(reds, [0, 255, 255, 0]);
        assert!(picture.rgb[1] > 128, "gamma lifts the middle");
        assert_eq!(picture.rgb[2], 0);
    }

    #[test]
    fn a_missing_pixel_is_grey_in_every_channel() {
        let picture = Picture::true_colour(1, 1, &[100], &[-10_000], &[100]);
        assert!(picture.rgb[0] == picture.rgb[1] && picture.rgb[1] == picture.rgb[2]);
        assert!([128, 164].contains(&picture.rgb[0]));
        let radar = Picture::radar(16, 1, &[0; 16], &[9; 16]);
        assert!(radar.rgb.contains(&128) && radar.rgb.contains(&164), "hatched");
    }

    #[test]
    fn radar_follows_decibels() {
        // x = 1 is 0 dB and is stored as 1 + 65534 * 10 / 13; each 10 dB is ln 10 below.
        let stored = |db: f64| (1.0 + 65_534.0 / 13.0 * (db / 10.0 * 10_f64.ln() + 10.0)) as u16;
        let picture =
            Picture::radar(2, 1, &[stored(0.0), stored(-20.0)], &[stored(-16.5), stored(-27.0)]);
        assert_eq!(picture.rgb[0], 255);
        assert!((126..=128).contains(&picture.rgb[1]), "{}", picture.rgb[1]);
        assert_eq!((picture.rgb[3], picture.rgb[4]), (0, 0));
    }
}
