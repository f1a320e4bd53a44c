//! `loess`: gap-filling by a local regression in time.
//!
//! Two clear dates carry the noise of both, and masks miss the edges of clouds. Here each pixel and band is a line through all
//! clear dates (locally weighted regression, Cleveland 1979), weighted by how near a date is and how clear it was around the
//! pixel; observations close to something hidden count only where there is no other. The slope is damped, so that a line is
//! not drawn far from the dates that carry it.

use super::series::{Series, i16s};
use crate::archive::{Layer, mask};
use crate::error::{Error, Result};
use crate::geo::{Stamp, Window};

/// Days over which the weight of a date falls to 1/e.
const DAYS: f64 = 10.0;
/// Added to the weighted variance of the days (days squared), which damps the slope where dates lie close together.
const DAMPING: f64 = 100.0;
/// Share of hidden pixels around a pixel at which the weight of a date falls to 1/e.
const SHARE: f64 = 0.2;
/// Half of the side of the square in which that share is counted, pixels.
const AROUND: usize = 32;
/// Pixels so close to a hidden one are suspect.
const NEAR: usize = 5;
/// Bands of an optical patch.
const BANDS: usize = 4;

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
        let views = views(series.masks[at].bytes(), outer, inner)?;
        dates.push(Date { days, views, pixels: i16s(&series.pixels[at])? });
    }
    let on_time = series.times.iter().position(|t| *t == time).map(|at| &dates[at]);
    let mut out = vec![Layer::S2Fine.nodata() as i16; BANDS * inner.len()];
    for y in 0..inner.height {
        let row = Row { y, outer, inner };
        for (x, sums) in row.sums(&dates).iter().enumerate() {
            let at = y * inner.width + x;
            let kept = on_time.filter(|date| matches!(date.views[at], View::Sound(_)));
            for band in 0..BANDS {
                let value = match kept {
                    Some(date) => f64::from(date.pixels[row.pixel(band, x)]),
                    None => match sums.value(band) {
                        Some(value) => value,
                        None => continue,
                    },
                };
                out[band * inner.len() + at] = value.round() as i16;
            }
        }
    }
    Ok(out)
}

/// How a date shows a pixel, with the weight of what is around it.
#[derive(Clone, Copy)]
enum View {
    Hidden,
    /// Something hidden is near.
    Suspect(f64),
    Sound(f64),
}

/// One date: how far from t, how it shows each pixel of the inner window, its pixels of the outer one.
struct Date<'a> {
    days: f64,
    views: Vec<View>,
    pixels: &'a [i16],
}

/// One row of the inner window.
struct Row {
    y: usize,
    outer: Window,
    inner: Window,
}

/// The observations of one pixel.
#[derive(Clone, Default)]
struct Sums {
    sound: Line,
    suspect: Line,
}

/// Weighted sums of 1, of days, of their squares; of values and values times days by band.
#[derive(Clone, Default)]
struct Line {
    weight: f64,
    days: f64,
    squares: f64,
    values: [f64; BANDS],
    slopes: [f64; BANDS],
}

impl Row {
    /// Where a pixel of the row is in the outer window.
    fn pixel(&self, band: usize, x: usize) -> usize {
        let (top, left) = (self.inner.row - self.outer.row, self.inner.col - self.outer.col);
        band * self.outer.len() + (self.y + top) * self.outer.width + left + x
    }

    fn sums(&self, dates: &[Date<'_>]) -> Vec<Sums> {
        let width = self.inner.width;
        let mut all = vec![Sums::default(); width];
        for date in dates {
            let near = (-date.days.abs() / DAYS).exp();
            let views = &date.views[self.y * width..][..width];
            for (x, (sums, view)) in all.iter_mut().zip(views).enumerate() {
                let (line, weight) = match view {
                    View::Hidden => continue,
                    View::Suspect(weight) => (&mut sums.suspect, near * weight),
                    View::Sound(weight) => (&mut sums.sound, near * weight),
                };
                line.add(weight, date.days, |band| f64::from(date.pixels[self.pixel(band, x)]));
            }
        }
        all
    }
}

impl Sums {
    /// At day 0: what is suspect counts only where nothing is sound.
    fn value(&self, band: usize) -> Option<f64> {
        self.sound.value(band).or_else(|| self.suspect.value(band))
    }
}

impl Line {
    fn add(&mut self, weight: f64, days: f64, value: impl Fn(usize) -> f64) {
        self.weight += weight;
        self.days += weight * days;
        self.squares += weight * days * days;
        for band in 0..BANDS {
            let value = weight * value(band);
            self.values[band] += value;
            self.slopes[band] += days * value;
        }
    }

