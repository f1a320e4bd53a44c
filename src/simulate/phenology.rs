//! What grows: green cover, straw and roughness of a parcel on a day.
//!
//! Green cover follows double logistic curves of a region's calendar with random
//! terms of each parcel and year; what farmers do (harvest, plough, mow) is in [`super::events`].

use super::chance::{hash01, mix, trait_normal};
use super::events::{Deed, Event, History};
use super::parcels::{Cover, Parcel};
use super::region::{Region, Timing};

/// What grows on arable land in a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Crop {
    /// Wheat, barley.
    Cereal,
    /// Rapeseed.
    Rape,
    /// Maize, sunflower, soy.
    Summer,
    /// Millet, sorghum.
    Millet,
    /// Cotton.
    Cotton,
    /// Maize of the rainy season.
    Maize,
}

/// One growing season of arable land. Days count from 1970.
#[derive(Debug, Clone, Copy)]
pub(super) struct Season {
    pub crop: Crop,
    /// Middle of green-up and of senescence.
    pub up: f32,
    pub down: f32,
    pub harvest: f32,
    pub plough: f32,
    /// A cover crop follows.
    pub cover: bool,
    pub top: f32,
}

/// State of a parcel on a day.
#[derive(Debug, Clone, Copy)]
pub(super) struct Growth {
    /// Green cover, 0..1.
    pub green: f32,
    /// Share of the bare part that is straw, 0..1.
    pub straw: f32,
    /// Added roughness of the soil after ploughing, dB.
    pub rough: f32,
    /// Rapeseed in flower, 0..1.
    pub yellow: f32,
    /// Water given by people, 0..1.
    pub watered: f32,
    /// Burnt, 0..1.
    pub burnt: f32,
}

fn logistic(t: f32, middle: f32, width: f32) -> f32 {
    1.0 / (1.0 + (-(t - middle) / width).exp())
}

/// The season of a parcel that is harvested in the year whose 1 January is day `january`.
pub(super) fn season(region: Region, id: u32, january: f32, salt: u32) -> Season {
    let k = mix(january as u32, salt);
    let n = |i: u32| trait_normal(id.wrapping_mul(8).wrapping_add(i), k);
    let u = hash01(id, k ^ 0xC0FFEE);
    let crop = region.crop(u);
    let Timing { up, down, wait } = crop.timing();
    let (up, down) = (up.0 + up.1 * n(0), down.0 + down.1 * n(1));
    let harvest = down + wait + 6.0 * n(2).clamp(-1.8, 2.5);
    let linger = -40.0 * hash01(id, k ^ 0x0BAD).max(0.02).ln();
    let after = harvest + 4.0 + linger.min(110.0);
    let plough = region.ploughed(id, k ^ 0x9107).unwrap_or(after);
    let cover = crop.winters() && hash01(id, k ^ 0xC0DE) < 0.3;
    let top = 0.93 + 0.03 * n(3).clamp(-3.0, 1.0);
    let day = |doy: f32| (january + doy).round();
    Season {
        crop,
        up: january + up,
        down: january + down,
        harvest: day(harvest),
        plough: day(plough),
        cover,
        top,
    }
}

impl Season {
    /// Green cover of this season alone.
    fn green(&self, t: f32) -> f32 {
        let (rise, fall) = if self.crop.winters() { (11.0, 7.0) } else { (9.0, 11.0) };
        let mut f = self.top * (logistic(t, self.up, rise) - logistic(t, self.down, fall)).max(0.0);
        if self.crop.winters() {
            // Sown in autumn: a thin green through the winter.
            let winter =
                0.25 * logistic(t, self.up - 105.0, 9.0) * (1.0 - logistic(t, self.down, 7.0));
            f = f.max(winter);
        }
        if self.cover {
            let sown = self.plough.max(self.harvest + 20.0) + 30.0;
            f = f.max(
                0.6 * (logistic(t, sown, 7.0) - logistic(t, self.harvest + 140.0, 5.0)).max(0.0),
            );
        }
        if t >= self.harvest && t < self.harvest + 18.0 { f.min(0.08) } else { f }
    }

    /// Dry standing plants before the harvest; unharvested, they rot within some months.
    fn ripe(&self, t: f32) -> f32 {
        let rotten = ((t - self.down - 60.0) / 120.0).clamp(0.0, 1.0);
        if t < self.harvest { logistic(t, self.down, 7.0) * (1.0 - rotten) } else { 0.0 }
    }
}

