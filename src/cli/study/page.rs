//! What a study found, as Markdown.

use super::plan::Plan;
use crate::evaluate::{Difference, Row};

/// The tables of one seed.
pub(super) struct Seed {
    pub(super) rows: Vec<Row>,
    pub(super) differences: Vec<Difference>,
}

/// Metrics of the first table.
const METRICS: [(&str, &str, usize); 5] = [
    ("psnr", "PSNR, dB", 2),
    ("mae", "MAE, DN", 1),
    ("rmse", "RMSE, DN", 1),
    ("ssim", "SSIM", 4),
    ("sam_deg", "SAM, degree", 2),
];

/// The page.
pub(super) fn markdown(plan: &Plan, seeds: &[Seed], commands: &[String]) -> String {
    let first = seeds.first().and_then(|s| s.rows.iter().find(|r| r.stratum == "all"));
    let (samples, blocks) = first.map_or((0, 0), |r| (r.samples, r.blocks));
    let mut text = format!(
        "# {}\n\n{} networks from {} seeds ({}), judged on {samples} samples of layout `{}` in {blocks} blocks of ground \
         and day.\n\nA number is the mean over seeds; in brackets stand the lowest and the highest seed. All methods are \
         scored on the same pixels.\n",
        plan.name,
        plan.networks.len(),
        seeds.len(),
        plan.seeds.iter().map(u64::to_string).collect::<Vec<_>>().join(", "),
        plan.layout,
    );
    text += "\n## Scores over all pixels\n\n";
    text += &scores(seeds);
    text += "\n## Mean absolute error by stratum, DN\n\n";
    text += &strata(seeds);
    text += "\n## Paired differences over all pixels\n\n\
             Intervals: 95 %, bootstrap over blocks, both methods drawn together; the widest over seeds. A verdict counts \
             seeds whose interval leaves zero out.\n\n";
    text += &differences(seeds, false);
    if !plan.controls.is_empty() {
        text += "\n## Negative controls\n\nA network with an input of another date or place, minus the same network with \
                 its own: what it does not lose, it did not gain from that input.\n\n";
        text += &differences(seeds, true);
    }
    text += "\n## To do it again\n\n";
    commands.iter().for_each(|c| text += &format!("    eclaircie {c}\n"));
    text
}

/// Mean, and the range where seeds differ.
fn spread(values: &[f64], places: usize) -> String {
    if values.is_empty() {
        return "–".to_owned();
    }
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    match low < high {
        true => format!("{mean:.places$} ({low:.places$} to {high:.places$})"),
        false => format!("{mean:.places$}"),
    }
}

fn distinct<'a>(all: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = Vec::new();
    all.for_each(|one| {
        if !seen.contains(&one) {
            seen.push(one);
        }
    });
    seen
}

/// The value of each seed.
fn values(seeds: &[Seed], method: &str, stratum: &str, metric: &str) -> Vec<f64> {
    let of = |s: &Seed| {
        let is = |r: &&Row| {
            r.method == method && r.stratum == stratum && r.metric == metric && r.band == "all"
        };
        s.rows.iter().find(is).map(|r| r.value)
    };
    seeds.iter().filter_map(of).collect()
}

fn head(names: &[&str]) -> String {
    format!("| {} |\n|{}\n", names.join(" | "), "---|".repeat(names.len()))
}

fn scores(seeds: &[Seed]) -> String {
    let methods = distinct(seeds.iter().flat_map(|s| s.rows.iter().map(|r| r.method.as_str())));
    let titles = METRICS.iter().map(|(_, title, _)| *title);
    let mut text = head(&std::iter::once("method").chain(titles).collect::<Vec<_>>());
    for method in methods {
        text += &format!("| {method} |");
        for (metric, _, places) in METRICS {
            text += &format!(" {} |", spread(&values(seeds, method, "all", metric), places));
        }
        text.push('\n');
    }
    text
}

fn strata(seeds: &[Seed]) -> String {
    let rows = || seeds.iter().flat_map(|s| s.rows.iter());
    let strata = distinct(rows().map(|r| r.stratum.as_str()));
    let methods = distinct(rows().filter(|r| r.control.is_none()).map(|r| r.method.as_str()));
    let mut text = head(&[&["stratum", "samples"][..], &methods].concat());
    for stratum in strata {
        let samples = rows().find(|r| r.stratum == stratum).map_or(0, |r| r.samples);
        text += &format!("| {stratum} | {samples} |");
        for method in &methods {
            text += &format!(" {} |", spread(&values(seeds, method, stratum, "mae"), 1));
        }
        text.push('\n');
    }
    text
}

