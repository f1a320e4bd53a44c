//! `interpolate`: gap-filling between the nearest clear dates, per pixel.
//!
//! The classical method of the study: `out = P + (N - P) * (T - t_P) / (t_N - t_P)` with P and N
//! the nearest clear observations before and after. A pixel that is clear at T keeps its value; one
//! with a single clear side takes that side; one with none is no-data. Times are float64 (the
//! original rounds them to float32).

use super::series::{Series, i16s};
use crate::archive::{Layer, mask};
use crate::error::{Error, Result};
use crate::geo::Stamp;

pub(super) const NONE: u32 = u32::MAX;

/// Index of the nearest clear date at or before, and at or after, `time`, for every pixel.
pub(super) fn nearest_clear(series: &Series, time: Stamp) -> Result<(Vec<u32>, Vec<u32>)> {
    let (mut before, mut after) = (vec![NONE; series.len], vec![NONE; series.len]);
    let split = series.times.partition_point(|t| *t <= time);
    let on_time = split.checked_sub(1).filter(|&i| series.times[i] == time);
    let mark = |found: &mut [u32], date: usize| -> Result<()> {
        let bits = series.masks[date].bytes();
        if bits.len() != found.len() {
            return Err(Error::internal("a mask has another size than its window"));
        }
        for (slot, &bits) in found.iter_mut().zip(bits) {
            if *slot == NONE && bits & mask::HIDDEN == 0 {
                *slot = date as u32;
            }
        }
        Ok(())
    };
    for date in (0..split).rev() {
        mark(&mut before, date)?;
    }
    for date in on_time.into_iter().chain(split..series.times.len()) {
        mark(&mut after, date)?;
    }
    Ok((before, after))
}

/// Fills `[band, y, x]` (reflectance x 10000) at `time` from the clear observations of a series;
/// -10000 where there is none. Refuses pixels that are not int16.
pub fn interpolate(series: &Series, time: Stamp) -> Result<Vec<i16>> {
    let bands = Layer::S2Fine.bands().len();
    let nodata = Layer::S2Fine.nodata() as i16;
    let (before, after) = nearest_clear(series, time)?;
    let dates: Vec<&[i16]> = series.pixels.iter().map(i16s).collect::<Result<_>>()?;
    let mut out = vec![nodata; bands * series.len];
    for pixel in 0..series.len {
        let (p, n) = (before[pixel], after[pixel]);
        let weight = match (p, n) {
            (NONE, NONE) => continue,
            (_, NONE) => 0.0,
            (NONE, _) => 1.0,
            (p, n) if p == n => 0.0,
            (p, n) => {
                let (tp, tn) = (series.times[p as usize], series.times[n as usize]);
                time.days_since(tp) / tn.days_since(tp)
            }
        };
        let p = if p == NONE { n } else { p } as usize;
        let n = if n == NONE { p as u32 } else { n } as usize;
        for band in 0..bands {
            let at = band * series.len + pixel;
            let (a, b) = (f64::from(dates[p][at]), f64::from(dates[n][at]));
            out[at] = (a + (b - a) * weight).round() as i16;
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::archive::{Patch, Values};

    fn series(dates: &[(i64, [i16; 4], u8)]) -> Series {
        let owned = |v| Patch::Owned(Arc::new(v));
        Series {
            times: dates.iter().map(|d| Stamp(d.0 * 86_400_000_000)).collect(),
            pixels: dates.iter().map(|d| owned(Values::I16(d.1.to_vec()))).collect(),
            masks: dates.iter().map(|d| owned(Values::U8(vec![d.2]))).collect(),
            len: 1,
        }
    }

    fn at(days: i64) -> Stamp {
        Stamp(days * 86_400_000_000)
    }

    #[test]
    fn a_gap_is_filled_in_proportion_to_time() {
        let s = series(&[(0, [0; 4], 0), (5, [9999; 4], mask::CLOUD), (20, [1000; 4], 0)]);
        assert_eq!(interpolate(&s, at(5)).unwrap(), [250; 4]);
    }

    #[test]
    fn a_clear_pixel_keeps_its_value() {
        let s = series(&[(0, [0; 4], 0), (5, [777; 4], 0), (20, [1000; 4], 0)]);
        assert_eq!(interpolate(&s, at(5)).unwrap(), [777; 4]);
    }

    #[test]
    fn one_clear_side_is_copied_and_none_is_no_data() {
        let s = series(&[(0, [5; 4], mask::SHADOW), (20, [1000; 4], 0)]);
        assert_eq!(interpolate(&s, at(5)).unwrap(), [1000; 4]);
        let s = series(&[(0, [5; 4], mask::NODATA), (20, [1000; 4], mask::THIN)]);
        assert_eq!(interpolate(&s, at(5)).unwrap(), [-10_000; 4]);
    }
}
