//! Gate 9: causes are left out one by one, and what was predicted of each has to appear.

use super::super::cause::Cause;
use super::super::work::simulate;
use super::super::world::World;
use super::kinship::kinship;
use super::measure::{Gate, Measure};
use super::ranking::Ranking;
use super::samples::{Control, Samples};
use super::written::Written;
use super::{Seen, Stop};
use crate::error::Result;
use crate::store::Scratch;

/// The small world: pixels on a side, months.
pub(super) const SMALL: (usize, u32) = (256, 14);

/// Simulates five small worlds that differ by a cause, and ranks the methods on each.
pub(super) fn toggles(like: &World, stop: Stop<'_>, tell: &mut dyn FnMut(&str)) -> Result<Gate> {
    let mut shown = |without: &[(Cause, &str)]| {
        let what = without.first().map_or("all causes".to_owned(), |(_, n)| format!("no {n}"));
        tell(&format!("a small world with {what} (gate 9)"));
        shown_by(like, without.iter().map(|(c, _)| *c).collect(), stop)
    };
    let base = shown(&[])?;
    let [events, masks, thin, noise] = Cause::ALL.map(|one| shown(&[one]));
    Ok(judged(&base, &Without { events: events?, masks: masks?, thin: thin?, noise: noise? }))
}

/// What a world shows.
#[derive(Clone, Copy)]
struct Shown {
    /// How the methods rank.
    ranking: Ranking,
    /// See [`kinship`].
    kinship: f64,
}

/// What a world shows where a cause is left out.
struct Without {
    events: Shown,
    masks: Shown,
    thin: Shown,
    noise: Shown,
}

fn judged(base: &Shown, without: &Without) -> Gate {
    let kinships = [base.kinship, without.noise.kinship];
    let base = &base.ranking;
    let [events, masks, thin, noise] =
        [without.events, without.masks, without.thin, without.noise].map(|w| w.ranking);
    let (events, masks, thin, noise) = (&events, &masks, &thin, &noise);
    let changed = |r: &Ranking| 100.0 * r.line.changed.pixels() / r.line.all.pixels().max(1.0);
    let line = |r: &Ranking| r.line.all.psnr();
    let multi = |r: &Ranking| r.multi_radar.all.psnr();
    let radar = |r: &Ranking| r.multi_radar.all.psnr() - r.multi.all.psnr();
    let any = f64::INFINITY;
    let measures = vec![
        // Missed clouds rule gap-filling, and a learner rejects them.
        Measure::within(
            "without mask errors: a straight line gains, dB",
            line(masks) - line(base),
            1.0..=any,
        ),
        Measure::within(
            "without mask errors: three dates with radar gain less by",
            (line(masks) - line(base)) - (multi(masks) - multi(base)),
            0.5..=any,
        ),
        // What shines through a cloud is worth something.
        Measure::within(
            "without thin clouds: a single date loses",
            base.single.all.psnr() - thin.single.all.psnr(),
            0.3..=any,
        ),
        Measure::within(
            "without thin clouds: three dates with radar lose",
            multi(base) - multi(thin),
            0.1..=any,
        ),
        Measure::within("percent of pixels that an event changed", changed(base), 1.0..=any),
        Measure::within("the same without events", changed(events), 0.0..=0.0),
        // Averages are not ruled by events: the order of the methods stays.
        Measure::within(
            "without events: three dates with radar still lead a straight line by",
            multi(events) - line(events),
            0.0..=any,
        ),
        Measure::within(
            "without events: a straight line gains",
            line(events) - line(base),
            0.0..=2.0,
        ),
        Measure::within("correlation of the air's traces in neighbours", kinships[0], 0.5..=1.0),
        Measure::within("the same without noise correlation", kinships[1], -0.2..=0.2),
        // Noise that neighbours share is what radar can tell from a change.
        Measure::within(
            "without noise correlation: the gain of radar in three dates changes by",
            radar(noise) - radar(base),
            f64::NEG_INFINITY..=0.0,
        ),
        Measure::aside("gain of radar in three dates with all causes", radar(base)),
    ];
    Gate {
        number: 9,
        name: "causes that are left out have the effects that were predicted",
        measures,
        advice: "look at what the cause does in its own file; see cause.rs for the list",
    }
}

