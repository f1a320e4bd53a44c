//! How alike neighbours are in what the air leaves in a date.

use super::points::Points;

/// Correlation, between points side by side, of what changed in B02 from one date to the next under a sky without clouds: in so short a
/// time mostly the air, to which the truth of a date belongs. Over all dates of all tiles.
pub(super) fn kinship(tiles: &[Points]) -> f64 {
    let mut sums = Sums::default();
    for points in tiles {
        for two in points.looks.windows(2) {
            let change = |i: usize| f64::from(two[1].there[i][0]) - f64::from(two[0].there[i][0]);
            for i in (0..points.side * points.side).filter(|i| (i + 1) % points.side != 0) {
                sums.add(change(i), change(i + 1));
            }
        }
    }
    sums.correlation()
}

#[derive(Default)]
struct Sums {
    count: f64,
    one: f64,
    two: f64,
    squares: [f64; 2],
    product: f64,
}

impl Sums {
    fn add(&mut self, a: f64, b: f64) {
        self.count += 1.0;
        self.one += a;
        self.two += b;
        self.squares[0] += a * a;
        self.squares[1] += b * b;
        self.product += a * b;
    }

    fn correlation(&self) -> f64 {
        let n = self.count;
        let spread = |squares: f64, sum: f64| squares / n - (sum / n).powi(2);
        let together = self.product / n - self.one * self.two / (n * n);
        together / (spread(self.squares[0], self.one) * spread(self.squares[1], self.two)).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::chance::hash01;
    use super::super::points::Look;
    use super::*;
    use crate::geo::Stamp;

    fn tile(air: impl Fn(usize) -> i16) -> Points {
        let side = 32;
        let points = side * side;
        let look = |there: Vec<[i16; 10]>| {
            let (seen, sky, all) = (there.clone(), vec![0; points], vec![true; points]);
            Look { time: Stamp(0), seen, there, sky, clear: all.clone(), inside: all }
        };
        let hazy = (0..points).map(|i| [500 + air(i); 10]).collect();
        let looks = vec![look(vec![[500; 10]; points]), look(hazy)];
        let (echoes, relief, field) = (vec![], vec![], vec![]);
        Points { step: 2, side, looks, echoes, relief, field }
    }

    #[test]
    fn a_smooth_haze_is_shared_and_a_noise_of_each_pixel_is_not() {
        assert!(kinship(&[tile(|i| 10 * (i / 32) as i16)]) > 0.99);
        let noise = |i: usize| (50.0 * hash01(i as u32, 7)) as i16;
        assert!(kinship(&[tile(noise)]).abs() < 0.15);
    }
}
