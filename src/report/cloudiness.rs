//! How cloudy each date of a tile is.

use chrono::{Datelike, Days, NaiveDate};

use super::axis::Axis;
use super::chart::Chart;
use super::escape::escape;

/// At most this many ticks fit below a chart.
const TICKS_MAX: i32 = 6;

/// Clouds over a tile through time.
#[derive(Debug, Clone, PartialEq)]
pub struct Cloudiness {
    /// The tile.
    pub tile: String,
    /// ISO date (what follows the day is ignored) and cloud cover in percent.
    pub points: Vec<(String, f64)>,
}

/// A chart for each tile that has a point to draw.
pub(super) fn cloudiness(all: &[Cloudiness]) -> String {
    all.iter().filter_map(chart).collect()
}

fn chart(tile: &Cloudiness) -> Option<String> {
    let mut points: Vec<(NaiveDate, f64)> = tile
        .points
        .iter()
        .filter(|(_, percent)| percent.is_finite())
        .filter_map(|(date, percent)| Some((day(date)?, *percent)))
        .collect();
    points.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let (first, last) = (points.first()?.0, points.last()?.0);
    let x = Axis::given(number(first) - 2.0, number(last) + 2.0, ticks(first, last));
    let percents = (0..=4).map(|i| (f64::from(i * 25), format!("{} %", i * 25))).collect();
    let mut chart = Chart::new(x, Axis::given(0.0, 100.0, percents), 210.0, "");
    for (date, percent) in &points {
        let place = (number(*date), *percent);
        chart.stem(place, 1);
        chart.dot(place, 1, &format!("{date}: {percent:.0} %"));
    }
    let name = escape(&tile.tile);
    let svg = chart.svg(&format!("cloud cover of {} through time", tile.tile));
    let words = summary(&points, tile.points.len() - points.len());
    Some(format!(
        "<figure class=\"chart\"><figcaption><b>{name}</b> <small>{words}</small></figcaption>\
         {svg}</figure>\n"
    ))
}

fn summary(points: &[(NaiveDate, f64)], left_out: usize) -> String {
    let mean = points.iter().map(|p| p.1).sum::<f64>() / points.len() as f64;
    let clear = points.iter().filter(|p| p.1 <= 10.0).count();
    let mut words = format!("{} dates, mean {mean:.0} %, {clear} with at most 10 %", points.len());
    if left_out > 0 {
        words += &format!(", {left_out} without a date or a value left out");
    }
    words
}

/// Years of four digits only, so that no text makes a span that overflows.
fn day(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text.get(..10)?, "%Y-%m-%d").ok()
}

fn number(date: NaiveDate) -> f64 {
    f64::from(date.num_days_from_ce())
}

/// Firsts of months, or days when the span is short.
fn ticks(first: NaiveDate, last: NaiveDate) -> Vec<(f64, String)> {
    let days = last.num_days_from_ce() - first.num_days_from_ce();
    if days < 62 {
        let step = (days / TICKS_MAX + 1) as u64;
        let dates = (0..).map_while(|i| first.checked_add_days(Days::new(i * step)));
        let dates = dates.take_while(|d| *d <= last);
        return dates.map(|d| (number(d), d.format("%m-%d").to_string())).collect();
    }
    let months = |d: NaiveDate| d.year() * 12 + d.month0() as i32;
    let (low, high) = (months(first), months(last));
    let strides = [1, 2, 3, 6, 12, 24, 60, 120, 1200];
    let stride = strides.into_iter().find(|s| (high - low) / s < TICKS_MAX).unwrap_or(12_000);
    (low..=high)
        .filter(|m| m % stride == 0)
        .filter_map(|m| NaiveDate::from_ymd_opt(m.div_euclid(12), m.rem_euclid(12) as u32 + 1, 1))
        .filter(|d| *d >= first)
        .map(|d| (number(d), d.format("%Y-%m").to_string()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tile(points: &[(&str, f64)]) -> Cloudiness {
        let points = points.iter().map(|(d, p)| (d.to_string(), *p)).collect();
        Cloudiness { tile: "31TCJ".into(), points }
    }

    #[test]
    fn one_date_is_a_chart_and_none_is_left_out() {
        assert_eq!(cloudiness(&[tile(&[])]), "");
        assert_eq!(cloudiness(&[tile(&[("soon", 3.0), ("2019-01-01", f64::NAN)])]), "");
        let html = cloudiness(&[tile(&[("2019-03-04T10:50:31Z", 40.0)])]);
        assert_eq!(html.matches("<circle").count(), 1);
        assert!(html.contains("2019-03-04: 40 %") && !html.contains("NaN"));
    }

    #[test]
    fn what_cannot_be_drawn_is_counted() {
        let html = cloudiness(&[tile(&[("2019-01-01", 5.0), ("é9-01-01xx", 5.0), ("", 1.0)])]);
        assert!(html.contains("2 without a date or a value left out"));
        assert!(html.contains("1 dates, mean 5 %, 1 with at most 10 %"), "{html}");
    }

    #[test]
    fn ticks_are_few_over_days_months_and_centuries() {
        let date = |t: &str| day(t).unwrap();
        for (a, b, first) in [
            ("2019-03-04", "2019-03-24", "03-04"),
            ("2018-11-04", "2019-11-24", "2019-01"),
            ("0001-01-01", "9999-12-31", "1000-01"),
        ] {
            let ticks = ticks(date(a), date(b));
            assert_eq!(ticks[0].1, first);
            assert!((2..=10).contains(&ticks.len()), "{a}: {ticks:?}");
        }
    }
}
