//! Gate 9: causes are left out one by one, and what was predicted of each has to appear.

use super::super::cause::Cause;
use super::super::work::simulate;
use super::super::world::World;
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
    let mut rank = |without: &[(Cause, &str)]| {
        let what = without.first().map_or("all causes".to_owned(), |(_, n)| format!("no {n}"));
        tell(&format!("a small world with {what} (gate 9)"));
        ranked(like, without.iter().map(|(c, _)| *c).collect(), stop)
    };
    let base = rank(&[])?;
    let [events, masks, thin, noise] = Cause::ALL.map(|one| rank(&[one]));
    let (events, masks, thin, noise) = (events?, masks?, thin?, noise?);
    let line = |r: &Ranking| r.line.all.psnr();
    let multi = |r: &Ranking| r.multi_radar.all.psnr();
    let radar = |r: &Ranking| r.multi_radar.all.psnr() - r.multi.all.psnr();
    let any = f64::INFINITY;
    let measures = vec![
        // Missed clouds rule gap-filling, and a learner rejects them.
        Measure::within(
            "without mask errors: a straight line gains, dB",
            line(&masks) - line(&base),
            1.0..=any,
        ),
        Measure::within(
            "without mask errors: three dates with radar gain less by",
            (line(&masks) - line(&base)) - (multi(&masks) - multi(&base)),
            0.5..=any,
        ),
        // What shines through a cloud is worth something.
        Measure::within(
            "without thin clouds: a single date loses",
            base.single.all.psnr() - thin.single.all.psnr(),
            0.1..=any,
        ),
        Measure::within(
            "without thin clouds: three dates with radar lose",
            multi(&base) - multi(&thin),
            0.02..=any,
        ),
        // Averages are not ruled by events: the order of the methods stays.
        Measure::within(
            "without events: three dates with radar still lead a straight line by",
            multi(&events) - line(&events),
            0.0..=any,
        ),
        Measure::within(
            "without events: a straight line gains",
            line(&events) - line(&base),
            0.0..=2.0,
        ),
        // Noise that neighbours share is what radar can tell from a change.
        Measure::within(
            "without noise correlation: the gain of radar in three dates changes by",
            radar(&noise) - radar(&base),
            f64::NEG_INFINITY..=0.1,
        ),
        Measure::aside("gain of radar in three dates with all causes", radar(&base)),
    ];
    Ok(Gate {
        number: 9,
        name: "causes that are left out have the effects that were predicted",
        measures,
        advice: "look at what the cause does in its own file; see cause.rs for the list",
    })
}

fn ranked(like: &World, without: Vec<Cause>, stop: Stop<'_>) -> Result<Ranking> {
    let (scratch, written) = small(like, without, stop)?;
    let seen = Seen::of(&written, stop)?;
    scratch.remove();
    let samples = Samples::draw(&seen.tiles, &seen.events, seen.radar_days, Control::None);
    Ranking::of(&samples, stop)
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
