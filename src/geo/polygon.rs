//! A polygon with holes, and how a square of ground lies to it.

use crate::error::{Error, Result};

/// Rings of positions: inside is what an odd number of rings surrounds.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Polygon {
    rings: Vec<Vec<(f64, f64)>>,
    /// West, south, east, north.
    bounds: [f64; 4],
}

type Point = (f64, f64);

impl Polygon {
    /// Refuses a ring that encloses nothing.
    pub fn new(mut rings: Vec<Vec<Point>>) -> Result<Self> {
        for ring in &mut rings {
            if ring.len() > 1 && ring.first() == ring.last() {
                ring.pop();
            }
            if ring.len() < 3 {
                return Err(Error::invalid(format!("a ring of {} corners", ring.len()))
                    .hint("a polygon has at least three corners"));
            }
        }
        if rings.is_empty() {
            return Err(Error::invalid("a polygon without a ring").hint("draw its outline"));
        }
        let mut bounds = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
        for (x, y) in rings.iter().flatten() {
            bounds = [bounds[0].min(*x), bounds[1].min(*y), bounds[2].max(*x), bounds[3].max(*y)];
        }
        Ok(Self { rings, bounds })
    }

    /// Whether some of a convex four-sided area lies inside, and whether all of it does.
    pub fn meets(&self, quad: &[Point; 4]) -> (bool, bool) {
        let [west, south, east, north] = self.bounds;
        let beyond = quad.iter().all(|p| p.0 < west)
            || quad.iter().all(|p| p.0 > east)
            || quad.iter().all(|p| p.1 < south)
            || quad.iter().all(|p| p.1 > north);
        if beyond {
            return (false, false);
        }
        // A border inside the area, or across it, leaves some of it on either side.
        let border = self.edges().any(|(a, b)| {
            within(quad, a) || (0..4).any(|i| cross(a, b, quad[i], quad[(i + 1) % 4]))
        });
        let corners = quad.iter().filter(|p| self.holds(**p)).count();
        (border || corners > 0, !border && corners == 4)
    }

    fn holds(&self, (x, y): Point) -> bool {
        let right = |((ax, ay), (bx, by)): (Point, Point)| {
            (ay > y) != (by > y) && x < (bx - ax) * (y - ay) / (by - ay) + ax
        };
        self.edges().filter(|e| right(*e)).count() % 2 == 1
    }

    fn edges(&self) -> impl Iterator<Item = (Point, Point)> + '_ {
        self.rings.iter().flat_map(|ring| {
            let next = ring.iter().skip(1).chain(ring.first());
            ring.iter().copied().zip(next.copied())
        })
    }
}

/// Twice the area of a triangle: its sign tells which side of `a`-`b` a point is on.
fn side(a: Point, b: Point, p: Point) -> f64 {
    (b.0 - a.0) * (p.1 - a.1) - (b.1 - a.1) * (p.0 - a.0)
}

fn cross(a: Point, b: Point, c: Point, d: Point) -> bool {
    side(a, b, c) * side(a, b, d) < 0.0 && side(c, d, a) * side(c, d, b) < 0.0
}

/// Whether a point lies inside a convex area, its border left out.
fn within(quad: &[Point; 4], p: Point) -> bool {
    let sides: Vec<f64> = (0..4).map(|i| side(quad[i], quad[(i + 1) % 4], p)).collect();
    sides.iter().all(|s| *s > 0.0) || sides.iter().all(|s| *s < 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(x: f64, y: f64, side: f64) -> [Point; 4] {
        [(x, y), (x + side, y), (x + side, y + side), (x, y + side)]
    }

    #[test]
    fn an_area_is_outside_across_or_inside_and_a_hole_is_outside() {
        let rings = vec![square(0.0, 0.0, 10.0).to_vec(), square(4.0, 4.0, 4.0).to_vec()];
        let ring = Polygon::new(rings).unwrap();
        assert_eq!(ring.meets(&square(20.0, 0.0, 1.0)), (false, false));
        assert_eq!(ring.meets(&square(9.5, 1.0, 1.0)), (true, false));
        assert_eq!(ring.meets(&square(1.0, 1.0, 2.0)), (true, true));
        assert_eq!(ring.meets(&square(5.0, 5.0, 1.0)), (false, false));
        // The whole polygon inside the area; the hole inside it; the hole's edge across it.
        assert_eq!(ring.meets(&square(-1.0, -1.0, 20.0)), (true, false));
        assert_eq!(ring.meets(&square(3.0, 3.0, 6.0)), (true, false));
        assert_eq!(ring.meets(&square(3.5, 5.0, 1.0)), (true, false));
        // An edge that runs through the area without a corner in it.
        let bar = Polygon::new(vec![vec![(-5.0, 1.0), (5.0, 1.0), (5.0, 2.0), (-5.0, 2.0)]]);
        assert_eq!(bar.unwrap().meets(&square(0.0, 0.0, 3.0)), (true, false));
    }

    #[test]
    fn a_line_is_no_polygon() {
        assert!(Polygon::new(vec![vec![(0.0, 0.0), (1.0, 1.0), (0.0, 0.0)]]).is_err());
        assert!(Polygon::new(Vec::new()).is_err());
    }
}
