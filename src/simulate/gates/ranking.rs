//! Gates 7 and 8: what radar adds to a single date, and that the gain goes when its cause goes.

use super::measure::{Gate, Measure};
use super::samples::{Control, Given, Samples, Scores};
use super::{Seen, Stop};
use crate::error::{Error, Result};

/// The methods that are compared, on the same pixels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ranking {
    pub line: Scores,
    pub single: Scores,
    pub single_radar: Scores,
    pub multi: Scores,
    pub multi_radar: Scores,
}

const SINGLE: Given = Given { around: false, radar: false, relief: false };
const SINGLE_RADAR: Given = Given { around: false, radar: true, relief: false };
const MULTI: Given = Given { around: true, radar: false, relief: false };
const MULTI_RADAR: Given = Given { around: true, radar: true, relief: false };
const SINGLE_RELIEF: Given = Given { around: false, radar: false, relief: true };

impl Ranking {
    /// Fits all learners.
    pub fn of(samples: &Samples, stop: Stop<'_>) -> Result<Self> {
        let fit = |given| stop().and_then(|()| samples.learn(given));
        let (one, two) = rayon::join(
            || Ok::<_, Error>((fit(SINGLE)?, fit(SINGLE_RADAR)?)),
            || Ok::<_, Error>((fit(MULTI)?, fit(MULTI_RADAR)?)),
        );
        let ((single, single_radar), (multi, multi_radar)) = (one?, two?);
        Ok(Self { line: samples.line(), single, single_radar, multi, multi_radar })
    }
}

/// Gate 7: the gain of radar on a single date.
pub(super) fn gain(samples: &Samples, ranking: &Ranking) -> Gate {
    let r = ranking;
    let gain = |a: &Scores, b: &Scores| a.all.psnr() - b.all.psnr();
    let gain_changed = |a: &Scores, b: &Scores| a.changed.psnr() - b.changed.psnr();
    let (train, test) = samples.counts();
    let measures = vec![
        Measure::within(
            "gain of radar in a single date, dB",
            gain(&r.single_radar, &r.single),
            0.5..=1.6,
        ),
        Measure::aside("PSNR of a single date", r.single.all.psnr()),
        Measure::aside("PSNR of a single date with radar", r.single_radar.all.psnr()),
        Measure::aside("PSNR of a straight line", r.line.all.psnr()),
        Measure::aside("PSNR of three dates", r.multi.all.psnr()),
        Measure::aside("PSNR of three dates with radar", r.multi_radar.all.psnr()),
        Measure::aside("gain of radar in three dates, dB", gain(&r.multi_radar, &r.multi)),
        Measure::aside(
            "the same where an event changed the ground",
            gain_changed(&r.multi_radar, &r.multi),
        ),
        Measure::aside("single date with radar over a straight line there", {
            gain_changed(&r.single_radar, &r.line)
        }),
        Measure::aside("pixels to train on", train as f64),
        Measure::aside("pixels to test on, in other blocks", test as f64),
    ];
    Gate {
        number: 7,
        name: "radar helps a single hidden date (ridge on random features, pixel by pixel)",
        measures,
        advice: "look at soil water and plants in radar.rs and ground.rs",
    }
}

/// What is left of a gain, dB: at most a third. Where there was none, nothing could vanish, and nothing is judged.
fn vanished(what: &str, gain: f64, left: f64) -> Measure {
    const NONE: f64 = 0.15;
    match gain > NONE {
        true => Measure::within(what, left, f64::NEG_INFINITY..=NONE.min(gain / 3.0)),
        false => Measure::aside(format!("{what} (there is no gain to lose)"), left),
    }
}

