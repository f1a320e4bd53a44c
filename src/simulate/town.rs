//! Villages and a town: ragged patches on flat ground.

use rand_pcg::Pcg64;

use super::chance::uniform;
use super::map::Map;
use super::terrain::Terrain;

/// Whether each pixel is built up.
pub(super) fn paint(
    terrain: &Terrain,
    steepness: &[f32],
    water: &[u8],
    rough: &Map,
    rng: &mut Pcg64,
) -> Vec<bool> {
    let side = terrain.height.side;
    let scale = (side as f32 / 1024.0).max(0.4);
    let count = ((side * side) as f32 / 130_000.0).ceil() as usize;
    let mut out = vec![false; side * side];
    for rank in 0..count {
        let (mut flattest, mut place) = (f32::INFINITY, (0, 0));
        for _ in 0..16 {
            let x = ((0.06 + 0.88 * uniform(rng)) * side as f32) as usize;
            let y = ((0.06 + 0.88 * uniform(rng)) * side as f32) as usize;
            let tilt = steepness[y * side + x];
            if tilt < flattest {
                (flattest, place) = (tilt, (x, y));
            }
        }
        let radius = if rank == 0 { 75.0 } else { 10.0 + 28.0 * uniform(rng).powi(2) } * scale;
        let reach = (radius * 1.8) as usize;
        for y in place.1.saturating_sub(reach)..(place.1 + reach).min(side) {
            for x in place.0.saturating_sub(reach)..(place.0 + reach).min(side) {
                let d = (x as f32 - place.0 as f32).hypot(y as f32 - place.1 as f32) / radius;
                let i = y * side + x;
                if d + 0.4 * rough.values[y * rough.side + x] < 0.85 && water[i] == 0 {
                    out[i] = true;
                }
            }
        }
    }
    out
}
