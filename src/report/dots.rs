//! Values by method as a picture: a dot a seed, and the interval around them.

use std::fmt::Write;

use super::axis::{Axis, drawable};
use super::drawing;

/// Letters of a label, and the room of one.
const LETTERS: usize = 44;
const LETTER: f64 = 6.8;
const WIDTH: f64 = 480.0;
const RIGHT: f64 = 70.0;
const TOP: f64 = 40.0;
const ROW: f64 = 26.0;
const BLUE: &str = "#1f5fa8";

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub struct Dots {
    /// Whose values they are.
    pub label: String,
    /// One a seed.
    pub values: Vec<f64>,
    /// The interval around them, if one is known.
    pub interval: Option<(f64, f64)>,
}

impl Dots {
    fn ends(&self) -> Option<(f64, f64)> {
        self.interval.filter(|(low, high)| drawable(*low) && drawable(*high))
    }
}

/// An SVG drawing: a row a method, and the mean beside it. Rows without a number are left empty.
pub fn dots_svg(title: &str, rows: &[Dots]) -> String {
    let ends = |r: &Dots| r.ends().map_or(vec![], |(low, high)| vec![low, high]);
    let numbers = || rows.iter().flat_map(|r| [&r.values[..], &ends(r)].concat());
    let axis = Axis::linear(numbers(), false).unwrap_or_else(|| Axis::given(0.0, 1.0, vec![]));
    let letters = rows.iter().map(|r| r.label.chars().count().min(LETTERS)).max().unwrap_or(0);
    let left = 20.0 + LETTER * letters as f64;
    let x = |value: f64| left + axis.place(value) * WIDTH;
    let bottom = TOP + ROW * rows.len() as f64;
    let mut out = drawing::open((left + WIDTH + RIGHT, bottom + 28.0), 12, title);
    out += &drawing::heading(10.0, title);
    out += &drawing::ticks(&axis.ticks, (TOP, bottom), x);
    for (i, row) in rows.iter().enumerate() {
        let y = TOP + ROW * (i as f64 + 0.5);
        out += &drawing::row_label(left, y, &drawing::fit(&row.label, LETTERS));
        if let Some((low, high)) = row.ends() {
            let (low, high) = (x(low), x(high));
            let _ = writeln!(
                out,
                "<path d=\"M{low:.1} {y:.1}H{high:.1}\" stroke=\"#9bb8d6\" stroke-width=\"3\"/>"
            );
        }
        draw(&mut out, row, (left + WIDTH + 12.0, y), x);
    }
    out + "</svg>\n"
}

/// The dots of a row, and their mean.
fn draw(out: &mut String, row: &Dots, (right, y): (f64, f64), x: impl Fn(f64) -> f64) {
    let values: Vec<f64> = row.values.iter().copied().filter(|v| drawable(*v)).collect();
    for value in &values {
        let _ = writeln!(
            out,
            "<circle cx=\"{:.1}\" cy=\"{y:.1}\" r=\"4\" fill=\"{BLUE}\" fill-opacity=\"0.7\"/>",
            x(*value)
        );
    }
    if !values.is_empty() {
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let y = y + 4.0;
        let _ = writeln!(out, "<text x=\"{right:.1}\" y=\"{y:.1}\" fill=\"#555\">{mean:.2}</text>");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_seed_is_a_dot_and_outside_text_is_inert() {
        let row = |label: &str, values: &[f64], interval| Dots {
            label: label.into(),
            values: values.to_vec(),
            interval,
        };
        let rows = [
            row("<input>", &[20.0], None),
            row("net", &[24.0, 26.0, f64::NAN], Some((22.0, 28.0))),
            row("none", &[], Some((f64::NAN, 1.0))),
        ];
        let svg = dots_svg("PSNR & more", &rows);
        assert_eq!(svg.matches("<circle").count(), 3);
        assert_eq!(svg.matches("stroke-width").count(), 1);
        assert!(svg.contains(">25.00<") && svg.contains("&lt;input&gt;") && !svg.contains("NaN"));
        // The axis runs from 20 to 28.
        let left = 20.0 + LETTER * "<input>".len() as f64;
        assert!(svg.contains(&format!("cx=\"{left:.1}\"")));
        assert!(dots_svg("nothing", &[]).ends_with("</svg>\n"));
    }
}
