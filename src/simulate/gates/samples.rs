//! Pixels for a learner: hidden at one date, called clear some days before and after.

use super::super::chance::{hash01, key, mix};
use super::gaps::{Days, Errors, between, changed, reflectance, way};
use super::learner::{Learner, Target};
use super::points::Points;
use crate::error::Result;

/// Most pixels for all fits of a world.
const LIMIT: f32 = 24_000.0;
/// Pixels on a side of a block of ground that is for training or for the test, as a whole.
const BLOCK: usize = 64;
/// Share of the blocks that test.
const TEST: f32 = 0.3;

/// What is put in a wrong order, to see that a gain vanishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Control {
    /// Nothing.
    None,
    /// Radar of the same place, each date another one's.
    RadarInTime,
    /// Radar of the same dates over other ground: another tile, where there is one.
    RadarElsewhere,
    /// Relief of other ground.
    Relief,
    /// The optical dates around are any clear dates of the place.
    Dates,
}

/// One pixel.
struct Sample {
    test: bool,
    changed: bool,
    /// As seen before, at and after the date.
    seen: [[i16; 10]; 3],
    /// Radar before, at and after.
    radar: [[f32; 4]; 3],
    relief: [f32; 3],
    truth: Target,
    /// A straight line's guess.
    line: Target,
}

/// All pixels of a comparison.
pub(super) struct Samples(Vec<Sample>);

/// What a learner is given beside the hidden date itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Given {
    pub around: bool,
    pub radar: bool,
    pub relief: bool,
}

/// Errors on blocks of ground that no learner was trained on, though fields reach from block to block: everywhere, and where an event
/// changed it.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Scores {
    pub all: Errors,
    pub changed: Errors,
}

impl Samples {
    /// Draws pixels of all tiles, the same whatever the control, but for those that it leaves without data.
    pub fn draw(tiles: &[Points], events: &[Days], radar_days: f64, control: Control) -> Self {
        let sources: Vec<Source> = tiles
            .iter()
            .zip(events)
            .enumerate()
            .map(|(at, (points, days))| Source { at, points, days, tiles, radar_days, control })
            .collect();
        let all: f32 = sources.iter().map(|s| s.candidates(1.0).count() as f32).sum();
        let share = LIMIT / all.max(1.0);
        let rows =
            sources.iter().flat_map(|s| s.candidates(share).filter_map(move |c| s.sample(c)));
        Self(rows.collect())
    }

    /// Pixels to train on and pixels to test on.
    pub fn counts(&self) -> (usize, usize) {
        let test = self.0.iter().filter(|s| s.test).count();
        (self.0.len() - test, test)
    }

    /// Trains on some ground and tests on other.
    pub fn learn(&self, given: Given) -> Result<Scores> {
        let train: Vec<&Sample> = self.0.iter().filter(|s| !s.test).collect();
        let width = self.0.first().map_or(0, |s| s.inputs(given).len());
        let inputs: Vec<f32> = train.iter().flat_map(|s| s.inputs(given)).collect();
        let targets: Vec<Target> = train.iter().map(|s| s.truth).collect();
        let learner = Learner::fit(&inputs, width, &targets)?;
        let mut space = Vec::new();
        Ok(self.judge(|s| learner.guess(&s.inputs(given), &mut space)))
    }

    /// A straight line between the dates around.
    pub fn line(&self) -> Scores {
        self.judge(|s| s.line)
    }

    fn judge(&self, mut guess: impl FnMut(&Sample) -> Target) -> Scores {
        let mut out = Scores::default();
        for s in self.0.iter().filter(|s| s.test) {
            let guess = guess(s).map(|v| v.clamp(0.0, 1.0));
            out.all.add(&guess, &s.truth);
            if s.changed {
                out.changed.add(&guess, &s.truth);
            }
        }
        out
    }
}

impl Sample {
    fn inputs(&self, given: Given) -> Vec<f32> {
        let unit = |values: &[i16; 10]| values.map(|v| f32::from(v) * 1e-4);
        let mut out = unit(&self.seen[1]).to_vec();
        if given.around {
            let (before, after) = (unit(&self.seen[0]), unit(&self.seen[2]));
            out.extend(before);
            out.extend(after);
            // Which of the two is the darker, band by band: the first thing that a network would
            // learn about missed clouds.
            out.extend(before.iter().zip(&after).map(|(b, a)| b.min(*a)));
        }
        if given.radar {
            out.extend(self.radar[1]);
            if given.around {
                out.extend(self.radar[0]);
                out.extend(self.radar[2]);
            }
        }
        if given.relief {
            out.extend(self.relief);
        }
        out
    }
}

