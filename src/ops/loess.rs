//! `loess`: gap-filling by a local regression in time.
//!
//! Two clear dates carry the noise of both, and masks miss the edges of clouds. Here each pixel and band is a line through all
//! clear dates (locally weighted regression, Cleveland 1979), weighted by how near a date is and how clear it was around the
//! pixel; observations close to something hidden count only where there is no other. The slope is damped, so that a line is
//! not drawn far from the dates that carry it.

use super::interpolate::NONE;
use super::series::{Series, i16s};
use crate::archive::{Layer, mask};
use crate::error::{Error, Result};
use crate::geo::{Stamp, Window};

/// Days over which the weight of a date falls to 1/e.
const DAYS: f64 = 10.0;
/// What damps the slope, days squared: a prior of slope zero as strong as dates so far apart.
const DAMPING: f64 = 100.0;
/// Share of hidden pixels around a pixel at which the weight of a date falls to 1/e.
const SHARE: f64 = 0.2;
/// Half of the side of the square in which that share is counted, pixels.
const AROUND: usize = 32;
/// Pixels so close to a hidden one are suspect.
const NEAR: usize = 5;
/// Weight of what is suspect: less than any date's that is not.
const SUSPECT: f64 = 1e-9;

/// Pixels beyond a window that its values depend on.
pub(super) const MARGIN: usize = AROUND;

/// Fills `[band, y, x]` (reflectance x 10000) of `inner` at `time` from a series over `outer`, two windows of one grid; -10000
/// where no date is clear. A pixel that is clear at `time`, with nothing hidden near it, keeps its value. Refuses pixels that
/// are not int16, and an `inner` that is not inside `outer`.
pub(super) fn loess(
    series: &Series,
    outer: Window,
    inner: Window,
    time: Stamp,
) -> Result<Vec<i16>> {
    if outer.intersect(&inner) != Some(inner) || series.len != outer.len() {
        return Err(Error::internal("a series over another window than it was read for"));
    }
    let mut dates = Vec::with_capacity(series.times.len());
    for (at, stamp) in series.times.iter().enumerate() {
        let days = stamp.days_since(time);
        let clear = clearness(series.masks[at].bytes(), outer, inner)?;
        dates.push(Date { days, clear, pixels: i16s(&series.pixels[at])? });
    }
    let on_time = series.times.iter().position(|t| *t == time).map_or(NONE, |at| at as u32);
    let bands = Layer::S2Fine.bands().len();
    let mut out = vec![Layer::S2Fine.nodata() as i16; bands * inner.len()];
    for y in 0..inner.height {
        let row = Row { y, outer, inner };
        let sums = row.sums(&dates, bands);
        for (x, sums) in sums.iter().enumerate() {
            let at = y * inner.width + x;
            let kept = dates.get(on_time as usize).filter(|d| d.clear[at] > SUSPECT);
            for band in 0..bands {
                let value = match kept {
                    Some(date) => f64::from(date.pixels[row.pixel(band, x)]),
                    None if sums.weight > 0.0 => sums.value(band),
                    None => continue,
                };
                out[band * inner.len() + at] = value.round() as i16;
            }
        }
    }
    Ok(out)
}

/// One date: how far from t, the weight of each pixel of the inner window, its pixels of the outer one.
struct Date<'a> {
    days: f64,
    clear: Vec<f64>,
    pixels: &'a [i16],
}

/// One row of the inner window.
struct Row {
    y: usize,
    outer: Window,
    inner: Window,
}

/// Weighted sums of one pixel: of 1, of days, of their squares; of values and values times days by band.
#[derive(Clone, Default)]
struct Sums {
    weight: f64,
    days: f64,
    squares: f64,
    values: [f64; 4],
    slopes: [f64; 4],
}

impl Row {
    /// Where a pixel of the row is in the outer window.
    fn pixel(&self, band: usize, x: usize) -> usize {
        let (top, left) = (self.inner.row - self.outer.row, self.inner.col - self.outer.col);
        band * self.outer.len() + (self.y + top) * self.outer.width + left + x
    }

