//! Gate 5: speckle over even fields has the looks of Sentinel-1's ground range products.

use super::Stop;
use super::measure::{Gate, Measure};
use super::written::{Written, read};
use crate::error::Result;

/// Fewest inner pixels of a field that tells the looks.
const PIXELS_MIN: usize = 150;
/// Dates of each tile that are read: speckle is drawn anew on each, so some tell enough.
const DATES: usize = 8;

/// Reads some radar images over the truth's fields.
pub(super) fn looks(written: &Written, stop: Stop<'_>) -> Result<Gate> {
    let side = written.world.side;
    let mut all = [Vec::new(), Vec::new()];
    let mut lag = Vec::new();
    for tile in &written.tiles {
        let covers = written.covers(&tile.name)?;
        let even = |field: u32| {
            let cover = covers.get(field as usize).map(String::as_str);
            matches!(cover, Some("arable" | "grass"))
        };
        let inner = inside(&written.fields(&tile.name)?, side, even);
        let step = tile.radar.len().div_ceil(DATES).max(1);
        for date in tile.radar.iter().step_by(step) {
            stop()?;
            for (path, all) in [&date.vv, &date.vh].into_iter().zip(&mut all) {
                let image: Vec<f32> = read(path, side)?;
                all.extend(inner.iter().filter_map(|f| field_looks(&image, f)));
                lag.extend(inner.iter().filter_map(|f| neighbours(&image, f)));
            }
        }
    }
    let [vv, vh] = all;
    let fields = vv.len() as f64;
    let measures = vec![
        Measure::within("looks in VV, median of fields", median(vv), 4.0..=5.0),
        // VH of fields comes near the noise of the instrument, which is taken away on average only.
        Measure::aside("looks in VH, with the noise of the instrument", median(vh)),
        Measure::within("correlation of neighbours, median", median(lag), 0.35..=0.65),
        Measure::aside("fields and dates", fields),
    ];
    Ok(Gate {
        number: 5,
        name: "even fields have the speckle of 4 to 5 looks",
        measures,
        advice: "look at speckle in radar.rs and the texture of fields in ground.rs",
    })
}

/// The pixels of each chosen field that touch no other field.
fn inside(fields: &[u32], side: usize, chosen: impl Fn(u32) -> bool) -> Vec<Vec<usize>> {
    let mut by_field = std::collections::BTreeMap::<u32, Vec<usize>>::new();
    for y in 1..side.saturating_sub(1) {
        for x in 1..side - 1 {
            let i = y * side + x;
            let own = fields[i];
            let alone = [i - 1, i + 1, i - side, i + side].iter().all(|j| fields[*j] == own);
            if alone && chosen(own) {
                by_field.entry(own).or_default().push(i);
            }
        }
    }
    by_field.into_values().filter(|pixels| pixels.len() >= PIXELS_MIN).collect()
}

/// Squared mean over variance of the pixels of a field; none at the edge of the swath.
fn field_looks(image: &[f32], pixels: &[usize]) -> Option<f64> {
    let (mean, variance) = moments(image, pixels)?;
    Some(mean * mean / variance)
}

/// Correlation of each pixel with its right neighbour where both are inside.
fn neighbours(image: &[f32], pixels: &[usize]) -> Option<f64> {
    let (mean, variance) = moments(image, pixels)?;
    let at = |i: usize| f64::from(image[i]) - mean;
    let pairs: Vec<f64> =
        pixels.windows(2).filter(|w| w[1] == w[0] + 1).map(|w| at(w[0]) * at(w[1])).collect();
    (!pairs.is_empty()).then(|| pairs.iter().sum::<f64>() / pairs.len() as f64 / variance)
}

fn moments(image: &[f32], pixels: &[usize]) -> Option<(f64, f64)> {
    let n = pixels.len() as f64;
    if pixels.iter().any(|i| image[*i] <= 0.0) {
        return None;
    }
    let mean = pixels.iter().map(|i| f64::from(image[*i])).sum::<f64>() / n;
    let variance = pixels.iter().map(|i| (f64::from(image[*i]) - mean).powi(2)).sum::<f64>() / n;
    (variance > 0.0).then_some((mean, variance))
}

/// The middle one; not a number of none.
pub(super) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use rand::RngExt;
    use rand_distr::Gamma;

    use super::super::super::chance::stream;
    use super::*;

    #[test]
    fn a_gamma_field_has_the_looks_that_it_was_drawn_with() {
        let side = 64;
        let mut rng = stream(1, "gamma");
        for shape in [1.0, 4.4, 10.0] {
            let law = Gamma::new(shape, 0.1 / shape).unwrap();
            let image: Vec<f32> = (0..side * side).map(|_| rng.sample(law) as f32).collect();
            let fields = vec![3u32; side * side];
            let inner = inside(&fields, side, |f| f == 3);
            assert_eq!((inner.len(), inner[0].len()), (1, 62 * 62));
            let looks = field_looks(&image, &inner[0]).unwrap();
            assert!((looks / shape - 1.0).abs() < 0.12, "{looks} for {shape}");
            assert!(neighbours(&image, &inner[0]).unwrap().abs() < 0.06);
        }
    }

    #[test]
    fn a_field_at_the_edge_of_the_swath_tells_nothing() {
        let mut image = vec![0.1f32; 400];
        image[30] = 0.0;
        assert!(field_looks(&image, &(20..60).collect::<Vec<_>>()).is_none());
        assert!(median(Vec::new()).is_nan());
        assert!(inside(&(0..400).collect::<Vec<u32>>(), 20, |_| true).is_empty());
    }
}
