//! `nearest`: each pixel from the nearest date on which it was clear.

use super::interpolate::{NONE, nearest_clear};
use super::series::{Series, i16s};
use crate::archive::Layer;
use crate::error::Result;
use crate::geo::Stamp;

/// Copies `[band, y, x]` (reflectance x 10000) of the nearest clear date, pixel by pixel; the earlier
/// of two that are equally near; -10000 where there is none. Refuses pixels that are not int16.
pub fn nearest(series: &Series, time: Stamp) -> Result<Vec<i16>> {
    let bands = Layer::S2Fine.bands().len();
    let (before, after) = nearest_clear(series, time)?;
    let dates: Vec<&[i16]> = series.pixels.iter().map(i16s).collect::<Result<_>>()?;
    let mut out = vec![Layer::S2Fine.nodata() as i16; bands * series.len];
    let days = |date: u32| series.times[date as usize].days_since(time).abs();
    for (pixel, (p, n)) in before.iter().zip(&after).enumerate() {
        let date = match (*p, *n) {
            (NONE, NONE) => continue,
            (p, NONE) => p,
            (NONE, n) => n,
            (p, n) if days(n) < days(p) => n,
            (p, _) => p,
        };
        for at in (0..bands).map(|band| band * series.len + pixel) {
            out[at] = dates[date as usize][at];
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::archive::{Patch, Values, mask};

    #[test]
    fn each_pixel_comes_from_its_own_nearest_clear_date() {
        let owned = |v| Patch::Owned(Arc::new(v));
        // Two pixels, four bands; days 0, 8 and 12 around day 7.
        let dates = [(0, 10, [0, 0]), (8, 20, [mask::CLOUD, 0]), (12, 30, [0, mask::SHADOW])];
        let at = |days: i64| Stamp(days * 86_400_000_000);
        let series = Series {
            times: dates.iter().map(|d| at(d.0)).collect(),
            pixels: dates.iter().map(|d| owned(Values::I16(vec![d.1; 8]))).collect(),
            masks: dates.iter().map(|d| owned(Values::U8(d.2.to_vec()))).collect(),
            len: 2,
        };
        assert_eq!(nearest(&series, at(7)).unwrap(), [30, 20, 30, 20, 30, 20, 30, 20]);
        assert_eq!(nearest(&series, at(6)).unwrap()[0], 10, "the earlier of two");
        let none = Series {
            masks: vec![owned(Values::U8(vec![mask::NODATA; 2])); 3],
            times: series.times.clone(),
            pixels: dates.iter().map(|d| owned(Values::I16(vec![d.1; 8]))).collect(),
            len: 2,
        };
        assert_eq!(nearest(&none, at(7)).unwrap(), [-10_000; 8]);
    }
}
