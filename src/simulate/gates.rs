//! The gates: is what was written believable?
//!
//! In: the folder of a world. Out: numbers beside the ranges that real archives leave them. Measured
//! on files, products and truth, never on what the simulator was told. Gates 7 to 9 ask a small
//! learner: it is given products only, learns the truth on some blocks of ground and is judged by it on others.

mod gaps;
mod kinship;
mod learner;
mod looks;
mod masks;
mod measure;
mod perimeter;
mod points;
mod ranking;
mod samples;
mod second;
mod sky;
mod toggles;
mod written;

use std::path::Path;

use super::region::Region;
use super::world::World;
use crate::error::Result;
use points::Points;
use ranking::Ranking;
use samples::{Control, Samples};
use written::Written;

pub use measure::{Gate, Measure, table};

/// Asked before every file: an error ends the check.
type Stop<'a> = &'a (dyn Fn() -> Result<()> + Sync);

/// What gap-filling and learners look at.
struct Seen {
    tiles: Vec<Points>,
    events: Vec<gaps::Days>,
    /// How far the radar image of a date may be.
    radar_days: f64,
}

impl Seen {
    fn of(written: &Written, stop: Stop<'_>) -> Result<Self> {
        let tiles = written.tiles.iter().map(|t| Points::read(written, t, stop));
        let events = written.tiles.iter().map(|t| Ok(gaps::changes(&written.events(&t.name)?)));
        Ok(Self {
            tiles: tiles.collect::<Result<_>>()?,
            events: events.collect::<Result<_>>()?,
            radar_days: f64::from(written.world.s1_every_days) / 2.0 + 0.5,
        })
    }
}

/// What a check has found.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// The gates, in order.
    pub gates: Vec<Gate>,
    /// Why they need not hold, if so.
    pub spared: Option<&'static str>,
}

/// Measures the gates on the world in `out`: gates 1 to 6, which only look, and with `learn` gates 7
/// to 10, which train small learners and simulate six small worlds.
///
/// `stop` is asked before every file and ends the check with its error; `tell` hears what is being
/// measured. On two cores two tiles of 1024 pixels take half a minute, and two more with
/// `learn`; 200 MB.
pub fn check(
    out: &Path,
    learn: bool,
    stop: Stop<'_>,
    tell: &mut dyn FnMut(&str),
) -> Result<Checked> {
    let written = Written::open(out)?;
    let (mut gates, seen) = looking(&written, stop, tell)?;
    if learn {
        tell("learners (gates 7 and 8)");
        let samples = Samples::draw(&seen.tiles, &seen.events, seen.radar_days, Control::None);
        let ranking = Ranking::of(&samples, stop)?;
        gates.push(ranking::gain(&samples, &ranking));
        gates.push(ranking::controls(&seen, &ranking, stop)?);
        drop(seen);
        gates.push(toggles::toggles(&written.world, stop, tell)?);
        if written.world.region == Region::France {
            gates.push(second::second(&written.world, stop, tell)?);
        }
    }
    Ok(Checked { gates, spared: spared(&written.world) })
}

/// Gates 1 to 6, which need no learner.
fn looking(
    written: &Written,
    stop: Stop<'_>,
    tell: &mut dyn FnMut(&str),
) -> Result<(Vec<Gate>, Seen)> {
    let mut gates = Vec::new();
    tell("true skies (gates 1 and 2)");
    gates.push(sky::histogram(written, stop)?);
    gates.push(perimeter::perimeters(written, stop)?);
    tell("dates around dates (gates 3 and 4)");
    let seen = Seen::of(written, stop)?;
    gates.push(gaps::filling(&seen.tiles));
    gates.push(gaps::events(&seen.tiles, &seen.events, written.world.region.season()));
    tell("speckle and masks (gates 5 and 6)");
    gates.push(looks::looks(written, stop)?);
    gates.push(masks::masks(written, stop)?);
    Ok((gates, seen))
}

/// Why a world need not pass: gate 10 is that nothing was tuned on the second one.
fn spared(world: &World) -> Option<&'static str> {
    if world.region != Region::France {
        let why = "The gates are those of the first world. This one was not used for tuning: \
            they are only shown.";
        return Some(why);
    }
    let lacks = "A cause is left out of this world on purpose: its gates are only shown.";
    (!world.without.is_empty()).then_some(lacks)
}
