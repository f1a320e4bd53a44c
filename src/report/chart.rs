//! A chart as inline SVG: frame, ticks, lines.

use super::axis::{Axis, drawable};
use super::escape::escape;

/// Size of the drawing, in units that are about a pixel when two charts stand beside one another.
const WIDTH: f64 = 480.0;
const LEFT: f64 = 54.0;
const RIGHT: f64 = 14.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 44.0;
/// Most points of one line: more than the columns of the drawing are not seen.
const POINTS_MAX: usize = 800;
/// Fewer points than this get a dot each.
const DOTS_MAX: usize = 40;

/// A drawing in the making.
pub(super) struct Chart {
    x: Axis,
    y: Axis,
    height: f64,
    body: String,
}

impl Chart {
    /// Starts with the ticks of both axes.
    pub(super) fn new(x: Axis, y: Axis, height: f64, x_label: &str) -> Self {
        let mut chart = Self { x, y, height, body: String::new() };
        let (floor, end) = (height - BOTTOM, WIDTH - RIGHT);
        let mut body = String::new();
        for (value, text) in &chart.y.ticks {
            let y = chart.down(*value);
            body += &format!("<path class=\"grid\" d=\"M{LEFT} {y:.1}H{end}\"/>");
            body += &format!(
                "<text class=\"y\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
                LEFT - 8.0,
                y + 4.0,
                escape(text)
            );
        }
        for (value, text) in &chart.x.ticks {
            let x = chart.right(*value);
            body += &format!("<path class=\"tick\" d=\"M{x:.1} {floor}v5\"/>");
            let y = floor + 19.0;
            body += &format!("<text class=\"x\" x=\"{x:.1}\" y=\"{y:.1}\">{}</text>", escape(text));
        }
        body += &format!("<path class=\"tick\" d=\"M{LEFT} {floor}H{end}\"/>");
        if !x_label.is_empty() {
            let (x, y) = ((LEFT + end) / 2.0, height - 6.0);
            body += &format!("<text class=\"x\" x=\"{x}\" y=\"{y}\">{}</text>", escape(x_label));
        }
        chart.body = body;
        chart
    }

    /// A line in colour `colour`; it breaks where a value is not a number. Level lines are dashed.
    pub(super) fn line(&mut self, points: &[(f64, f64)], colour: usize) {
        let level = is_level(points);
        let mut path = String::new();
        for piece in points.split(|p| !drawable(p.0) || !drawable(p.1)) {
            for (i, (x, y)) in thin(piece).into_iter().enumerate() {
                let pen = if i == 0 { 'M' } else { 'L' };
                path += &format!("{pen}{:.1} {:.1}", self.right(x), self.down(y));
            }
            if piece.len() == 1 || (piece.len() <= DOTS_MAX && !level) {
                piece.iter().for_each(|p| self.dot(*p, colour, ""));
            }
        }
        let dashed = if level { " level" } else { "" };
        self.body += &format!("<path class=\"line{dashed} s{colour}\" d=\"{path}\"/>");
    }

    /// A dot that tells `title` when the mouse rests on it.
    pub(super) fn dot(&mut self, (x, y): (f64, f64), colour: usize, title: &str) {
        let (x, y) = (self.right(x), self.down(y));
        self.body += &format!("<circle class=\"s{colour}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\">");
        if !title.is_empty() {
            self.body += &format!("<title>{}</title>", escape(title));
        }
        self.body += "</circle>";
    }

    /// A thin line from the floor to a value.
    pub(super) fn stem(&mut self, (x, y): (f64, f64), colour: usize) {
        let (x, y, floor) = (self.right(x), self.down(y), self.height - BOTTOM);
        self.body += &format!("<path class=\"stem s{colour}\" d=\"M{x:.1} {floor}V{y:.1}\"/>");
    }

    /// The drawing; `title` is what a screen reader says.
    pub(super) fn svg(self, title: &str) -> String {
        format!(
            "<svg viewBox=\"0 0 {WIDTH} {}\" role=\"img\" aria-label=\"{}\">{}</svg>",
            self.height,
            escape(title),
            self.body
        )
    }

    fn right(&self, value: f64) -> f64 {
        LEFT + self.x.place(value).clamp(0.0, 1.0) * (WIDTH - LEFT - RIGHT)
    }

    fn down(&self, value: f64) -> f64 {
        let floor = self.height - BOTTOM;
        floor - self.y.place(value).clamp(0.0, 1.0) * (floor - TOP)
    }
}

/// A level line of two points or more is a reference, not a measurement through time.
pub(super) fn is_level(points: &[(f64, f64)]) -> bool {
    points.len() > 1 && points.iter().all(|p| p.1 == points[0].1)
}

/// At most about [`POINTS_MAX`] points: the lowest and highest of each run, in their order, and
/// both ends.
fn thin(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    if points.len() <= POINTS_MAX {
        return points.to_vec();
    }
    let run = points.len().div_ceil(POINTS_MAX / 2);
    let mut out = Vec::with_capacity(POINTS_MAX + 2);
    out.push(points[0]);
    for piece in points.chunks(run) {
        let by = |a: &usize, b: &usize| piece[*a].1.total_cmp(&piece[*b].1);
        let low = (0..piece.len()).min_by(by).unwrap_or(0);
        let high = (0..piece.len()).max_by(by).unwrap_or(0);
        out.push(piece[low.min(high)]);
        out.push(piece[low.max(high)]);
    }
    out.push(points[points.len() - 1]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_keeps_its_extremes() {
        let mut points: Vec<_> = (0..100_000).map(|i| (f64::from(i), 0.0)).collect();
        points[77_777].1 = 9.0;
        points[33_333].1 = -9.0;
        let few = thin(&points);
        assert!(few.len() <= POINTS_MAX + 2);
        assert!(few.contains(&(77_777.0, 9.0)) && few.contains(&(33_333.0, -9.0)));
        assert!(few.windows(2).all(|w| w[0].0 <= w[1].0));
    }

    #[test]
    fn a_line_breaks_where_a_value_is_missing() {
        let x = Axis::given(0.0, 4.0, vec![]);
        let y = Axis::given(0.0, 4.0, vec![]);
        let mut chart = Chart::new(x, y, 200.0, "");
        chart.line(&[(0.0, 1.0), (1.0, 2.0), (2.0, f64::NAN), (3.0, 1.0), (4.0, 2.0)], 1);
        let svg = chart.svg("t");
        let line = svg.split("class=\"line").nth(1).unwrap();
        assert_eq!(line.matches('M').count(), 2);
        assert!(!svg.contains("NaN"));
    }
}
