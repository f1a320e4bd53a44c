//! What a study found, as Markdown.

use super::plan::{Ordering, Plan, Question};
use crate::evaluate::{Difference, Row};
use crate::report::{Dots, dots_svg};

/// The tables of one seed.
#[derive(Debug, Clone)]
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

/// The page, of as many seeds as are done: for each question the tables of each seed, in the order of the plan.
pub(super) fn markdown(plan: &Plan, seeds: &[Vec<Seed>], commands: &[String]) -> String {
    let done = seeds.first().map_or(0, Vec::len).min(plan.seeds.len());
    let names = plan.seeds[..done].iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
    let mut text = format!(
        "# {}\n\n{} networks from {done} of {} seeds ({names}).\n\nA number is the mean over seeds; in brackets stand the lowest and \
         the highest seed. All methods of a question are scored on the same pixels. Intervals: 95 %, bootstrap over blocks of \
         ground and day, in a difference both methods drawn together; the widest over seeds.\n",
        plan.name,
        plan.networks.len(),
        plan.seeds.len(),
    );
    let asked = plan.questions.iter().zip(seeds);
    asked.for_each(|(question, seeds)| text += &section(question, seeds));
    text += "\n## Definitions\n\n";
    text += &definitions(seeds.iter().flatten());
    text += "\n## To do it again\n\n";
    commands.iter().for_each(|c| text += &format!("    eclaircie {c}\n"));
    text
}

fn section(question: &Question, seeds: &[Seed]) -> String {
    let first = seeds.first().and_then(|s| s.rows.iter().find(|r| r.stratum == "all"));
    let (samples, blocks) = first.map_or((0, 0), |r| (r.samples, r.blocks));
    let (title, name) = (&question.title, &question.name);
    let layout = format!("{} {}", question.layout, question.options);
    let layout = layout.trim();
    let mut text = format!(
        "\n## {title}\n\n{samples} samples of layout `{layout}` in {blocks} blocks of ground and day.\n\n\
         ![PSNR of each method](figures/{name}.svg)\n\n### Scores over all pixels\n\n{}",
        scores(seeds)
    );
    if !question.orderings.is_empty() {
        text += "\n### Orderings that others found\n\nOver all pixels. An ordering holds, or is reversed, where the interval of \
                 every seed says so.\n\n";
        text += &orderings(&question.orderings, seeds);
    }
    if !question.reading.is_empty() {
        text += &format!("\n{}\n", question.reading.trim());
    }
    text += &format!("\n![Patches](figures/{name}-patches.svg)\n");
    text += &format!("\n### Mean absolute error by stratum, DN\n\n{}", strata(seeds));
    text += "\n### Paired differences over all pixels\n\nA verdict counts seeds whose interval leaves zero out.\n\n";
    text += &differences(seeds, false);
    if !question.controls.is_empty() {
        text += "\n### Negative controls\n\nA network with an input of another date or place, minus the same network with \
                 its own: what it does not lose, it did not gain from that input.\n\n";
        text += &differences(seeds, true);
    }
    text
}

/// PSNR of each method as a picture.
pub(super) fn chart(seeds: &[Seed]) -> String {
    let row = |method: &str| {
        let is = |r: &&Row| is_value(r, method, "all", "psnr");
        let found = || seeds.iter().filter_map(|s| s.rows.iter().find(is));
        let low = found().filter_map(|r| r.low).min_by(f64::total_cmp);
        let high = found().filter_map(|r| r.high).max_by(f64::total_cmp);
        let values = found().map(|r| r.value).collect();
        Dots { label: method.to_owned(), values, interval: low.zip(high) }
    };
    let rows: Vec<Dots> = methods(seeds).into_iter().map(row).collect();
    dots_svg("PSNR over all pixels, dB: each seed, and the widest 95 % interval of a seed", &rows)
}

/// Metrics that an ordering is judged by.
const JUDGED: [&str; 3] = ["psnr", "mae", "sam_deg"];

/// A row for each metric of each neighbouring pair of an ordering.
fn orderings(all: &[Ordering], seeds: &[Seed]) -> String {
    let mut text = head(&["ordering", "metric", "second minus first", "95 %", "here"]);
    let pairs = all.iter().flat_map(|Ordering(names)| names.windows(2));
    for (pair, metric) in pairs.flat_map(|pair| JUDGED.map(|metric| (pair, metric))) {
        let (worse, better) = (&pair[0], &pair[1]);
        let found: Vec<Difference> =
            seeds.iter().filter_map(|s| between(&s.differences, better, worse, metric)).collect();
        let Some(unit) = found.first().map(|d| &d.unit) else { continue };
        let values: Vec<f64> = found.iter().map(|d| d.value).collect();
        let all_say = |word: &str| found.iter().all(|d| d.verdict() == word);
        let here = match (all_say("better"), all_say("worse")) {
            (true, _) => "holds",
            (_, true) => "reversed",
            _ => "undecided",
        };
        let (values, ends) = (spread(&values, 2), widest(&found));
        text +=
            &format!("| {worse} < {better} | {metric}, {unit} | {values} | {ends} | {here} |\n");
    }
    text
}

