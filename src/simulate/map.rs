//! A square map of numbers, with the few things done to one: sampling, smoothing, enlarging.

use rand_pcg::Pcg64;

use super::chance::normal;
use super::fourier;

/// A square of `side` x `side` numbers, row by row.
#[derive(Debug, Clone)]
pub(super) struct Map {
    /// Cells on a side.
    pub side: usize,
    /// Values, row by row.
    pub values: Vec<f32>,
}

/// The shape of a Gaussian random field: power falls as k^-slope.
pub(super) struct Spectrum {
    /// Exponent of the two-dimensional power spectrum.
    pub slope: f32,
    /// Waves longer than this many cells are left out; infinite keeps all.
    pub longest: f32,
    /// Direction (radians) and ratio of stretching; a ratio of 1 is isotropic.
    pub stretch: (f32, f32),
}

impl Spectrum {
    /// Isotropic, all wavelengths.
    pub fn power(slope: f32) -> Self {
        Self { slope, longest: f32::INFINITY, stretch: (0.0, 1.0) }
    }
}

impl Map {
    /// A map of one value.
    pub fn filled(side: usize, value: f32) -> Self {
        Self { side, values: vec![value; side * side] }
    }

    /// Two independent periodic Gaussian random fields of mean 0 and variance 1; `side` is rounded
    /// up to a power of two.
    pub fn random_pair(side: usize, shape: &Spectrum, rng: &mut Pcg64) -> (Self, Self) {
        let n = side.next_power_of_two();
        let (sin, cos) = shape.stretch.0.sin_cos();
        let mut grid = vec![[0.0f32; 2]; n * n];
        let wave = |i: usize| if i <= n / 2 { i as f32 } else { i as f32 - n as f32 };
        for (i, cell) in grid.iter_mut().enumerate() {
            let (kx, ky) = (wave(i % n), wave(i / n));
            let along = (kx * cos + ky * sin) * shape.stretch.1;
            let k2 = along * along + (ky * cos - kx * sin).powi(2);
            let kept = k2 > 0.0 && k2 * shape.longest.powi(2) >= (n * n) as f32;
            let size = if kept { k2.powf(-shape.slope / 4.0) } else { 0.0 };
            *cell = [size * normal(rng), size * normal(rng)];
        }
        fourier::transform(&mut grid, n);
        let part = |j: usize| Self { side: n, values: grid.iter().map(|c| c[j]).collect() };
        (part(0).standardised(), part(1).standardised())
    }

    /// The first of [`Map::random_pair`].
    pub fn random(side: usize, shape: &Spectrum, rng: &mut Pcg64) -> Self {
        Self::random_pair(side, shape, rng).0
    }

    /// Mean 0, standard deviation 1.
    pub fn standardised(mut self) -> Self {
        let n = self.values.len() as f64;
        let mean = self.values.iter().map(|v| f64::from(*v)).sum::<f64>() / n;
        let var = self.values.iter().map(|v| (f64::from(*v) - mean).powi(2)).sum::<f64>() / n;
        let scale = 1.0 / var.sqrt().max(1e-12);
        self.values.iter_mut().for_each(|v| *v = ((f64::from(*v) - mean) * scale) as f32);
        self
    }

    /// The upper-left `side` x `side` corner.
    pub fn corner(&self, side: usize) -> Self {
        let rows = self.values.chunks_exact(self.side).take(side);
        Self { side, values: rows.flat_map(|r| &r[..side]).copied().collect() }
    }

    /// Bilinear value at (x, y) in cells; outside is the nearest edge.
    #[inline]
    pub fn at(&self, x: f32, y: f32) -> f32 {
        let top = (self.side - 1) as f32;
        let (x, y) = (x.clamp(0.0, top), y.clamp(0.0, top));
        let (i, j) = ((x as usize).min(self.side - 2), (y as usize).min(self.side - 2));
        let (fx, fy) = (x - i as f32, y - j as f32);
        let at = j * self.side + i;
        let (a, b) = (&self.values[at..at + 2], &self.values[at + self.side..at + self.side + 2]);
        let (upper, lower) = (a[0] + fx * (a[1] - a[0]), b[0] + fx * (b[1] - b[0]));
        upper + fy * (lower - upper)
    }

    /// Bilinear value at (x, y) in cells of a periodic map whose side is a power of two.
    #[inline]
    pub fn wrapped(&self, x: f32, y: f32) -> f32 {
        let mask = self.side as i32 - 1;
        let (fi, fj) = (x.floor(), y.floor());
        let (fx, fy) = (x - fi, y - fj);
        let (i, j) = (fi as i32 & mask, fj as i32 & mask);
        let (k, l) = ((i + 1) & mask, (j + 1) & mask);
        let v = |i: i32, j: i32| self.values[(j as usize) * self.side + i as usize];
        let upper = v(i, j) + fx * (v(k, j) - v(i, j));
        let lower = v(i, l) + fx * (v(k, l) - v(i, l));
        upper + fy * (lower - upper)
    }