/// Gate 8: a gain goes when what makes it is put in a wrong order.
pub(super) fn controls(seen: &Seen, ranking: &Ranking, stop: Stop<'_>) -> Result<Gate> {
    let draw = |control| Samples::draw(&seen.tiles, &seen.events, seen.radar_days, control);
    let fit = |control, given| stop().and_then(|()| draw(control).learn(given));
    let ((in_time, dates), (elsewhere, relief, no_relief)) = rayon::join(
        || (fit(Control::RadarInTime, MULTI_RADAR), fit(Control::Dates, MULTI)),
        || {
            let radar = fit(Control::RadarElsewhere, SINGLE_RADAR);
            let relief = fit(Control::None, SINGLE_RELIEF);
            (radar, relief, fit(Control::Relief, SINGLE_RELIEF))
        },
    );
    let r = ranking;
    let over_single = |s: &Scores| s.all.psnr() - r.single.all.psnr();
    let over_multi = |s: &Scores| s.changed.psnr() - r.multi.changed.psnr();
    let (in_time, elsewhere) = (over_multi(&in_time?), over_single(&elsewhere?));
    let (relief, no_relief) = (over_single(&relief?), over_single(&no_relief?));
    let (in_three, in_one) = (over_multi(&r.multi_radar), over_single(&r.single_radar));
    let kept = over_single(&dates?) / over_single(&r.multi);
    let measures = vec![
        Measure::aside("gain of radar in three dates, changed ground, dB", in_three),
        vanished("the same with radar shuffled in time", in_three, in_time),
        Measure::aside("gain of radar in a single date", in_one),
        vanished("the same with radar of another tile", in_one, elsewhere),
        Measure::aside("gain of relief in a single date", relief),
        vanished("the same with relief of other ground", relief, no_relief),
        Measure::within(
            "gain of the dates around over a single date",
            over_single(&r.multi),
            1.0..=f64::INFINITY,
        ),
        // It cannot vanish: any clear date tells what a place is, if not how it is now.
        Measure::within("share of it that dates of any time keep", kept, -0.4..=0.4),
    ];
    Ok(Gate {
        number: 8,
        name: "gains vanish when their cause is shuffled away",
        measures,
        advice: "a learner knows what it should not: look at samples.rs first",
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::chance::hash01;
    use super::super::gaps::Days;
    use super::super::points::{Echo, Look, Points};
    use super::*;
    use crate::geo::Stamp;

    const SIDE: usize = 128;

    /// A tile whose ground at the hidden date is told by that date's radar and by nothing else: it
    /// was all different before, and is again after.
    fn told_by_radar() -> Seen {
        let n = SIDE * SIDE;
        let time = |day: i64| Stamp(day * 86_400_000_000);
        let draw = |i: usize, k: u32| hash01(i as u32, k);
        let look = |day: i64, hidden: bool| {
            let ground: Vec<[i16; 10]> =
                (0..n).map(|i| [1000 + (4000.0 * draw(i, day as u32)) as i16; 10]).collect();
            Look {
                time: time(day),
                seen: if hidden { vec![[9000; 10]; n] } else { ground.clone() },
                there: ground,
                sky: vec![u8::from(hidden); n],
                clear: vec![!hidden; n],
                inside: vec![true; n],
            }
        };
        let echo = |day: i64| Echo {
            time: time(day),
            values: (0..n).map(|i| [-20.0 + 10.0 * draw(i, day as u32); 4]).collect(),
        };
        let days = [0, 10, 20];
        let points = Points {
            step: 8,
            side: SIDE,
            looks: days.iter().map(|d| look(*d, *d == 10)).collect(),
            echoes: days.iter().map(|d| echo(*d)).collect(),
            relief: (0..n).map(|i| [draw(i, 77), draw(i, 78), 0.0]).collect(),
            field: vec![0; n],
        };
        // The field changed on day 12.
        let events = vec![Days::from([(0, vec![12])])];
        Seen { tiles: vec![points], events, radar_days: 1.0 }
    }

    #[test]
    fn a_gain_that_was_not_there_cannot_be_said_to_vanish() {
        let judged = |gain, left| {
            vanished("x", gain, left).allowed.map(|_| vanished("x", gain, left).holds())
        };
        assert_eq!(judged(0.8, 0.1), Some(true));
        assert_eq!(judged(0.8, 0.3), Some(false));
        assert_eq!((judged(0.2, 0.05), judged(0.2, 0.14)), (Some(true), Some(false)));
        assert_eq!((judged(-0.3, -0.3), judged(0.1, 0.4)), (None, None));
    }

    #[test]
    fn a_gain_of_radar_is_seen_and_goes_with_its_cause() {
        let seen = told_by_radar();
        let samples = Samples::draw(&seen.tiles, &seen.events, 1.0, Control::None);
        let (train, test) = samples.counts();
        assert!(train > test && test > 1000, "{train} {test}");
        let stop = || Ok(());
        let ranking = Ranking::of(&samples, &stop).unwrap();
        let found = gain(&samples, &ranking);
        assert!(found.measures[0].value > 10.0 && !found.holds(), "{found:?}");
        let found = controls(&seen, &ranking, &stop).unwrap();
        let value = |k: usize| found.measures[k].value;
        assert!(value(0) > 10.0 && value(2) > 10.0, "{found:?}");
        // Radar of the date itself may stand at another one's place, where it still tells something.
        assert!(value(1) < 0.1 * value(0), "{found:?}");
        assert!(value(3) < 0.15 && value(4) < 0.15 && value(5) < 0.15, "{found:?}");
    }
}
