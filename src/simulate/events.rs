//! What people and fire do to the land: the log of changes that a single date cannot guess.

use std::fmt::Write as _;

use super::chance::{hash01, trait_normal};
use super::parcels::{Cover, Parcel};
use super::phenology::{Crop, Season, season};
use super::region::Region;
use crate::geo::Stamp;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    /// A crop is cut; straw stays.
    Harvest,
    /// Soil is turned.
    Plough,
    /// A meadow is cut.
    Mow,
    /// A wood is felled.
    ClearCut,
    /// The land has burnt.
    Fire,
    /// A summer crop is watered; only the soil moisture changes.
    Irrigation,
}

impl Deed {
    /// The name in `events.csv`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Harvest => "harvest",
            Self::Plough => "plough",
            Self::Mow => "mow",
            Self::ClearCut => "clear-cut",
            Self::Fire => "fire",
            Self::Irrigation => "irrigation",
        }
    }
}

/// One event of one parcel.
#[derive(Debug, Clone, Copy)]
pub(super) struct Event {
    /// Days since 1970.
    pub day: i64,
    /// What happened.
    pub deed: Deed,
    /// How strongly, about 1.
    pub strength: f32,
}

/// The seasons and events of one parcel.
pub(super) struct History {
    pub region: Region,
    pub seasons: Vec<Season>,
    /// In order of time.
    pub events: Vec<Event>,
}

/// The history of every parcel over the years that start on the days `januaries`.
pub(super) fn histories(
    region: Region,
    parcels: &[Parcel],
    januaries: &[i64],
    salt: u32,
) -> Vec<History> {
    let scar = scar(region, parcels, januaries, salt);
    let of = |(id, p): (usize, &Parcel)| history(region, id as u32, p, januaries, salt);
    let mut all: Vec<History> = parcels.iter().enumerate().map(of).collect();
    if let Some((day, centre, radius)) = scar {
        for (h, p) in all.iter_mut().zip(parcels) {
            let near = (p.centre.0 - centre.0).hypot(p.centre.1 - centre.1) < radius;
            if near && !matches!(p.cover, Cover::Urban | Cover::Road | Cover::Water) {
                h.events.push(Event { day, deed: Deed::Fire, strength: 1.0 });
                h.events.sort_by_key(|e| e.day);
            }
        }
    }
    all
}

/// One fire in a summer, around a wood.
fn scar(
    region: Region,
    parcels: &[Parcel],
    januaries: &[i64],
    salt: u32,
) -> Option<(i64, (f32, f32), f32)> {
    let woods = |p: &&Parcel| p.cover == Cover::Conifer && p.size > 60;
    let wood = parcels.iter().filter(woods).max_by_key(|p| p.size)?;
    let year = januaries.get(januaries.len() / 2)?;
    let day = year + region.fire(hash01(7, salt)) as i64;
    Some((day, wood.centre, 6.0 + (wood.size as f32 / 3.0).sqrt()))
}

fn history(region: Region, id: u32, p: &Parcel, januaries: &[i64], salt: u32) -> History {
    let mut out = History { region, seasons: Vec::new(), events: Vec::new() };
    for january in januaries {
        let chance = |i: u32| hash01(id ^ (*january as u32) << 12, salt ^ i.wrapping_mul(0x9E37));
        let mut push = |doy: f32, deed, strength| {
            let day = january + doy.round() as i64;
            out.events.push(Event { day, deed, strength });
        };
        match p.cover {
            Cover::Arable => {
                let s = season(region, id, *january as f32, salt);
                push(s.harvest - *january as f32, Deed::Harvest, 1.0);
                push(s.plough - *january as f32, Deed::Plough, 1.0 + 0.6 * (chance(1) - 0.5));
                if s.crop == Crop::Summer && chance(2) < 0.5 {
                    for k in 0..5 {
                        let doy = 172.0 + 13.0 * k as f32 + 6.0 * chance(20 + k);
                        push(doy, Deed::Irrigation, 1.0);
                    }
                }
                out.seasons.push(s);
            }
            // Savanna burns in the dry season.
            Cover::Grass if region == Region::Burkina && chance(3) < 0.25 => {
                push(320.0 + 80.0 * chance(4), Deed::Fire, 1.0);
            }
            Cover::Grass if region == Region::France && chance(3) < 0.75 => {
                let first = 145.0 + 10.0 * trait_normal(id, salt ^ *january as u32);
                push(first, Deed::Mow, 1.0);
                if chance(4) < 0.5 {
                    push(first + 45.0 + 20.0 * chance(5), Deed::Mow, 1.0);
                }
            }
            Cover::Broadleaf | Cover::Conifer if p.size > 60 && chance(6) < 0.02 => {
                push(300.0 + 120.0 * (chance(7) - 0.5), Deed::ClearCut, 1.0);
            }
            _ => {}
        }
    }
    out.events.sort_by_key(|e| e.day);
    out
}

/// The same land where nobody does anything and nothing burns: crops ripen and rot where they stand.
pub(super) fn calm(mut histories: Vec<History>) -> Vec<History> {
    for h in &mut histories {
        h.events.clear();
        for s in &mut h.seasons {
            (s.harvest, s.plough) = (f32::INFINITY, f32::INFINITY);
        }
    }
    histories
}

/// Lines `tile,field,date,type` of the events of the days `from..=to`.
pub(super) fn lines(tile: &str, histories: &[History], from: i64, to: i64) -> String {
    let mut text = String::new();
    for (field, h) in histories.iter().enumerate() {
        for e in h.events.iter().filter(|e| (from..=to).contains(&e.day)) {
            if let Some(date) = Stamp(e.day * 86_400_000_000).date() {
                // Writing to a String cannot fail.
                let _ = writeln!(text, "{tile},{field},{date},{}", e.deed.name());
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_ploughed_after_it_is_harvested() {
        let p = Parcel {
            cover: Cover::Arable,
            size: 300,
            centre: (5.0, 5.0),
            height: 200.0,
            slope: 0.01,
            rows: 0.0,
        };
        let all = histories(Region::France, &vec![p; 50], &[17_532], 9);
        for h in &all {
            let day = |deed| h.events.iter().find(|e| e.deed == deed).unwrap().day;
            assert!(day(Deed::Plough) > day(Deed::Harvest));
        }
        let text = lines("31TCJ", &all, 17_532, 17_896);
        assert!(text.lines().all(|l| l.starts_with("31TCJ,") && l.split(',').count() == 4));
        assert!(text.contains(",2018-0"));
        assert!(lines("31TCJ", &calm(all), 17_532, 17_896).is_empty());
    }
}
