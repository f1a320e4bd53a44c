//! A radix-2 Fourier transform of square complex grids: all that spectral synthesis needs.

use std::f64::consts::TAU;

/// Transforms a `side` x `side` grid of (real, imaginary) pairs in place, without scaling. `side`
/// is a power of two.
pub(super) fn transform(grid: &mut [[f32; 2]], side: usize) {
    let turns: Vec<[f32; 2]> = (0..side / 2)
        .map(|i| (TAU * i as f64 / side as f64).sin_cos())
        .map(|(s, c)| [c as f32, s as f32])
        .collect();
    for _ in 0..2 {
        grid.chunks_exact_mut(side).for_each(|row| line(row, &turns));
        transpose(grid, side);
    }
}

fn transpose(grid: &mut [[f32; 2]], side: usize) {
    for y in 0..side {
        for x in y + 1..side {
            grid.swap(y * side + x, x * side + y);
        }
    }
}

fn line(row: &mut [[f32; 2]], turns: &[[f32; 2]]) {
    let n = row.len();
    let bits = n.trailing_zeros();
    for i in 0..n {
        let j = i.reverse_bits() >> (usize::BITS - bits);
        if i < j {
            row.swap(i, j);
        }
    }
    let mut half = 1;
    while half < n {
        let stride = n / (2 * half);
        for block in row.chunks_exact_mut(2 * half) {
            let (low, high) = block.split_at_mut(half);
            for (k, (a, b)) in low.iter_mut().zip(high).enumerate() {
                let [c, s] = turns[k * stride];
                let t = [b[0] * c - b[1] * s, b[0] * s + b[1] * c];
                *b = [a[0] - t[0], a[1] - t[1]];
                *a = [a[0] + t[0], a[1] + t[1]];
            }
        }
        half *= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_frequency_becomes_one_wave() {
        let mut grid = vec![[0.0; 2]; 64];
        grid[3] = [1.0, 0.0];
        transform(&mut grid, 8);
        for (i, v) in grid.iter().enumerate() {
            let phase = (TAU * 3.0 * (i % 8) as f64 / 8.0) as f32;
            assert!((v[0] - phase.cos()).abs() < 1e-5 && (v[1] - phase.sin()).abs() < 1e-5);
        }
    }
}
