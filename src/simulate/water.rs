//! Rivers along the streams, with trees on their banks, and a few lakes in flats.

use std::f32::consts::TAU;

use rand_pcg::Pcg64;

use super::chance::uniform;
use super::terrain::Terrain;

/// For each pixel 0 land, 1 river, 2 lake, 3 trees of a bank.
pub(super) fn paint(terrain: &Terrain, rng: &mut Pcg64) -> Vec<u8> {
    let side = terrain.height.side;
    let mut out = vec![0u8; side * side];
    for (rank, (course, half)) in terrain.streams.iter().enumerate() {
        // Small streams hide under their trees: only the large river shows water all along.
        let wet = rank == 0 || *half > 1.2;
        let bank = if rank == 0 { 2.5 } else { 0.8 };
        for pair in course.windows(2) {
            for k in 0..4 {
                let t = k as f32 / 4.0;
                let x = pair[0].0 + t * (pair[1].0 - pair[0].0);
                let y = pair[0].1 + t * (pair[1].1 - pair[0].1);
                let trees = half + bank * (0.4 + 1.2 * uniform(rng));
                disc(&mut out, side, (x, y), trees, 3);
                if wet {
                    let width = half * (0.85 + 0.15 * (0.02 * x + 0.031 * y).sin());
                    disc(&mut out, side, (x, y), width, 1);
                }
            }
        }
    }
    let lakes = ((side * side) as f32 / 300_000.0).ceil() as usize;
    for _ in 0..lakes {
        lake(&mut out, terrain, rng);
    }
    out
}

/// Water wins over trees, whichever was painted first.
fn disc(out: &mut [u8], side: usize, centre: (f32, f32), radius: f32, value: u8) {
    let r = radius.ceil() as i32;
    let (cx, cy) = (centre.0 as i32, centre.1 as i32);
    for y in (cy - r).max(0)..=(cy + r).min(side as i32 - 1) {
        for x in (cx - r).max(0)..=(cx + r).min(side as i32 - 1) {
            let d = (x as f32 + 0.5 - centre.0).hypot(y as f32 + 0.5 - centre.1);
            let cell = &mut out[y as usize * side + x as usize];
            if d <= radius && *cell != 1 {
                *cell = value;
            }
        }
    }
}

/// A pond with an uneven shore at the flattest of some random places.
fn lake(out: &mut [u8], terrain: &Terrain, rng: &mut Pcg64) {
    let side = terrain.height.side;
    let size = side as f32;
    let mut best = (f32::INFINITY, 0.0, 0.0);
    for _ in 0..12 {
        let (x, y) = (uniform(rng) * size, uniform(rng) * size);
        let tilt = terrain.slope.0.at(x, y).abs() + terrain.slope.1.at(x, y).abs();
        if tilt < best.0 {
            best = (tilt, x, y);
        }
    }
    let radius = (3.0 + 12.0 * uniform(rng).powi(2)) * (size / 1024.0).max(0.5);
    let (a, b) = (uniform(rng) * TAU, uniform(rng) * TAU);
    let r = (radius * 1.6) as i32;
    for dy in -r..=r {
        for dx in -r..=r {
            let (x, y) = (best.1 as i32 + dx, best.2 as i32 + dy);
            let turn = (dy as f32).atan2(dx as f32);
            let shore =
                radius * (1.0 + 0.3 * (2.0 * turn + a).sin() + 0.15 * (5.0 * turn + b).sin());
            let inside = x >= 0 && y >= 0 && x < side as i32 && y < side as i32;
            if inside && (dx as f32).hypot(dy as f32) < shore {
                out[y as usize * side + x as usize] = 2;
            }
        }
    }
}
