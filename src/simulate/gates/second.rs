//! Gate 10: the second world, on which nothing was tuned, is shown beside the first.

use super::super::region::Region;
use super::super::world::World;
use super::measure::{Gate, Measure};
use super::ranking::{self, Ranking};
use super::samples::{Control, Samples};
use super::toggles::{SMALL, small};
use super::{Stop, looking};
use crate::error::Result;

/// Simulates a small second world and measures gates 1 to 7 on it. What it finds is not judged.
pub(super) fn second(like: &World, stop: Stop<'_>, tell: &mut dyn FnMut(&str)) -> Result<Gate> {
    tell("the second world (gate 10)");
    let world = World {
        region: Region::Burkina,
        tiles: Region::Burkina.tiles().map(str::to_owned).to_vec(),
        s1_every_days: Region::Burkina.radar_days(),
        months: SMALL.1,
        ..like.clone()
    };
    let (scratch, written) = small(&world, Vec::new(), stop)?;
    let (mut gates, seen) = looking(&written, stop, &mut |_| ())?;
    let samples = Samples::draw(&seen.tiles, &seen.events, seen.radar_days, Control::None);
    gates.push(ranking::gain(&samples, &Ranking::of(&samples, stop)?));
    scratch.remove();
    Ok(shown(&gates))
}

/// What the gates say, without a verdict.
fn shown(gates: &[Gate]) -> Gate {
    let held = gates.iter().filter(|g| g.holds()).count();
    let mut measures = vec![Measure::aside("how many of gates 1 to 7 hold there", held as f64)];
    measures.extend(gates.iter().filter_map(|g| {
        let m = g.measures.iter().find(|m| m.allowed.is_some())?;
        Some(Measure::aside(format!("{} there", m.what), m.value))
    }));
    Gate {
        number: 10,
        name: "a second world, not used for tuning, is only shown",
        measures,
        advice: "nothing: its numbers stay as they are",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_second_world_shows_is_counted_and_never_judged() {
        let gate = |value| Gate {
            number: 1,
            name: "a",
            measures: vec![Measure::aside("b", 7.0), Measure::within("c", value, 0.0..=1.0)],
            advice: "",
        };
        let found = shown(&[gate(0.5), gate(9.0), gate(f64::NAN)]);
        assert!(found.holds());
        let told: Vec<(&str, f64)> =
            found.measures.iter().map(|m| (m.what.as_str(), m.value)).collect();
        assert_eq!(
            told[..3],
            [("how many of gates 1 to 7 hold there", 1.0), ("c there", 0.5), ("c there", 9.0)]
        );
        assert!(found.measures.iter().all(|m| m.allowed.is_none()));
    }
}