    fn sums(&self, dates: &[Date<'_>], bands: usize) -> Vec<Sums> {
        let width = self.inner.width;
        let mut all = vec![Sums::default(); width];
        for date in dates {
            let near = (-date.days.abs() / DAYS).exp();
            let clear = &date.clear[self.y * width..][..width];
            for (x, (sums, clear)) in all.iter_mut().zip(clear).enumerate() {
                if *clear == 0.0 {
                    continue;
                }
                let weight = near * clear;
                sums.weight += weight;
                sums.days += weight * date.days;
                sums.squares += weight * date.days * date.days;
                for band in 0..bands {
                    let value = f64::from(date.pixels[self.pixel(band, x)]);
                    sums.values[band] += weight * value;
                    sums.slopes[band] += weight * date.days * value;
                }
            }
        }
        all
    }
}

impl Sums {
    /// The line at day 0.
    fn value(&self, band: usize) -> f64 {
        let (mean, day) = (self.values[band] / self.weight, self.days / self.weight);
        let spread = self.squares / self.weight - day * day;
        let slope = (self.slopes[band] / self.weight - day * mean) / (spread + DAMPING);
        mean - slope * day
    }
}

/// The weight of each pixel of `inner` by a mask over `outer`: 0 where it is hidden.
fn clearness(bits: &[u8], outer: Window, inner: Window) -> Result<Vec<f64>> {
    if bits.len() != outer.len() {
        return Err(Error::internal("a mask has another size than its window"));
    }
    let hidden = Counts::of(bits, outer.width);
    let mut clear = Vec::with_capacity(inner.len());
    for y in inner.row - outer.row..inner.row - outer.row + inner.height {
        for x in inner.col - outer.col..inner.col - outer.col + inner.width {
            if bits[y * outer.width + x] & mask::HIDDEN != 0 {
                clear.push(0.0);
                continue;
            }
            let (around, all) = hidden.within(y, x, AROUND);
            let weight = (-f64::from(around) / f64::from(all) / SHARE).exp();
            let suspect = hidden.within(y, x, NEAR).0 > 0;
            clear.push(if suspect { weight * SUSPECT } else { weight });
        }
    }
    Ok(clear)
}

/// Sums of hidden pixels above and left of each, so that any rectangle is counted at once.
struct Counts {
    sums: Vec<u32>,
    width: usize,
    height: usize,
}

impl Counts {
    fn of(bits: &[u8], width: usize) -> Self {
        let (height, stride) = (bits.len() / width.max(1), width + 1);
        let mut sums = vec![0; stride * (height + 1)];
        for (y, row) in bits.chunks_exact(width.max(1)).enumerate() {
            let mut run = 0;
            for (x, bits) in row.iter().enumerate() {
                run += u32::from(bits & mask::HIDDEN != 0);
                sums[(y + 1) * stride + x + 1] = sums[y * stride + x + 1] + run;
            }
        }
        Self { sums, width, height }
    }

