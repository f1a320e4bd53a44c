//! Gate 2: clouds have the ragged outlines of clouds: perimeter grows as area to the power 2/3.

use super::Stop;
use super::measure::{Gate, Measure};
use super::written::Written;
use crate::error::Result;

/// Smallest cloud that counts, in pixels: smaller ones have the outline of pixels.
const AREA_MIN: usize = 64;

/// Reads the true sky of every product.
pub(super) fn perimeters(written: &Written, stop: Stop<'_>) -> Result<Gate> {
    let side = written.world.side;
    let mut clouds = Vec::new();
    for date in written.tiles.iter().flat_map(|t| &t.optical) {
        stop()?;
        let cloud: Vec<bool> = date.sky(side)?.iter().map(|s| matches!(s, 1 | 2)).collect();
        clouds.extend(outlines(&cloud, side));
    }
    let measures = vec![
        Measure::within("growth of perimeter with the root of area", slope(&clouds), 1.26..=1.40),
        Measure::aside("clouds that lie wholly inside a tile", clouds.len() as f64),
    ];
    Ok(Gate {
        number: 2,
        name: "the outlines of clouds are those of clouds",
        measures,
        advice: "look at the spectra of the cloud fields in cloud.rs",
    })
}

/// (area, perimeter) in pixels of each connected cloud that does not touch the border.
fn outlines(cloud: &[bool], side: usize) -> Vec<(f64, f64)> {
    let mut seen = vec![false; cloud.len()];
    let mut waiting = Vec::new();
    let mut out = Vec::new();
    for start in 0..cloud.len() {
        if !cloud[start] || seen[start] {
            continue;
        }
        seen[start] = true;
        waiting.push(start);
        let (mut area, mut edges, mut whole) = (0usize, 0usize, true);
        while let Some(i) = waiting.pop() {
            area += 1;
            let (x, y) = (i % side, i / side);
            whole &= x > 0 && y > 0 && x + 1 < side && y + 1 < side;
            let mut look = |there: bool, j: usize| {
                if !there {
                    return;
                }
                if !cloud[j] {
                    edges += 1;
                } else if !seen[j] {
                    seen[j] = true;
                    waiting.push(j);
                }
            };
            look(x > 0, i.wrapping_sub(1));
            look(x + 1 < side, i + 1);
            look(y > 0, i.wrapping_sub(side));
            look(y + 1 < side, i + side);
        }
        if whole && area >= AREA_MIN {
            out.push((area as f64, edges as f64));
        }
    }
    out
}

/// The slope of log perimeter over the log of the square root of area: 1 for disks.
fn slope(clouds: &[(f64, f64)]) -> f64 {
    let points: Vec<(f64, f64)> = clouds.iter().map(|(a, p)| (0.5 * a.ln(), p.ln())).collect();
    let n = points.len() as f64;
    let (mx, my) = points.iter().fold((0.0, 0.0), |m, p| (m.0 + p.0 / n, m.1 + p.1 / n));
    let (xy, xx) = points
        .iter()
        .fold((0.0, 0.0), |s, p| (s.0 + (p.0 - mx) * (p.1 - my), s.1 + (p.0 - mx).powi(2)));
    if xx > 0.0 { xy / xx } else { f64::NAN }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A square whose sides are replaced by the generator of dimension 3/2 (the quadratic Koch
    /// island) `level` times: area stays, perimeter doubles.
    fn island(level: u32) -> (Vec<bool>, usize) {
        let size = 4usize.pow(level) * 2;
        let mut path: Vec<(i64, i64)> = vec![(1, 0), (0, 1), (-1, 0), (0, -1)];
        for _ in 0..level {
            path = path
                .iter()
                .flat_map(|(x, y)| {
                    let (f, l, r) = ((*x, *y), (-*y, *x), (*y, -*x));
                    [f, l, f, r, r, f, l, f]
                })
                .collect();
        }
        // One step is two pixels; fill row by row between the vertical steps.
        let side = size * 3 + 8;
        let middle = (size / 2 + 2) as i64;
        let (mut x, mut y) = (middle, middle);
        let mut cloud = vec![false; side * side];
        for (dx, dy) in path {
            if dy != 0 {
                for half in 0..2 {
                    let row = if dy > 0 { 2 * y + half } else { 2 * y - 1 - half };
                    for column in 2 * x..side as i64 {
                        let at = (row * side as i64 + column) as usize;
                        cloud[at] = !cloud[at];
                    }
                }
            }
            (x, y) = (x + dx, y + dy);
        }
        (cloud, side)
    }

    #[test]
    fn disks_have_slope_one() {
        let side = 400;
        let disk = |r: f64| {
            let inside = |i: usize| {
                let (x, y) = ((i % side) as f64 - 200.0, (i / side) as f64 - 200.0);
                x.hypot(y) < r
            };
            outlines(&(0..side * side).map(inside).collect::<Vec<_>>(), side)[0]
        };
        let clouds: Vec<_> = [10.0, 20.0, 40.0, 80.0, 160.0].map(disk).to_vec();
        assert!((slope(&clouds) - 1.0).abs() < 0.02, "{}", slope(&clouds));
        assert!((clouds[3].0 / (80.0f64.powi(2) * std::f64::consts::PI) - 1.0).abs() < 0.02);
    }

    #[test]
    fn koch_islands_have_the_slope_of_their_dimension() {
        let clouds: Vec<_> = (1..5)
            .map(|level| {
                let (cloud, side) = island(level);
                let found = outlines(&cloud, side);
                assert_eq!(found.len(), 1, "level {level}");
                found[0]
            })
            .collect();
        // Each level is four times as long on a side: 16 times the area, 8 times the outline.
        assert!((slope(&clouds) - 1.5).abs() < 0.01, "{clouds:?}");
    }

    #[test]
    fn clouds_that_leave_the_tile_do_not_count() {
        let mut cloud = vec![false; 32 * 32];
        (0..32 * 16).for_each(|i| cloud[i] = true);
        assert!(outlines(&cloud, 32).is_empty());
    }
}