fn shown_by(like: &World, without: Vec<Cause>, stop: Stop<'_>) -> Result<Shown> {
    let (scratch, written) = small(like, without, stop)?;
    let seen = Seen::of(&written, stop)?;
    scratch.remove();
    let samples = Samples::draw(&seen.tiles, &seen.events, seen.radar_days, Control::None);
    Ok(Shown { ranking: Ranking::of(&samples, stop)?, kinship: kinship(&seen.tiles) })
}

/// Simulates a small world like another into a folder that goes when it is dropped.
pub(super) fn small(
    like: &World,
    without: Vec<Cause>,
    stop: Stop<'_>,
) -> Result<(Scratch, Written)> {
    let scratch = Scratch::new(&std::env::temp_dir())?;
    let world = World { side: SMALL.0, months: SMALL.1, without, ..like.clone() };
    let halted = || stop().is_err();
    let done = simulate(&world, scratch.path(), &halted, &mut |_, _| ());
    stop()?;
    done?;
    let written = Written::open(scratch.path())?;
    Ok((scratch, written))
}

#[cfg(test)]
mod tests {
    use super::super::gaps::Errors;
    use super::super::samples::Scores;
    use super::*;

    /// Methods with these PSNRs, dB: a straight line, a single date, three dates without and with radar. Every second pixel changed.
    fn shown(levels: [f64; 4]) -> Shown {
        let scores = |psnr: f64| {
            let mut all = Errors::default();
            all.add(&[10f64.powf(-psnr / 20.0); 10], &[0.0; 10]);
            let changed = all;
            all.add(&[10f64.powf(-psnr / 20.0); 10], &[0.0; 10]);
            Scores { all, changed }
        };
        let [line, single, multi, multi_radar] = levels.map(scores);
        let ranking = Ranking { line, single, single_radar: single, multi, multi_radar };
        Shown { ranking, kinship: 0.9 }
    }

    fn without_events(mut shown: Shown) -> Shown {
        shown.ranking.line.changed = Errors::default();
        shown
    }

    fn without_kinship(shown: Shown) -> Shown {
        Shown { kinship: 0.1, ..shown }
    }

    /// Every predicted effect.
    fn good() -> Without {
        Without {
            events: without_events(shown([28.9, 24.0, 31.0, 31.2])),
            masks: shown([32.0, 24.1, 31.4, 31.5]),
            thin: shown([28.4, 23.4, 30.4, 30.5]),
            noise: without_kinship(shown([28.5, 24.0, 31.5, 31.55])),
        }
    }

    #[test]
    fn the_gate_holds_where_every_predicted_effect_appears() {
        let gate = judged(&shown([28.5, 24.0, 31.0, 31.1]), &good());
        assert!(gate.holds(), "{gate:?}");
        assert!((gate.measures[0].value - 3.5).abs() < 1e-6, "{gate:?}");
        assert!((gate.measures[1].value - 3.1).abs() < 1e-6, "{gate:?}");
    }

    #[test]
    fn the_gate_fails_where_one_of_them_is_missing() {
        let base = [28.5, 24.0, 31.0, 31.1];
        let same = || shown(base);
        let events = without_events(shown([29.6, 24.0, 29.5, 29.5]));
        let noise = without_kinship(shown([28.5, 24.0, 31.0, 31.4]));
        let cases = [
            ("mask errors rule gap-filling", Without { masks: same(), ..good() }),
            ("thin clouds are worth something", Without { thin: same(), ..good() }),
            ("events change the ground", Without { events: same(), ..good() }),
            ("three dates lead", Without { events, ..good() }),
            ("neighbours share noise", Without { noise: same(), ..good() }),
            ("radar gains from it", Without { noise, ..good() }),
        ];
        for (what, without) in cases {
            assert!(!judged(&same(), &without).holds(), "{what}");
        }
    }
}
