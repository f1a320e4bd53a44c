//! Blocks of farmland: each has its own direction, cut into strips and these into fields.

use super::chance::{hash01, mix, trait_normal};

/// Pixels between the seeds of blocks.
pub(super) const BLOCK: f32 = 88.0;

/// A block of farmland: where it is, how it lies and where it is cut.
pub(super) struct Block {
    pub x: f32,
    pub y: f32,
    pub sin: f32,
    pub cos: f32,
    pub angle: f32,
    pub strips: Vec<f32>,
    pub cuts: Vec<Vec<f32>>,
    pub road: bool,
}

/// Boundaries of log-normal spacing on both sides of zero.
fn breaks(median: f32, spread: f32, key: u32) -> Vec<f32> {
    let mut at = -1.6 * BLOCK;
    let mut out = Vec::new();
    for i in 0.. {
        at += median * (spread * trait_normal(i, key)).exp();
        out.push(at);
        if at > 1.6 * BLOCK {
            break;
        }
    }
    out
}

impl Block {
    /// The block of a cell of the net.
    pub fn new(column: i32, row: i32, seed: u32) -> Self {
        let id = mix((column as u32).wrapping_mul(7919).wrapping_add(row as u32), seed);
        let at = |v: i32, k| (v as f32 + 0.15 + 0.7 * hash01(k, id)) * BLOCK;
        let angle = hash01(2, id) * std::f32::consts::PI;
        let strips = breaks(11.0 + 6.0 * hash01(3, id), 0.45, id ^ 0x51);
        let cuts = (0..=strips.len() as u32)
            .map(|i| breaks(22.0 + 10.0 * hash01(4, id), 0.5, mix(i, id)))
            .collect();
        let (sin, cos) = angle.sin_cos();
        let road = hash01(5, id) < 0.35;
        Self { x: at(column, 0), y: at(row, 1), sin, cos, angle, strips, cuts, road }
    }
}

/// Index of the interval of `v`, and the distance to its nearer end.
pub(super) fn interval(breaks: &[f32], v: f32) -> (usize, f32, usize) {
    let i = breaks.partition_point(|b| *b <= v);
    let low = if i > 0 { v - breaks[i - 1] } else { f32::INFINITY };
    let high = breaks.get(i).map_or(f32::INFINITY, |b| b - v);
    (i, low.min(high), if low < high { i } else { i + 1 })
}
