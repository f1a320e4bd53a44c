//! Hills carved by water: elevation, slopes and the streams that made them.
//!
//! A fractal surface is tilted, drained and incised (implicit stream power) on a 40 m grid, so that
//! valleys join downhill; a large river enters on the high side of the tile.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rand_pcg::Pcg64;

use super::chance::{normal, uniform};
use super::map::{Map, Spectrum};

/// Pixels (10 m) on a side of a drainage cell.
const STEP: usize = 4;

/// The ground of a tile.
pub(super) struct Terrain {
    /// Elevation in metres at 10 m.
    pub height: Map,
    /// Rise towards the east and towards the south, metres a metre.
    pub slope: (Map, Map),
    /// Streams: points (x, y) in pixels going downhill, and the half width in pixels.
    pub streams: Vec<(Vec<(f32, f32)>, f32)>,
}

impl Terrain {
    /// Carves the ground of a tile of `side` pixels.
    pub fn carve(side: usize, rng: &mut Pcg64) -> Self {
        let cells = (side / STEP).max(8);
        let metres = cells as f32 * 10.0 * STEP as f32;
        let relief = 200.0 * (0.35 * normal(rng)).exp() * (metres / 10_240.0).powf(0.8);
        let tilt = uniform(rng) * std::f32::consts::TAU;
        let base = 120.0 + 120.0 * uniform(rng);
        let mut height = Map::random(cells * 2, &Spectrum::power(3.7), rng).corner(cells);
        let lean = Lean { x: tilt.cos() / cells as f32, y: tilt.sin() / cells as f32, cells };
        for (i, h) in height.values.iter_mut().enumerate() {
            *h = relief * (*h * 0.45 + 1.3 * lean.at(i)) + 10.0;
        }
        let inflow = lean.inflow(&height);
        let mut drainage = Drainage::of(&height, &lean, inflow);
        for _ in 0..10 {
            drainage.incise(&mut height, relief);
            drainage = Drainage::of(&height, &lean, inflow);
        }
        let lowest = height.values.iter().copied().fold(f32::INFINITY, f32::min);
        height.values.iter_mut().for_each(|h| *h += base - lowest);
        let mut streams = drainage.streams(inflow, side);
        meander(&mut streams, side, rng);
        let mut fine = height.enlarged(STEP, side);
        let grain = Map::random(side, &Spectrum::power(3.2), rng).corner(side);
        fine.values.iter_mut().zip(&grain.values).for_each(|(h, g)| *h += 1.5 * g);
        let slope = slopes(&fine);
        Self { height: fine, slope, streams }
    }
}

/// Bends that the grid of drainage cells cannot show; where streams join they stay joined.
fn meander(streams: &mut [(Vec<(f32, f32)>, f32)], side: usize, rng: &mut Pcg64) {
    let waves = Spectrum { longest: 40.0, ..Spectrum::power(3.2) };
    let (east, south) = Map::random_pair((side / STEP).max(16) * 2, &waves, rng);
    let reach = 9.0 * (side as f32 / 1024.0).clamp(0.3, 1.0);
    for (x, y) in streams.iter_mut().flat_map(|(course, _)| course) {
        let (u, v) = (*x / STEP as f32, *y / STEP as f32);
        (*x, *y) = (*x + reach * east.at(u, v), *y + reach * south.at(u, v));
    }
}

/// Rise a metre towards the east and the south, by central differences.
fn slopes(height: &Map) -> (Map, Map) {
    let n = height.side;
    let v = |x: usize, y: usize| height.values[y * n + x];
    let mut east = Map::filled(n, 0.0);
    let mut south = Map::filled(n, 0.0);
    for y in 0..n {
        let (up, down) = (y.saturating_sub(1), (y + 1).min(n - 1));
        for x in 0..n {
            let (left, right) = (x.saturating_sub(1), (x + 1).min(n - 1));
            east.values[y * n + x] = (v(right, y) - v(left, y)) / (10.0 * (right - left) as f32);
            south.values[y * n + x] = (v(x, down) - v(x, up)) / (10.0 * (down - up) as f32);
        }
    }
    (east, south)
}

/// Which way the tile leans.
struct Lean {
    x: f32,
    y: f32,
    cells: usize,
}

impl Lean {
    /// Height of the leaning plane at a cell, -0.7..0.7.
    fn at(&self, i: usize) -> f32 {
        let middle = self.cells as f32 / 2.0;
        ((i % self.cells) as f32 - middle) * self.x + ((i / self.cells) as f32 - middle) * self.y
    }

    fn border(&self) -> impl Iterator<Item = usize> {
        let n = self.cells;
        (0..n * n).filter(move |i| i % n == 0 || i % n == n - 1 || i / n == 0 || i / n == n - 1)
    }

    /// Water leaves through the border of the lower part.
    fn outlets(&self) -> impl Iterator<Item = usize> {
        self.border().filter(|i| self.at(*i) < -0.2)
    }

    /// The lowest cell of the border of the upper part: there the large river comes in.
    fn inflow(&self, height: &Map) -> usize {
        let upper = self.border().filter(|i| self.at(*i) > 0.25);
        upper.min_by(|a, b| height.values[*a].total_cmp(&height.values[*b])).unwrap_or(0)
    }
}

