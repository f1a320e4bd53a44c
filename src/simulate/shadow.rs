//! Shadows: each layer projected on the ground along the rays of the sun.

use super::cloud::Layer;
use super::map::Map;
use super::sun::Sun;

/// Share of direct sunlight that reaches each pixel, on ground of `height` metres.
pub(super) fn cast(layer: &Layer, height: &Map, sun: Sun) -> Map {
    let shade = layer.shade();
    let (east, south) = sun.slant();
    let side = height.side;
    let mean = height.values.iter().sum::<f32>() / height.values.len() as f32;
    let mut out = Vec::with_capacity(side * side);
    for (y, row) in height.values.chunks_exact(side).enumerate() {
        for (x, z) in row.iter().enumerate() {
            // The ray from the ground to the sun meets the layer this far away.
            let climb = (layer.height - (z - mean)) / Layer::CELL;
            let (u, v) = layer.locate(x as f32, y as f32);
            out.push(shade.wrapped(u + climb * east, v + climb * south));
        }
    }
    Map { side, values: out }
}

/// Whether the cloud that shades a pixel lies outside the tile.
pub(super) fn from_outside(layer: &Layer, side: usize, sun: Sun, x: usize, y: usize) -> bool {
    let (east, south) = sun.slant();
    let u = x as f32 + layer.height * east / 10.0;
    let v = y as f32 + layer.height * south / 10.0;
    u < 0.0 || v < 0.0 || u >= side as f32 || v >= side as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shadow_lies_on_the_side_away_from_the_sun() {
        let (side, height) = (128, 300.0);
        let layer = Layer::round(side, 64.0, 64.0, 12.0, height);
        let sun = Sun::on(172, -1.15, 44.0);
        let lit = cast(&layer, &Map::filled(side, 200.0), sun);
        let dark: Vec<usize> = (0..side * side).filter(|i| lit.values[*i] < 0.5).collect();
        assert!(!dark.is_empty());
        let mean = |f: &dyn Fn(usize) -> usize| {
            dark.iter().map(|i| f(*i) as f32).sum::<f32>() / dark.len() as f32
        };
        let (east, south) = sun.slant();
        // The morning sun is in the south-east, so the shadow falls north-west.
        assert!(east > 0.0 && south > 0.0);
        let (x, y) = (mean(&|i| i % side), mean(&|i| i / side));
        assert!((x - (64.0 - height * east / 10.0)).abs() < 2.0, "{x}");
        assert!((y - (64.0 - height * south / 10.0)).abs() < 2.0, "{y}");
    }
}