/// A tile from which pixels are drawn.
struct Source<'a> {
    at: usize,
    points: &'a Points,
    days: &'a Days,
    tiles: &'a [Points],
    radar_days: f64,
    control: Control,
}

/// A pixel of three dates, with their radar dates.
#[derive(Clone, Copy)]
struct Candidate {
    three: [usize; 3],
    echoes: [usize; 3],
    i: usize,
    draw: u32,
}

impl Source<'_> {
    /// Pixels that are hidden at a date and called clear around it; a share of them.
    fn candidates(&self, share: f32) -> impl Iterator<Item = Candidate> {
        let p = self.points;
        let found = p.triplets().into_iter().filter_map(|three| {
            let near = |i: usize| p.echo_near(p.looks[i].time, self.radar_days);
            Some((three, [near(three[0])?, near(three[1])?, near(three[2])?]))
        });
        found.flat_map(move |(three, echoes)| {
            let salt = key(self.at as u64, &format!("samples/{}", three[1])) as u32;
            let [b, t, a] = three.map(|i| &p.looks[i]);
            (0..p.field.len())
                .filter(move |i| hash01(*i as u32, salt) < share)
                .filter(move |i| b.clear[*i] && a.clear[*i] && t.inside[*i] && !t.clear[*i])
                .map(move |i| Candidate { three, echoes, i, draw: mix(i as u32, salt ^ 0xD1CE) })
        })
    }

    fn sample(&self, c: Candidate) -> Option<Sample> {
        let p = self.points;
        let radar = c.echoes.map(|e| self.echo(c, e));
        if radar.iter().flatten().any(|v| v.is_nan()) {
            return None;
        }
        let [b, t, a] = c.three.map(|i| &p.looks[i]);
        let (x, y) = (c.i % p.side * p.step / BLOCK, c.i / p.side * p.step / BLOCK);
        let other = |k: u32| (hash01(c.draw, k) * p.field.len() as f32) as usize % p.field.len();
        let around = match self.control {
            Control::Dates => [self.any_clear(c, 3)?, self.any_clear(c, 4)?],
            _ => [b.seen[c.i], a.seen[c.i]],
        };
        Some(Sample {
            test: hash01((y * 4096 + x) as u32, 0x7E57 + self.at as u32) < TEST,
            changed: changed(self.days, p.field[c.i], b.time, a.time),
            seen: [around[0], t.seen[c.i], around[1]],
            radar,
            relief: p.relief[if self.control == Control::Relief { other(5) } else { c.i }],
            truth: reflectance(&t.there[c.i]),
            line: between(&b.seen[c.i], &a.seen[c.i], way(p, c.three)),
        })
    }

    /// Radar of a pixel at a date, or what the control puts in its place.
    fn echo(&self, c: Candidate, echo: usize) -> [f32; 4] {
        let some = |n: usize, k: u32| (hash01(c.draw, k) * n as f32) as usize % n.max(1);
        match self.control {
            Control::RadarInTime => {
                // Never its own date, if there is another.
                let (echoes, k) = (&self.points.echoes, echo as u32 + 11);
                echoes[(echo + 1 + some(echoes.len() - 1, k)) % echoes.len()].values[c.i]
            }
            Control::RadarElsewhere => {
                let other = &self.tiles[(self.at + 1) % self.tiles.len()];
                let date = &other.echoes[echo.min(other.echoes.len() - 1)];
                date.values[some(date.values.len(), 2)]
            }
            _ => self.points.echoes[echo].values[c.i],
        }
    }

    /// The pixel at any date that calls it clear.
    fn any_clear(&self, c: Candidate, k: u32) -> Option<[i16; 10]> {
        let looks = &self.points.looks;
        let start = (hash01(c.draw, k) * looks.len() as f32) as usize;
        let mut all = (0..looks.len()).map(|n| &looks[(start + n) % looks.len()]);
        all.find(|l| l.clear[c.i]).map(|l| l.seen[c.i])
    }
}