/// Who drains into whom.
struct Drainage {
    side: usize,
    /// Cells from the outlets upwards.
    order: Vec<u32>,
    /// The cell that each cell drains into; outlets drain into themselves.
    into: Vec<u32>,
    /// Cells upstream.
    area: Vec<f32>,
}

impl Drainage {
    /// Floods inwards from the outlets, lowest first, so that every cell has a way out.
    fn of(height: &Map, lean: &Lean, inflow: usize) -> Self {
        let n = height.side;
        let level = |i: usize| (height.values[i].max(0.0) * 1000.0) as u32;
        let mut into = vec![u32::MAX; n * n];
        let mut heap = BinaryHeap::new();
        for i in lean.outlets() {
            into[i] = i as u32;
            heap.push(Reverse((level(i), i as u32)));
        }
        let mut order = Vec::with_capacity(n * n);
        while let Some(Reverse((water, i))) = heap.pop() {
            order.push(i);
            for j in around(i as usize, n) {
                if into[j] == u32::MAX {
                    into[j] = i;
                    heap.push(Reverse((level(j).max(water + 1), j as u32)));
                }
            }
        }
        let mut area = vec![1.0f32; n * n];
        area[inflow] += 3.0 * (n * n) as f32;
        for &i in order.iter().rev() {
            let j = into[i as usize];
            if j != i {
                area[j as usize] += area[i as usize];
            }
        }
        Self { side: n, order, into, area }
    }

    /// One implicit step of incision: the more water, the closer to the cell below.
    fn incise(&self, height: &mut Map, relief: f32) {
        let strength = 0.012 * relief.max(20.0) / self.side as f32;
        for &i in &self.order {
            let below = height.values[self.into[i as usize] as usize];
            let cut = strength * self.area[i as usize].sqrt();
            let h = &mut height.values[i as usize];
            if *h > below {
                *h = (*h + cut * below) / (1.0 + cut);
            } else {
                // A pit is filled to the level that lets its water out.
                *h = below + 0.01;
            }
        }
    }

    /// The large river first, then tributaries, each followed downhill until it joins.
    fn streams(&self, inflow: usize, side: usize) -> Vec<(Vec<(f32, f32)>, f32)> {
        let scale = (side as f32 / 1024.0).max(0.35);
        let mut wet = vec![false; self.area.len()];
        let mut found = vec![(self.follow(inflow, &mut wet), 4.0 * scale)];
        let least = (self.area.len() as f32 * 0.006).max(12.0);
        // Heads are met from the top of the order, so that the longest stream keeps its name.
        for &i in self.order.iter().rev() {
            let i = i as usize;
            if self.area[i] >= least && !wet[i] {
                let width = 0.45 + 0.5 * (self.area[i] / least).ln().clamp(0.0, 2.0);
                let course = self.follow(i, &mut wet);
                if course.len() > 6 {
                    found.push((course, width));
                }
            }
        }
        found
    }

    fn follow(&self, from: usize, wet: &mut [bool]) -> Vec<(f32, f32)> {
        let mut course = Vec::new();
        let mut i = from;
        loop {
            let centre = |v: usize| (v as f32 + 0.5) * STEP as f32;
            course.push((centre(i % self.side), centre(i / self.side)));
            let next = self.into[i] as usize;
            if wet[i] || next == i {
                break;
            }
            wet[i] = true;
            i = next;
        }
        for _ in 0..4 {
            course = relaxed(&course);
        }
        course
    }
}

/// Neighbours averaged: steps of the grid become bends.
fn relaxed(course: &[(f32, f32)]) -> Vec<(f32, f32)> {
    let last = course.len() - 1;
    let mid = |i: usize, get: fn(&(f32, f32)) -> f32| {
        0.25 * get(&course[i - 1]) + 0.5 * get(&course[i]) + 0.25 * get(&course[i + 1])
    };
    (0..=last)
        .map(|i| if i == 0 || i == last { course[i] } else { (mid(i, |p| p.0), mid(i, |p| p.1)) })
        .collect()
}

fn around(i: usize, n: usize) -> impl Iterator<Item = usize> {
    let (x, y) = ((i % n) as i32, (i / n) as i32);
    (0..9).filter(|k| *k != 4).filter_map(move |k| {
        let (a, b) = (x + k % 3 - 1, y + k / 3 - 1);
        let inside = a >= 0 && b >= 0 && a < n as i32 && b < n as i32;
        inside.then(|| b as usize * n + a as usize)
    })
}

#[cfg(test)]
mod tests {
    use super::super::chance::stream;
    use super::*;

    #[test]
    fn the_river_runs_downhill_from_border_to_border() {
        let ground = Terrain::carve(128, &mut stream(3, "terrain"));
        let (course, _) = &ground.streams[0];
        let height = |p: &(f32, f32)| ground.height.at(p.0, p.1);
        let edge = |p: &(f32, f32)| p.0.min(p.1) < 12.0 || p.0.max(p.1) > 115.0;
        let (first, last) = (course.first().unwrap(), course.last().unwrap());
        assert!(edge(first) && edge(last), "{first:?} {last:?}");
        assert!(height(first) > height(last));
    }
}
