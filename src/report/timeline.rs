//! The timeline of a sample as a picture.

use std::fmt::Write;

use super::axis::Axis;
use super::drawing;
use super::escape::escape;
use crate::archive::Sensor;
use crate::layout::{Acquisition, Timeline};

const LEFT: f64 = 110.0;
const WIDTH: f64 = 640.0;
const TOP: f64 = 46.0;
const ROW: f64 = 34.0;
const RIGHT: f64 = 130.0;
const RADAR: &str = "#2a8a5f";

/// An SVG drawing: one row a role, days from t along the axis, dots coloured by cloudiness; faint
/// dots are acquisitions of the same sensor that the role does not use.
pub fn timeline_svg(timeline: &Timeline) -> String {
    let (first, last) = timeline.span();
    let ticks = Axis::linear([first, last].into_iter(), true).map_or_else(Vec::new, |a| a.ticks);
    let axis = Axis::given(first, last, ticks);
    let x = |days: f64| LEFT + axis.place(days) * WIDTH;
    let bottom = TOP + ROW * timeline.rows.len() as f64;
    let (width, height) = (LEFT + WIDTH + RIGHT, bottom + 78.0);
    let title = format!("{}, t = {}", timeline.place, timeline.t);
    let mut out = drawing::open((width, height), 12, &title);
    out += &drawing::heading(LEFT, &title);
    out += &drawing::ticks(&axis.ticks, (TOP, bottom), x);
    let _ = writeln!(
        out,
        "<line x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{TOP}\" y2=\"{bottom:.1}\" stroke=\"#888\" \
         stroke-dasharray=\"4 3\"/><text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\" \
         fill=\"#222\">t</text><text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\" \
         fill=\"#555\">days from t</text>",
        TOP - 6.0,
        LEFT + WIDTH / 2.0,
        bottom + 36.0,
        x = x(0.0)
    );
    for (i, row) in timeline.rows.iter().enumerate() {
        let y = TOP + ROW * (i as f64 + 0.5);
        out += &drawing::row_label(LEFT, y, &escape(&row.role));
        let _ = writeln!(
            out,
            "<line x1=\"{LEFT}\" x2=\"{:.1}\" y1=\"{y:.1}\" y2=\"{y:.1}\" stroke=\"#ddd\"/>",
            LEFT + WIDTH
        );
        let others = timeline.seen.iter().filter(|a| a.sensor == row.at.sensor && **a != row.at);
        for other in others {
            dot(&mut out, (x(other.days), y), 4.0, 0.3, other);
        }
        dot(&mut out, (x(row.at.days), y), 8.0, 1.0, &row.at);
        let _ = writeln!(
            out,
            "<text x=\"{:.1}\" y=\"{:.1}\" fill=\"#555\">{}</text>",
            LEFT + WIDTH + 12.0,
            y + 4.0,
            words(&row.at)
        );
    }
    legend(&mut out, bottom + 58.0);
    out + "</svg>\n"
}

fn dot(out: &mut String, (x, y): (f64, f64), radius: f64, opacity: f64, at: &Acquisition) {
    let _ = writeln!(
        out,
        "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\" fill=\"{}\" stroke=\"#333\" \
         opacity=\"{opacity}\"><title>{} {}</title></circle>",
        colour(at),
        at.time,
        words(at)
    );
}

fn words(at: &Acquisition) -> String {
    let mut words = format!("{:+.1} d", at.days);
    if let Some(cloud) = at.cloud {
        let _ = write!(words, ", {cloud:.0} % cloud");
    }
    if !at.valid {
        words += ", no data";
    }
    words
}

/// From deep blue (clear) to near white (cloudy): lightness alone tells them apart.
fn colour(at: &Acquisition) -> String {
    match (at.sensor, at.cloud) {
        (Sensor::S2, Some(cloud)) => shade(cloud),
        (Sensor::S2, None) => "#999".to_owned(),
        _ => RADAR.to_owned(),
    }
}

fn shade(cloud: f64) -> String {
    let k = (cloud / 100.0).clamp(0.0, 1.0);
    let mix = |a: f64, b: f64| (a + (b - a) * k).round() as u8;
    format!("#{:02x}{:02x}{:02x}", mix(16.0, 240.0), mix(82.0, 242.0), mix(150.0, 245.0))
}

fn legend(out: &mut String, y: f64) {
    let steps = [0.0, 25.0, 50.0, 75.0, 100.0];
    for (i, cloud) in steps.into_iter().enumerate() {
        let x = LEFT + 74.0 * i as f64;
        let _ = writeln!(
            out,
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"6\" fill=\"{}\" stroke=\"#333\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" fill=\"#555\">{cloud:.0} %</text>",
            shade(cloud),
            x + 11.0,
            y + 4.0
        );
    }
    let x = LEFT + 74.0 * steps.len() as f64;
    let _ = writeln!(
        out,
        "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"6\" fill=\"{RADAR}\" stroke=\"#333\"/>\
         <text x=\"{:.1}\" y=\"{:.1}\" fill=\"#555\">radar; faint: not in the sample</text>",
        x + 11.0,
        y + 4.0
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geo::Stamp;
    use crate::layout::TimelineRow;

    #[test]
    fn every_role_has_a_row_and_unused_dates_are_faint() {
        let at = |slot: u32, days: f64, cloud: f64| Acquisition {
            sensor: Sensor::S2,
            slot,
            time: Stamp((days * 86_400e6) as i64),
            days,
            cloud: Some(cloud),
            valid: true,
        };
        let row = |role: &str, at| TimelineRow { role: role.to_owned(), at };
        let timeline = Timeline {
            place: "<31TCJ>".to_owned(),
            t: Stamp(0),
            rows: vec![row("s2_t", at(0, 0.0, 100.0)), row("s2_target", at(1, 9.0, 0.0))],
            seen: vec![at(0, 0.0, 100.0), at(1, 9.0, 0.0), at(2, 5.0, 30.0)],
        };
        let svg = timeline_svg(&timeline);
        assert_eq!(svg.matches("r=\"8\"").count(), 2);
        // Each row shows the two dates that are not its own.
        assert_eq!(svg.matches("opacity=\"0.3\"").count(), 4);
        assert!(svg.contains("&lt;31TCJ&gt;") && !svg.contains("<31TCJ>"));
        assert!(svg.contains(">4<") && svg.contains("+9.0 d, 0 % cloud"), "{svg}");
        assert!(!svg.contains("NaN"));
        assert_ne!(shade(0.0), shade(100.0));
    }
}
