//! Blocks of ground, and the use that chance gives them.

use super::Split;
use super::ground::Touched;

/// Metres of a degree of latitude; a block need not be exact, only the same for everyone.
const DEGREE: f64 = 111_320.0;

/// Square blocks in bands of latitude all around the Earth.
pub(super) struct Blocks {
    /// Side, metres.
    pub side: f64,
    /// Shares that validate and test.
    pub shares: (f64, f64),
    pub seed: u64,
}

impl Blocks {
    /// The uses of all blocks that an area may touch: of all that its box of longitudes and
    /// latitudes touches, which is a little more.
    pub fn touched(&self, corners: &[(f64, f64)]) -> Touched {
        let first = corners.first().copied().unwrap_or_default().0;
        // Longitudes as seen from the first corner, so that an area on the date line stays small.
        let near = |lon: f64| (lon - first + 540.0).rem_euclid(360.0) - 180.0 + first;
        let (west, east) = range(corners.iter().map(|c| near(c.0)));
        let (south, north) = range(corners.iter().map(|c| c.1));
        let band = |lat: f64| ((lat + 90.0) * DEGREE / self.side).floor() as i64;
        let mut touched = Touched::default();
        for j in band(south)..=band(north) {
            let middle = (j as f64 + 0.5) * self.side / DEGREE - 90.0;
            let metres = DEGREE * middle.clamp(-89.0, 89.0).to_radians().cos();
            let around = ((360.0 * metres / self.side).ceil() as i64).max(1);
            let column = |lon: f64| ((lon + 180.0) * metres / self.side).floor() as i64;
            for i in column(west)..=column(east) {
                let key = format!("{}/ground/{j}/{}", self.seed, i.rem_euclid(around));
                touched.add(drawn(&key, self.shares));
            }
        }
        touched
    }
}

/// The use that the hash of a key draws, by shares of valid and test.
pub(super) fn drawn(key: &str, (valid, test): (f64, f64)) -> Split {
    let hash = blake3::hash(key.as_bytes());
    let mut low = [0u8; 8];
    low.copy_from_slice(&hash.as_bytes()[..8]);
    let u = (u64::from_le_bytes(low) >> 11) as f64 / (1u64 << 53) as f64;
    if u < test {
        Split::Test
    } else if u < test + valid {
        Split::Valid
    } else {
        Split::Train
    }
}

fn range(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)))
}
