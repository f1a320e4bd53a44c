//! Gate 3: how well a straight line over ten to eighteen days tells what was there; gate 4: how
//! much of the ground changes in between.

use std::collections::BTreeMap;

use super::measure::{Gate, Measure};
use super::points::Points;
use super::written::Logged;
use crate::geo::Stamp;

/// Errors of reflectance over all bands, and angles between spectra.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Errors {
    squares: f64,
    values: f64,
    angles: f64,
    pixels: f64,
}

impl Errors {
    /// Takes one pixel: reflectance as guessed and as it was, in units of 1.
    pub fn add(&mut self, guess: &[f64; 10], truth: &[f64; 10]) {
        let (mut dot, mut a, mut b) = (0.0, 0.0, 0.0);
        for (g, t) in guess.iter().zip(truth) {
            self.squares += (g - t).powi(2);
            dot += g * t;
            a += g * g;
            b += t * t;
        }
        self.values += 10.0;
        self.angles += (dot / (a * b).sqrt().max(1e-12)).clamp(-1.0, 1.0).acos().to_degrees();
        self.pixels += 1.0;
    }

    /// Peak signal to noise in dB; the peak is a reflectance of 1.
    pub fn psnr(&self) -> f64 {
        -10.0 * (self.squares / self.values).log10()
    }

    /// How many pixels were taken.
    pub fn pixels(&self) -> f64 {
        self.pixels
    }

    /// Mean angle between spectra in degrees.
    pub fn sam(&self) -> f64 {
        self.angles / self.pixels
    }
}

/// Reflectance of a pixel in units of 1.
pub(super) fn reflectance(values: &[i16; 10]) -> [f64; 10] {
    values.map(|v| f64::from(v) * 1e-4)
}

/// The straight line from `before` to `after` at a share of the way.
pub(super) fn between(before: &[i16; 10], after: &[i16; 10], share: f64) -> [f64; 10] {
    let (b, a) = (reflectance(before), reflectance(after));
    std::array::from_fn(|i| b[i] + share * (a[i] - b[i]))
}

/// Share of the way from the first to the last of three dates.
pub(super) fn way(points: &Points, [b, t, a]: [usize; 3]) -> f64 {
    let at = |i: usize| points.looks[i].time;
    at(t).days_since(at(b)) / at(a).days_since(at(b))
}

/// Interpolates every pixel whose dates around are called clear, and compares with what was seen on a date that is clear, as on real
/// series, which have no other truth.
pub(super) fn filling(tiles: &[Points]) -> Gate {
    let [mut all, mut honest, mut unclouded] = [Errors::default(); 3];
    for points in tiles {
        for three in points.triplets() {
            let [b, t, a] = three.map(|i| &points.looks[i]);
            let share = way(points, three);
            for i in 0..t.sky.len() {
                if !(b.clear[i] && a.clear[i] && t.inside[i]) {
                    continue;
                }
                let guess = between(&b.seen[i], &a.seen[i], share);
                unclouded.add(&guess, &reflectance(&t.there[i]));
                if t.sky[i] == 0 {
                    let seen = reflectance(&t.seen[i]);
                    all.add(&guess, &seen);
                    if b.sky[i] == 0 && a.sky[i] == 0 {
                        honest.add(&guess, &seen);
                    }
                }
            }
        }
    }
    // PASTIS-R has 28.4 dB and 4.35 degrees.
    let measures = vec![
        Measure::within("PSNR in dB", all.psnr(), 27.0..=31.0),
        Measure::within("angle of spectra in degrees", all.sam(), 3.0..=5.0),
        Measure::aside("PSNR in dB where both dates were truly clear", honest.psnr()),
        Measure::aside("PSNR in dB against what a sky without clouds had shown, cloudy or not", {
            unclouded.psnr()
        }),
        Measure::aside("percent of pixels with a missed cloud or shadow", {
            100.0 * (1.0 - honest.pixels / all.pixels.max(1.0))
        }),
    ];
    Gate {
        number: 3,
        name: "gap-filling over 10 to 18 days errs as on real series",
        measures,
        advice: "look at growth in phenology.rs, the air of a date in air.rs and the masks",
    }
}

/// Days of the events of each field.
pub(super) type Days = BTreeMap<u32, Vec<i64>>;