/// A score of one method minus that of another over all pixels, whichever way it was written.
fn between(all: &[Difference], one: &str, other: &str, metric: &str) -> Option<Difference> {
    let scores = || all.iter().filter(|d| d.stratum == "all" && d.metric == metric);
    if let Some(found) = scores().find(|d| d.method == one && d.other == other) {
        return Some(found.clone());
    }
    let d = scores().find(|d| d.method == other && d.other == one)?;
    let (low, high) = (d.high.map(|v| -v), d.low.map(|v| -v));
    Some(Difference { value: -d.value, low, high, ..d.clone() })
}

/// The interval that holds those of all seeds.
fn widest<'a>(all: impl IntoIterator<Item = &'a Difference, IntoIter: Clone>) -> String {
    let all = all.into_iter();
    let low = all.clone().filter_map(|d| d.low).min_by(f64::total_cmp);
    let high = all.filter_map(|d| d.high).max_by(f64::total_cmp);
    low.zip(high).map_or_else(
        || "too few blocks".to_owned(),
        |(low, high)| format!("{low:+.2} to {high:+.2}"),
    )
}

/// How each metric of the tables is computed.
fn definitions<'a>(seeds: impl Iterator<Item = &'a Seed> + Clone) -> String {
    let define = |(metric, title, _): (&str, &str, usize)| {
        let row = seeds.clone().flat_map(|s| &s.rows).find(|r| r.metric == metric)?;
        Some(format!("- {title}: {}\n", row.definition))
    };
    METRICS.into_iter().filter_map(define).collect()
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
    let is = |r: &&Row| is_value(r, method, stratum, metric);
    seeds.iter().filter_map(|s| s.rows.iter().find(is)).map(|r| r.value).collect()
}

fn is_value(r: &Row, method: &str, stratum: &str, metric: &str) -> bool {
    r.method == method && r.stratum == stratum && r.metric == metric && r.band == "all"
}

fn methods(seeds: &[Seed]) -> Vec<&str> {
    distinct(seeds.iter().flat_map(|s| s.rows.iter().map(|r| r.method.as_str())))
}

fn head(names: &[&str]) -> String {
    format!("| {} |\n|{}\n", names.join(" | "), "---|".repeat(names.len()))
}

fn scores(seeds: &[Seed]) -> String {
    let titles = METRICS.iter().map(|(_, title, _)| *title);
    let mut text = head(&std::iter::once("method").chain(titles).collect::<Vec<_>>());
    for method in methods(seeds) {
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
        let ends = widest(all.iter().copied());
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

    const PLAN: &str = "name = 'r'\nseeds = [1, 2, 3]\nnetworks = []\n[[questions]]\nname = 'q'\ntitle = 'Q?'\n\
                        layout = 'os2'\ncontrols = ['dem']\nreading = 'As it should be.'\n\
                        orderings = ['gapfill < david', 'david<gapfill']";

    #[test]
    fn seeds_are_a_mean_with_their_range_and_verdicts_are_counted() {
        let plan: Plan = toml::from_str(PLAN).unwrap();
        let page = markdown(&plan, &[vec![seed(22.0), seed(20.2)]], &["train x".into()]);
        assert!(page.contains("from 2 of 3 seeds (1, 2)"), "{page}");
        assert!(page.contains("| gapfill | 20.00 |"), "{page}");
        assert!(page.contains("| david | 21.10 (20.20 to 22.00) |"), "{page}");
        let line = "| david minus gapfill | psnr, dB | 1.10 (0.20 to 2.00) | -0.30 to +2.50 | \
                    better 1, worse 0 of 2 |";
        assert!(page.contains(line), "{page}");
        let (before, controls) = page.split_once("### Negative controls").unwrap();
        assert!(
            controls.contains("| david [dem] minus david |") && !before.contains("[dem] minus")
        );
        assert!(page.contains("12 samples") && page.contains("    eclaircie train x\n"));
        assert!(page.contains("## Q?") && page.contains("As it should be."));
    }

    #[test]
    fn an_ordering_holds_where_every_seed_says_so() {
        let plan: Plan = toml::from_str(PLAN).unwrap();
        let page =
            |seeds: &[f64]| markdown(&plan, &[seeds.iter().copied().map(seed).collect()], &[]);
        let all = page(&[22.0, 21.0]);
        assert!(
            all.contains(
                "| gapfill < david | psnr, dB | 1.50 (1.00 to 2.00) | +0.50 to +2.50 | holds |"
            ),
            "{all}"
        );
        let line =
            "| david < gapfill | psnr, dB | -1.50 (-2.00 to -1.00) | -2.50 to -0.50 | reversed |";
        assert!(all.contains(line), "{all}");
        let one = page(&[22.0, 20.2]);
        assert!(one.contains("-0.30 to +2.50 | undecided |"), "{one}");
    }

    #[test]
    fn the_chart_has_a_dot_for_each_seed_of_each_method() {
        let svg = chart(&[seed(22.0), seed(20.2)]);
        assert_eq!(svg.matches("<circle").count(), 6);
        assert!(svg.contains(">david [dem]<"));
    }
}