/// A row a pair and metric; of controls against their own network, or of all others.
fn differences(seeds: &[Seed], controls: bool) -> String {
    let mut text = head(&["one minus other", "metric", "difference", "95 %", "verdict over seeds"]);
    let shown = |d: &&Difference| {
        let control = d.method.ends_with(']');
        let metric = d.metric == "psnr" || d.metric == "mae";
        d.stratum == "all" && metric && d.is_plain() && control == controls
    };
    let Some(first) = seeds.first() else { return text };
    for d in first.differences.iter().filter(shown) {
        let same = |o: &&Difference| {
            (&o.method, &o.other, &o.stratum, &o.metric)
                == (&d.method, &d.other, &d.stratum, &d.metric)
        };
        let all: Vec<&Difference> =
            seeds.iter().filter_map(|s| s.differences.iter().find(same)).collect();
        let values: Vec<f64> = all.iter().map(|d| d.value).collect();
        let low = all.iter().filter_map(|d| d.low).min_by(f64::total_cmp);
        let high = all.iter().filter_map(|d| d.high).max_by(f64::total_cmp);
        let ends = low.zip(high).map_or_else(
            || "too few blocks".to_owned(),
            |(low, high)| format!("{low:+.2} to {high:+.2}"),
        );
        let count = |word: &str| all.iter().filter(|d| d.verdict() == word).count();
        text += &format!(
            "| {} minus {} | {}, {} | {} | {ends} | better {}, worse {} of {} |\n",
            d.method,
            d.other,
            d.metric,
            d.unit,
            spread(&values, 2),
            count("better"),
            count("worse"),
            all.len()
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seed(psnr: f64) -> Seed {
        let row = |method: &str, control: Option<&str>, metric: &str, value| Row {
            method: method.into(),
            control: control.map(str::to_owned),
            stratum: "all".into(),
            meaning: "every pixel".into(),
            metric: metric.into(),
            band: "all".into(),
            value,
            low: None,
            high: None,
            unit: "dB".into(),
            definition: "how".into(),
            samples: 12,
            blocks: 5,
        };
        let difference = |method: &str, other: &str, value: f64| Difference {
            method: method.into(),
            other: other.into(),
            stratum: "all".into(),
            metric: "psnr".into(),
            value,
            low: Some(value - 0.5),
            high: Some(value + 0.5),
            unit: "dB".into(),
            samples: 12,
            blocks: 5,
        };
        Seed {
            rows: vec![
                row("gapfill", None, "psnr", 20.0),
                row("david", None, "psnr", psnr),
                row("david [dem]", Some("dem"), "psnr", psnr - 0.1),
            ],
            differences: vec![
                difference("david", "gapfill", psnr - 20.0),
                difference("david [dem]", "gapfill", psnr - 20.1),
                difference("david [dem]", "david", -0.1),
            ],
        }
    }

    #[test]
    fn seeds_are_a_mean_with_their_range_and_verdicts_are_counted() {
        let text = "name = 'r'\nlayout = 'os2'\nseeds = [1, 2]\ncontrols = ['dem']\nnetworks = []";
        let plan: Plan = toml::from_str(text).unwrap();
        let page = markdown(&plan, &[seed(22.0), seed(20.2)], &["train x".into()]);
        assert!(page.contains("| gapfill | 20.00 |"), "{page}");
        assert!(page.contains("| david | 21.10 (20.20 to 22.00) |"), "{page}");
        let line = "| david minus gapfill | psnr, dB | 1.10 (0.20 to 2.00) | -0.30 to +2.50 | \
                    better 1, worse 0 of 2 |";
        assert!(page.contains(line), "{page}");
        let (before, controls) = page.split_once("## Negative controls").unwrap();
        assert!(
            controls.contains("| david [dem] minus david |") && !before.contains("[dem] minus")
        );
        assert!(page.contains("12 samples") && page.contains("    eclaircie train x\n"));
    }
}