    /// The line at day 0, if there is an observation that weighs anything.
    fn value(&self, band: usize) -> Option<f64> {
        if self.weight <= 0.0 {
            return None;
        }
        let (mean, day) = (self.values[band] / self.weight, self.days / self.weight);
        let spread = self.squares / self.weight - day * day;
        let slope = (self.slopes[band] / self.weight - day * mean) / (spread + DAMPING);
        Some(mean - slope * day)
    }
}

/// How a mask over `outer` shows each pixel of `inner`.
fn views(bits: &[u8], outer: Window, inner: Window) -> Result<Vec<View>> {
    if bits.len() != outer.len() {
        return Err(Error::internal("a mask has another size than its window"));
    }
    let hidden = Counts::of(bits, outer.width);
    let mut views = Vec::with_capacity(inner.len());
    for y in inner.row - outer.row..inner.row - outer.row + inner.height {
        for x in inner.col - outer.col..inner.col - outer.col + inner.width {
            if bits[y * outer.width + x] & mask::HIDDEN != 0 {
                views.push(View::Hidden);
                continue;
            }
            let (around, all) = hidden.within(y, x, AROUND);
            let weight = (-f64::from(around) / f64::from(all) / SHARE).exp();
            views.push(match hidden.within(y, x, NEAR).0 {
                0 => View::Sound(weight),
                _ => View::Suspect(weight),
            });
        }
    }
    Ok(views)
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
        // However far away the sound one is.
        assert_eq!(middle(&series(&[(0, 900, &near), (400, 200, &clear)]), 1), 200);
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
        let (side, part) = (110, Window { row: 40, col: 45, height: 12, width: 9 });
        let whole = Window { row: 0, col: 0, height: side, width: side };
        // Clouds on lines that lie just as far from the part as its margin reaches.
        let cloud = |day: usize, y: usize, x: usize| {
            let scattered = (y + day).is_multiple_of(7) && x.is_multiple_of(5);
            scattered || y == part.row - MARGIN || x == part.col - MARGIN - day
        };
        let over = |w: Window| {
            let cells = || (0..w.len()).map(move |i| (w.row + i / w.width, w.col + i % w.width));
            let owned = |v| Patch::Owned(Arc::new(v));
            let pixels = |d: usize| {
                (0..4).flat_map(move |b| cells().map(move |(y, x)| (d * 90 + b * y + x) as i16))
            };
            let bits =
                |d: usize| cells().map(move |(y, x)| if cloud(d, y, x) { mask::CLOUD } else { 0 });
            Series {
                times: [0, 4, 12].map(at).to_vec(),
                pixels: (0..3).map(|d| owned(Values::I16(pixels(d).collect()))).collect(),
                masks: (0..3).map(|d| owned(Values::U8(bits(d).collect()))).collect(),
                len: w.len(),
            }
        };
        let all = loess(&over(whole), whole, whole, at(5)).unwrap();
        let same = |margin: usize| {
            let outer = part.grow(margin, side, side);
            let values = loess(&over(outer), outer, part, at(5)).unwrap();
            values.iter().enumerate().all(|(i, value)| {
                let (band, i) = (i / part.len(), i % part.len());
                let (y, x) = (part.row + i / part.width, part.col + i % part.width);
                *value == all[band * whole.len() + y * side + x]
            })
        };
        assert!(same(MARGIN) && !same(MARGIN - 1));
        assert!(loess(&over(part), part, whole, at(5)).is_err());
    }
}
