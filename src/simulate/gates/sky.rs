//! Gate 1: the sky of a pass is mostly clear or mostly covered.

use super::Stop;
use super::measure::{Gate, Measure};
use super::written::Written;
use crate::error::Result;

/// Passes by their share of cloud: under 10 %, 10 to 50, 50 to 80, over 80.
const EDGES: [f64; 3] = [0.1, 0.5, 0.8];

/// Reads the true sky of every product. A pass without a product was covered.
pub(super) fn histogram(written: &Written, stop: Stop<'_>) -> Result<Gate> {
    let side = written.world.side;
    let mut shares = Vec::new();
    for tile in &written.tiles {
        for date in &tile.optical {
            stop()?;
            shares.push(covered(&date.sky(side)?, &date.edge(side)?));
        }
        shares.resize(shares.len() + tile.passes.saturating_sub(tile.optical.len()), 1.0);
    }
    let classes = classes(&shares);
    let measures = vec![
        Measure::within(
            "passes per percent of cloud, both ends against the middle",
            u_shape(&classes),
            2.0..=f64::INFINITY,
        ),
        // Ten French sites in February 2013 had 18, 13, 20 and 48 % (SPOT4-Take5).
        Measure::within("percent of the passes under 10 % cloud", 100.0 * classes[0], 10.0..=40.0),
        Measure::aside("percent from 10 to 50", 100.0 * classes[1]),
        Measure::aside("percent from 50 to 80", 100.0 * classes[2]),
        Measure::within("percent over 80", 100.0 * classes[3], 25.0..=60.0),
    ];
    Ok(Gate {
        number: 1,
        name: "the cloud histogram is U-shaped",
        measures,
        advice: "look at the law of cloudiness by month in weather.rs",
    })
}

/// Share of cloud, thick or thin, inside the swath.
fn covered(sky: &[u8], edge: &[u8]) -> f64 {
    let inside = edge.iter().filter(|e| **e == 0).count().max(1);
    let cloud = sky.iter().zip(edge).filter(|(s, e)| **e == 0 && matches!(**s, 1 | 2)).count();
    cloud as f64 / inside as f64
}

/// Share of the passes in each class.
fn classes(shares: &[f64]) -> [f64; 4] {
    let mut out = [0.0; 4];
    for share in shares {
        out[EDGES.iter().filter(|e| share >= *e).count()] += 1.0 / shares.len() as f64;
    }
    out
}

/// How many passes there are per percent of cloud at both ends, against the middle.
fn u_shape(classes: &[f64; 4]) -> f64 {
    let ends = (classes[0] + classes[3]) / (0.1 + 0.2);
    let middle = (classes[1] + classes[2]) / (0.4 + 0.3);
    ends / middle.max(1e-9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn even_cloudiness_has_no_u_and_two_ends_have() {
        let even: Vec<f64> = (0..1000).map(|i| f64::from(i) / 1000.0).collect();
        assert!((u_shape(&classes(&even)) - 1.0).abs() < 0.02);
        let ends: Vec<f64> = (0..1000).map(|i| if i % 2 == 0 { 0.05 } else { 0.95 }).collect();
        assert!(u_shape(&classes(&ends)) > 100.0);
        assert_eq!(covered(&[1, 2, 3, 0, 1], &[0, 0, 0, 0, 1]), 0.5);
    }
}