/// The days on which a field's cover changed. Watering changes the soil alone.
pub(super) fn changes(events: &[Logged]) -> Days {
    let mut out = Days::new();
    for e in events.iter().filter(|e| e.what != "irrigation") {
        out.entry(e.field).or_default().push(e.time.day());
    }
    out
}

/// Whether a field changed after the first and up to the last of two dates.
pub(super) fn changed(days: &Days, field: u32, first: Stamp, last: Stamp) -> bool {
    let (first, last) = (first.day(), last.day());
    days.get(&field).is_some_and(|d| d.iter().any(|e| *e > first && *e <= last))
}

/// Share of the pixels whose field changed between the dates around another, in the months in which
/// things grow.
pub(super) fn events(tiles: &[Points], events: &[Days], season: (u32, u32)) -> Gate {
    let (mut changing, mut all) = (0.0, 0.0);
    for (points, days) in tiles.iter().zip(events) {
        for [b, t, a] in points.triplets().into_iter().map(|three| three.map(|i| &points.looks[i]))
        {
            let month = t.time.date().map_or(0, |d| chrono::Datelike::month(&d));
            if !(season.0..=season.1).contains(&month) {
                continue;
            }
            let hit = |f: &&u32| changed(days, **f, b.time, a.time);
            changing += points.field.iter().filter(hit).count() as f64;
            all += points.field.len() as f64;
        }
    }
    let measures = vec![Measure::within(
        format!("percent of pixels with an event, months {} to {}", season.0, season.1),
        100.0 * changing / all,
        5.0..=12.0,
    )];
    Gate {
        number: 4,
        name: "some ground changes between the dates around another",
        measures,
        advice: "look at what people do in events.rs and who owns the land in parcels.rs",
    }
}

#[cfg(test)]
mod tests {
    use super::super::points::Look;
    use super::*;

    fn look(days: i64, value: i16, n: usize) -> Look {
        Look {
            time: Stamp(days * 86_400_000_000),
            seen: vec![[value; 10]; n],
            there: vec![[value; 10]; n],
            sky: vec![0; n],
            clear: vec![true; n],
            inside: vec![true; n],
        }
    }

    fn series(looks: Vec<Look>, n: usize) -> Points {
        let field = (0..n as u32).collect();
        Points { step: 2, side: n, looks, echoes: vec![], relief: vec![], field }
    }

    #[test]
    fn an_error_of_a_hundredth_is_forty_decibels() {
        let mut e = Errors::default();
        e.add(&[0.31; 10], &[0.30; 10]);
        assert!((e.psnr() - 40.0).abs() < 1e-9 && e.sam() < 1e-4);
        let mut right = Errors::default();
        let (mut a, mut b) = ([0.0; 10], [0.0; 10]);
        (a[0], b[1]) = (1.0, 1.0);
        right.add(&a, &b);
        assert!((right.sam() - 90.0).abs() < 1e-9);
    }

    #[test]
    fn a_straight_series_is_filled_without_error_and_a_bend_is_seen() {
        let mut points = series(vec![look(0, 1000, 4), look(10, 2000, 4), look(20, 3000, 4)], 4);
        assert!(filling(std::slice::from_ref(&points)).measures[0].value > 100.0);
        points.looks[1] = look(10, 2100, 4);
        let found = filling(std::slice::from_ref(&points)).measures[0].value;
        assert!((found - 40.0).abs() < 1e-6, "{found}");
    }

    #[test]
    fn an_event_counts_between_the_dates_around_and_in_season() {
        let points = series(vec![look(120, 1, 10), look(130, 1, 10), look(140, 1, 10)], 10);
        let log = |field, day: i64, what: &str| Logged {
            field,
            time: Stamp(day * 86_400_000_000),
            what: what.into(),
        };
        let days = changes(&[
            log(1, 125, "harvest"),
            log(1, 126, "plough"),
            log(2, 140, "mow"),
            log(3, 120, "mow"),
            log(4, 130, "irrigation"),
        ]);
        let share = |season| {
            events(std::slice::from_ref(&points), std::slice::from_ref(&days), season).measures[0]
                .value
        };
        // Day 130 is in May.
        assert!((share((4, 10)) - 20.0).abs() < 1e-9);
        assert!(share((6, 10)).is_nan());
    }
}