/// The state of a parcel on a day (days since 1970) whose year starts on day `january`.
pub(super) fn growth(
    id: u32,
    parcel: &Parcel,
    history: &History,
    day: f32,
    january: f32,
    salt: u32,
) -> Growth {
    let mut g =
        Growth { green: 0.05, straw: 0.0, rough: 0.0, yellow: 0.0, watered: 0.0, burnt: 0.0 };
    let n = |i: u32| trait_normal(id.wrapping_mul(8).wrapping_add(i), salt ^ 0x9E37);
    let doy = day - january;
    let wave = |up: f32, down: f32, a: f32, b: f32| {
        // Leaves of last autumn end in January's tail: both logistics are of this year.
        (logistic(doy, up, a) - logistic(doy, down, b)).max(0.0)
    };
    match parcel.cover {
        Cover::Arable => arable(&mut g, &history.seasons, day),
        // Savanna, orchards, dry woodland and villages green with the rains.
        Cover::Grass if history.region == Region::Burkina => {
            g.green = 0.08 + 0.6 * wave(185.0 + 12.0 * n(0), 300.0 + 15.0 * n(1), 12.0, 18.0);
            g.straw = 0.7;
        }
        Cover::Vine if history.region == Region::Burkina => {
            g.green = 0.2 + 0.3 * wave(170.0 + 12.0 * n(0), 320.0 + 12.0 * n(1), 12.0, 18.0);
        }
        Cover::Broadleaf if history.region == Region::Burkina => {
            g.green = 0.15 + 0.6 * wave(150.0 + 8.0 * n(0), 335.0 + 12.0 * n(1), 10.0, 18.0);
        }
        Cover::Urban if history.region == Region::Burkina => {
            g.green = 0.1 + 0.12 * wave(180.0, 310.0, 12.0, 15.0);
        }
        Cover::Grass => {
            let dry = 0.16 * (-((doy - 225.0) / 35.0).powi(2)).exp() * (1.0 + 0.4 * n(2));
            g.green = 0.38 + 0.47 * wave(60.0 + 12.0 * n(0), 300.0 + 12.0 * n(1), 14.0, 14.0) - dry;
            g.straw = 0.5;
        }
        Cover::Vine => {
            g.green = 0.12 + 0.33 * wave(120.0 + 10.0 * n(0), 280.0 + 10.0 * n(1), 9.0, 9.0);
        }
        Cover::Broadleaf => {
            let late = 3.0 * (parcel.height - 150.0) / 100.0;
            let up = 98.0 + 5.0 * n(0) + late;
            g.green = 0.12 + 0.83 * wave(up, 300.0 + 7.0 * n(1) - 0.5 * late, 5.0, 8.0);
        }
        Cover::Conifer => g.green = 0.9,
        Cover::Urban => g.green = 0.18 + 0.14 * wave(85.0, 305.0, 12.0, 12.0),
        Cover::Road | Cover::Water => g.green = 0.0,
    }
    for e in history.events.iter().filter(|e| e.day as f32 <= day) {
        follow(&mut g, e, day - e.day as f32);
    }
    g.green = g.green.clamp(0.0, 0.97);
    g
}

fn arable(g: &mut Growth, seasons: &[Season], day: f32) {
    for s in seasons {
        g.green = g.green.max(s.green(day));
        g.straw = g.straw.max(if day > s.down - 40.0 { s.ripe(day) } else { 0.0 });
        if s.crop == Crop::Rape {
            let bloom = s.down - 45.0;
            g.yellow = g.yellow.max((-((day - bloom) / 11.0).powi(2)).exp());
        }
    }
}

/// What is left of an event `since` days later. Events come in order of time.
fn follow(g: &mut Growth, event: &Event, since: f32) {
    match event.deed {
        Deed::Harvest => {
            g.straw = (1.0 - since / 220.0).max(0.3);
            g.rough = 0.0;
        }
        Deed::Plough => {
            g.straw = if since < 200.0 { 0.0 } else { g.straw };
            g.rough = 1.5 * event.strength * (-since / 60.0).exp();
        }
        Deed::Mow => {
            let cut = (0.22 / g.green.max(0.22)).min(1.0);
            g.green *= 1.0 - (1.0 - cut) * (-since / 15.0).exp();
        }
        Deed::ClearCut => {
            g.green = (0.08 + since / 1500.0).min(g.green);
            g.straw = (0.6 - since / 600.0).max(0.0);
        }
        Deed::Fire => {
            g.burnt = (1.0 - since / 300.0).max(0.0);
            g.green *= 1.0 - 0.9 * g.burnt;
        }
        Deed::Irrigation => g.watered = g.watered.max((-since / 4.0).exp()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cereal_is_green_in_spring_and_straw_after_its_harvest() {
        let id = (0..100)
            .find(|i| season(Region::France, *i, 17_532.0, 1).crop == Crop::Cereal)
            .unwrap();
        let s = season(Region::France, id, 17_532.0, 1);
        assert!(s.green(17_532.0 + 120.0) > 0.7 && s.green(s.harvest + 5.0) < 0.1);
        let mut g = growth(
            id,
            &Parcel {
                cover: Cover::Arable,
                size: 9,
                centre: (0.0, 0.0),
                height: 200.0,
                slope: 0.0,
                rows: 0.0,
            },
            &History { region: Region::France, seasons: vec![s], events: vec![] },
            s.harvest - 1.0,
            17_532.0,
            1,
        );
        assert!(g.straw > 0.7, "ripe before it is cut");
        follow(&mut g, &Event { day: 0, deed: Deed::Plough, strength: 1.0 }, 1.0);
        assert!(g.straw == 0.0 && g.rough > 1.0);
    }
}