    /// A smooth (cubic B-spline) enlargement by `factor` to `side` x `side`, cell centres kept.
    pub fn enlarged(&self, factor: usize, side: usize) -> Self {
        let taps: Vec<(usize, [f32; 4])> =
            (0..side).map(|i| spline(i, factor, self.side)).collect();
        let clamp = |i: usize| i.saturating_sub(1).min(self.side - 1);
        let mut wide = vec![0.0f32; self.side * side];
        for (source, out) in self.values.chunks_exact(self.side).zip(wide.chunks_exact_mut(side)) {
            for (v, (first, w)) in out.iter_mut().zip(&taps) {
                *v = (0..4).map(|k| w[k] * source[clamp(first + k)]).sum();
            }
        }
        let mut values = vec![0.0f32; side * side];
        for ((first, w), out) in taps.iter().zip(values.chunks_exact_mut(side)) {
            for (k, weight) in w.iter().enumerate() {
                let row = clamp(first + k) * side;
                out.iter_mut().zip(&wide[row..row + side]).for_each(|(o, v)| *o += weight * v);
            }
        }
        Self { side, values }
    }

    /// A 3 x 3 separable smoothing with centre-shifted taps, edges repeated. `taps` are (x, y),
    /// each (before, centre, after).
    pub fn smooth3(&mut self, taps: ([f32; 3], [f32; 3])) {
        let n = self.side;
        let ([a, b, c], [d, e, f]) = taps;
        let mut above = vec![0.0f32; n];
        let mut line = vec![0.0f32; n];
        for y in 0..n {
            let row = &mut self.values[y * n..(y + 1) * n];
            line.copy_from_slice(row);
            for x in 1..n - 1 {
                row[x] = a * line[x - 1] + b * line[x] + c * line[x + 1];
            }
            row[0] = (a + b) * line[0] + c * line[1];
            row[n - 1] = a * line[n - 2] + (b + c) * line[n - 1];
        }
        above.copy_from_slice(&self.values[..n]);
        for y in 0..n {
            let (head, tail) = self.values.split_at_mut((y + 1) * n);
            let row = &mut head[y * n..];
            line.copy_from_slice(row);
            let below = if y + 1 < n { &tail[..n] } else { &line[..] };
            for x in 0..n {
                row[x] = d * above[x] + e * line[x] + f * below[x];
            }
            std::mem::swap(&mut above, &mut line);
        }
    }

    /// Means over squares of `factor` cells; a remainder is averaged over what is there.
    pub fn means(&self, factor: usize) -> Self {
        let side = self.side.div_ceil(factor);
        let mut sums = vec![(0.0f32, 0u32); side * side];
        for (y, row) in self.values.chunks_exact(self.side).enumerate() {
            for (x, v) in row.iter().enumerate() {
                let cell = &mut sums[y / factor * side + x / factor];
                *cell = (cell.0 + v, cell.1 + 1);
            }
        }
        Self { side, values: sums.iter().map(|(s, n)| s / *n as f32).collect() }
    }
}

/// First source cell plus one, and the four weights, of the enlarged cell `i`.
fn spline(i: usize, factor: usize, side: usize) -> (usize, [f32; 4]) {
    let x = ((i as f32 + 0.5) / factor as f32 - 0.5).clamp(0.0, (side - 1) as f32);
    let (first, t) = (x as usize, x.fract());
    let (u, t2, t3) = (1.0 - t, t * t, t * t * t);
    let inner = |t2: f32, t3: f32| (3.0 * t3 - 6.0 * t2 + 4.0) / 6.0;
    (first, [u * u * u / 6.0, inner(t2, t3), inner(u * u, u * u * u), t3 / 6.0])
}

#[cfg(test)]
mod tests {
    use super::super::chance::stream;
    use super::*;

    #[test]
    fn a_steeper_spectrum_is_smoother() {
        let rough = |slope| {
            let map = Map::random(64, &Spectrum::power(slope), &mut stream(1, "map"));
            map.values.windows(2).map(|w| (w[1] - w[0]).powi(2)).sum::<f32>()
        };
        assert!(rough(2.0) > 3.0 * rough(3.4));
    }

    #[test]
    fn enlarging_and_smoothing_keep_a_constant() {
        let mut map = Map::filled(8, 3.0).enlarged(4, 30);
        map.smooth3(([0.1, 0.8, 0.1], [0.3, 0.6, 0.1]));
        assert!(map.values.iter().all(|v| (v - 3.0).abs() < 1e-4));
        assert_eq!(map.means(4).side, 8);
    }
}
