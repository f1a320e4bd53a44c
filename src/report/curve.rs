//! Curves of training, one chart a group.

use super::axis::Axis;
use super::chart::{Chart, is_level};
use super::escape::escape;
use super::number::short;

/// Colours of the style sheet.
const COLOURS: usize = 7;
/// A loss that falls by more than this factor is read better on a logarithmic axis.
const LOG_RATIO: f64 = 30.0;

/// One line of a chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// What it shows, as `valid loss`.
    pub name: String,
    /// What x counts, as `epoch`.
    pub x_label: String,
    /// Points in the order of the line; values that are not numbers break it.
    pub points: Vec<(f64, f64)>,
    /// Curves of one group share a chart.
    pub group: String,
}

/// A chart for each group, in the order of first appearance; empty without points.
pub(super) fn curves(all: &[Curve]) -> String {
    let mut groups: Vec<&str> = Vec::new();
    for curve in all {
        if !groups.contains(&curve.group.as_str()) {
            groups.push(&curve.group);
        }
    }
    groups.into_iter().filter_map(|g| chart(g, all.iter().filter(|c| c.group == g))).collect()
}

fn chart<'a>(group: &str, members: impl Iterator<Item = &'a Curve>) -> Option<String> {
    let members: Vec<_> = members.filter(|c| !c.points.is_empty()).collect();
    let xs = || members.iter().flat_map(|c| c.points.iter().map(|p| p.0));
    let ys = || members.iter().flat_map(|c| c.points.iter().map(|p| p.1));
    let x = Axis::linear(xs(), true)?;
    let log = Axis::log(ys(), LOG_RATIO);
    let scale = if log.is_some() { " <small>logarithmic</small>" } else { "" };
    let y = log.or_else(|| Axis::linear(ys(), false))?;
    let label = members.first().map_or("", |c| c.x_label.as_str());
    let mut chart = Chart::new(x, y, 280.0, label);
    let mut legend = String::new();
    for (i, curve) in members.iter().enumerate() {
        let colour = i % COLOURS + 1;
        chart.line(&curve.points, colour);
        legend += &entry(curve, colour);
    }
    let svg = chart.svg(&format!("{group}: {} curves", members.len()));
    let title = escape(group);
    Some(format!(
        "<figure class=\"chart\"><figcaption><b>{title}</b>{scale}</figcaption>{svg}\
         <ul class=\"legend\">{legend}</ul></figure>\n"
    ))
}

/// A name with its last value, the number most looked for.
fn entry(curve: &Curve, colour: usize) -> String {
    let level = if is_level(&curve.points) { " level" } else { "" };
    let last = curve.points.iter().rev().find(|p| p.1.is_finite());
    let last = last.map_or_else(String::new, |p| format!(" <small>{}</small>", short(p.1)));
    let broken = curve.points.iter().filter(|p| !p.0.is_finite() || !p.1.is_finite()).count();
    let broken = match broken {
        0 => String::new(),
        n => format!(" <small class=\"warn\">{n} not a number</small>"),
    };
    format!("<li><i class=\"key s{colour}{level}\"></i>{}{last}{broken}</li>", escape(&curve.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(name: &str, group: &str, points: &[(f64, f64)]) -> Curve {
        Curve {
            name: name.into(),
            x_label: "epoch".into(),
            points: points.to_vec(),
            group: group.into(),
        }
    }

    #[test]
    fn one_point_is_a_dot() {
        let html = curves(&[curve("loss", "g", &[(1.0, 0.5)])]);
        assert_eq!(html.matches("<circle").count(), 1);
        assert!(!html.contains("NaN") && !html.contains("inf"), "{html}");
    }

    #[test]
    fn nothing_to_draw_is_left_out() {
        assert_eq!(curves(&[]), "");
        assert_eq!(curves(&[curve("a", "g", &[]), curve("b", "h", &[(1.0, f64::NAN)])]), "");
    }

    #[test]
    fn a_loss_that_became_nan_is_said() {
        let html = curves(&[curve("loss", "g", &[(0.0, 1.0), (1.0, 0.5), (2.0, f64::NAN)])]);
        assert!(html.contains("1 not a number"));
        assert!(html.contains("0.5000"), "the last number is shown: {html}");
    }

    #[test]
    fn groups_share_a_chart_and_keep_their_order() {
        let line = [(0.0, 1.0), (1.0, 2.0)];
        let level = [(0.0, 1.5), (1.0, 1.5)];
        let html = curves(&[
            curve("train", "z", &line),
            curve("train", "a", &line),
            curve("gapfill", "z", &level),
        ]);
        assert_eq!(html.matches("<svg").count(), 2);
        assert!(html.find("<b>z</b>") < html.find("<b>a</b>"));
        assert_eq!(html.matches("line level").count(), 1);
    }
}
