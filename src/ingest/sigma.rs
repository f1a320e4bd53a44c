//! Radar backscatter to 16 bits, on the natural-log scale of the Decloud study.

/// Linear sigma-nought to the stored value: 0 for no data, 1..=65535 for e^-10..e^3.
///
/// The study computes in double, keeps the result as float, then clamps and truncates; so do we.
/// Its `1e-6` inside the logarithm makes the least value above e^-10 land near 111, not 1. A NaN,
/// which the study leaves open, is no data.
pub(super) fn scale(x: f32) -> u16 {
    let v = f64::from(x);
    if v == 0.0 || v.is_nan() {
        0
    } else if v < (-10f64).exp() {
        1
    } else if v > 3f64.exp() {
        u16::MAX
    } else {
        // `as` saturates and truncates: exactly the study's writer.
        (1.0 + 65_534.0 / 13.0 * ((v.abs() + 1e-6).ln() + 10.0)) as f32 as u16
    }
}

/// Decibels to the stored value.
pub(super) fn scale_decibels(db: f64) -> u16 {
    scale(10f64.powf(db / 10.0) as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_studys_four_cases_hold() {
        assert_eq!(scale(0.0), 0);
        assert_eq!(scale(-0.0), 0);
        assert_eq!(scale(f32::NAN), 0);
        assert_eq!(scale(-0.5), 1, "negative power is noise, not no-data");
        assert_eq!(scale(4.53e-5), 1, "below e^-10");
        assert_eq!(scale(20.09), 65_535, "above e^3");
        assert_eq!(scale(f32::INFINITY), 65_535);
    }

    #[test]
    fn the_curve_between_is_the_studys() {
        // 1 + (65534/13) (ln(x + 1e-6) + 10), truncated, computed apart from this code.
        for (x, want) in
            [(4.540e-5, 110), (0.01, 27_197), (0.1, 38_804), (1.0, 50_411), (10.0, 62_019)]
        {
            assert_eq!(scale(x), want, "{x}");
        }
    }

    #[test]
    fn decibels_meet_the_linear_scale() {
        assert_eq!(scale_decibels(0.0), scale(1.0));
        assert_eq!(scale_decibels(-20.0), scale(0.01));
    }
}
