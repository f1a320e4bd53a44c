//! Error of edges: how sharp the output is where the target is.

use super::Score;
use super::metric::{Mean, Metric};
use super::pixels::Shape;
use super::totals::Totals;

/// Sum over bands of the absolute error of gradients between neighbours that both count, and how
/// many gradients that are. The error of a gradient is the difference of two errors.
pub(super) fn gradients(errors: &[f64], counts: &[bool], shape: Shape) -> (f64, f64) {
    let (width, plane) = (shape.width, shape.plane());
    let (mut sum, mut number) = (0.0, 0.0);
    for errors in errors.chunks_exact(plane.max(1)) {
        let mut across = |step: usize, edge: bool| {
            let pairs = errors.iter().zip(counts).zip(errors.iter().zip(counts).skip(step));
            for (at, ((a, seen), (b, there))) in pairs.enumerate() {
                // The last pixel of a row has no neighbour to its right.
                if *seen && *there && !(edge && (at + 1).is_multiple_of(width)) {
                    sum += (b - a).abs();
                    number += 1.0;
                }
            }
        };
        across(1, true);
        across(width, false);
    }
    (sum, number)
}

/// Absolute errors of gradients.
#[derive(Debug, Default)]
pub(super) struct Edge(Mean);

impl Metric for Edge {
    fn add(&mut self, totals: &Totals) {
        self.0.add(totals.edges, totals.gradients);
    }

    fn finish(&self, _: &[String], scores: &mut Vec<Score>) {
        let text = "mean absolute error of the difference between neighbouring pixels (right and \
                    below, both valid) over bands, reflectance x 10000: blur and seams raise it";
        scores.push(Score::new("edge_mae", "all", 1e4 * self.0.value(), "DN", text));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_error_has_no_edge_and_a_step_has_one() {
        let shape = Shape { images: 1, bands: 1, height: 2, width: 3 };
        let all = [true; 6];
        assert_eq!(gradients(&[0.2; 6], &all, shape), (0.0, 7.0));
        // A step between the second and the third column, seen in both rows.
        let step = [0.0, 0.0, 0.5, 0.0, 0.0, 0.5];
        assert_eq!(gradients(&step, &all, shape), (1.0, 7.0));
        let one_hidden = [true, true, false, true, true, true];
        assert_eq!(gradients(&step, &one_hidden, shape), (0.5, 5.0));
    }
}