    /// Hidden and all pixels of the square of `half` pixels to each side, cut at the edges.
    fn within(&self, y: usize, x: usize, half: usize) -> (u32, u32) {
        let (top, left) = (y.saturating_sub(half), x.saturating_sub(half));
        let (bottom, right) = ((y + half + 1).min(self.height), (x + half + 1).min(self.width));
        let at = |y: usize, x: usize| self.sums[y * (self.width + 1) + x];
        let hidden = at(bottom, right) + at(top, left) - at(top, right) - at(bottom, left);
        (hidden, ((bottom - top) * (right - left)) as u32)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::archive::{Patch, Values};

    const SIDE: usize = 24;
    const ALL: Window = Window { row: 0, col: 0, height: SIDE, width: SIDE };

    fn at(days: i64) -> Stamp {
        Stamp(days * 86_400_000_000)
    }

    /// Which pixels are cloud.
    type Cloud<'a> = &'a dyn Fn(usize, usize) -> bool;

    /// Days, the value of all pixels of a date, and which are cloud.
    fn series(dates: &[(i64, i16, Cloud<'_>)]) -> Series {
        let owned = |v| Patch::Owned(Arc::new(v));
        let mask = |cloud: Cloud<'_>| {
            let bits = |i: usize| if cloud(i / SIDE, i % SIDE) { mask::CLOUD } else { 0 };
            owned(Values::U8((0..ALL.len()).map(bits).collect()))
        };
        Series {
            times: dates.iter().map(|d| at(d.0)).collect(),
            pixels: dates.iter().map(|d| owned(Values::I16(vec![d.1; 4 * ALL.len()]))).collect(),
            masks: dates.iter().map(|d| mask(d.2)).collect(),
            len: ALL.len(),
        }
    }

    fn middle(s: &Series, days: i64) -> i16 {
        loess(s, ALL, ALL, at(days)).unwrap()[SIDE * SIDE / 2 + SIDE / 2]
    }

    #[test]
    fn what_does_not_change_stays_and_what_changes_evenly_is_met_in_the_middle() {
        let clear = |_, _| false;
        let still = series(&[(0, 700, &clear), (3, 700, &clear), (40, 700, &clear)]);
        assert_eq!(middle(&still, 17), 700);
        let even =
            series(&[(0, 100, &clear), (6, 160, &clear), (14, 240, &clear), (20, 300, &clear)]);
        assert_eq!(middle(&even, 10), 200);
        // Nearer dates weigh more.
        let near = series(&[(0, 100, &clear), (20, 300, &clear)]);
        assert!(middle(&near, 4) < 150 && middle(&near, 16) > 250);
    }

    #[test]
    fn a_clear_pixel_keeps_its_value_unless_something_hidden_is_near() {
        let (clear, far) = (|_, _| false, |y: usize, _| y > 20);
        let near = |y: usize, x: usize| (y, x) == (SIDE / 2, SIDE / 2 + NEAR);
        let of = |cloud: Cloud<'_>| {
            middle(&series(&[(0, 200, &clear), (5, 900, cloud), (10, 200, &clear)]), 5)
        };
        assert_eq!((of(&clear), of(&far), of(&near)), (900, 900, 200));
    }

    #[test]
    fn what_is_near_a_cloud_counts_only_where_nothing_else_does() {
        let (clear, near) = (|_, _| false, |_, x: usize| x == SIDE / 2 + 1);
        let all = |_, _| true;
        assert_eq!(middle(&series(&[(0, 900, &near), (60, 200, &clear)]), 1), 200);
        assert_eq!(middle(&series(&[(0, 900, &near), (60, 200, &all)]), 1), 900);
        assert_eq!(middle(&series(&[(0, 900, &all), (60, 200, &all)]), 1), -10_000);
    }

    #[test]
    fn a_date_that_is_cloudier_around_weighs_less() {
        let clear = |_, _| false;
        let half = |_, x: usize| x < 6;
        let both = series(&[(0, 100, &clear), (10, 300, &half)]);
        assert!(middle(&both, 5) < 170, "half way would be 200");
    }

    #[test]
    fn windows_fit_without_a_seam_where_their_margin_was_read() {
        let cloud = |y: usize, x: usize| (y * 7 + x * 3).is_multiple_of(31) || y + x < 9;
        let s =
            series(&[(0, 100, &cloud), (4, 220, &|y, x| cloud(x, y)), (12, 340, &|_, _| false)]);
        let whole = loess(&s, ALL, ALL, at(5)).unwrap();
        let part = Window { row: 3, col: 9, height: 8, width: 11 };
        let values = loess(&s, ALL, part, at(5)).unwrap();
        for (i, value) in values.iter().enumerate() {
            let (band, i) = (i / part.len(), i % part.len());
            let (y, x) = (part.row + i / part.width, part.col + i % part.width);
            assert_eq!(*value, whole[band * ALL.len() + y * SIDE + x], "{y} {x}");
        }
        assert!(loess(&s, part, ALL, at(5)).is_err());
    }
}
