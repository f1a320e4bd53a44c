//! What a study found, as Markdown.

mod numbers;
mod orderings;
mod tables;

use super::PROGRAM;
use super::plan::{Plan, Question};
use crate::evaluate::{Difference, Row};
use crate::layout::Control;
use crate::report::{Dots, dots_svg};
use numbers::{is_value, methods};

/// The tables of one seed.
#[derive(Debug, Clone)]
pub(super) struct Seed {
    pub(super) rows: Vec<Row>,
    pub(super) differences: Vec<Difference>,
}

/// Letters of a snapshot that tell it from others.
const SHORT: usize = 12;

/// Metrics of the first table.
const METRICS: [(&str, &str, usize); 5] = [
    ("psnr", "PSNR, dB", 2),
    ("mae", "MAE, DN", 1),
    ("rmse", "RMSE, DN", 1),
    ("ssim", "SSIM", 4),
    ("sam_deg", "SAM, degree", 2),
];

/// The page, of as many seeds as are done: for each question the tables of each seed, in the order of the plan.
/// `snapshots` are those of the archive and, if there is one, of the truth.
pub(super) fn markdown(
    plan: &Plan,
    seeds: &[Vec<Seed>],
    snapshots: &[String],
    commands: &[String],
) -> String {
    let done = seeds.first().map_or(0, Vec::len).min(plan.seeds.len());
    let names = plan.seeds[..done].iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
    let mut text = format!(
        "# {}\n\n{} networks from {done} of {} seeds ({names}), by {PROGRAM}{}.\n\nA number is the \
         mean over seeds; in brackets stand the lowest and the highest seed. All methods of a question are scored on the same pixels. Intervals: 95 %, bootstrap over blocks of \
         ground and day, in a difference both methods drawn together; the widest over seeds.\n",
        plan.name,
        plan.networks.len(),
        plan.seeds.len(),
        archives(snapshots),
    );
    let read = snapshots.first().is_none_or(|snapshot| plan.is_read(snapshot));
    let asked = plan.questions.iter().zip(seeds);
    asked.for_each(|(question, seeds)| text += &section(plan, question, seeds, read));
    text += "\n## Definitions\n\n";
    text += &definitions(seeds.iter().flatten());
    text += "\n## To do it again\n\n";
    commands.iter().for_each(|c| text += &format!("    eclaircie {c}\n"));
    text
}

/// Which archives, by the beginnings of their snapshots.
fn archives(snapshots: &[String]) -> String {
    let short = |i: usize| snapshots.get(i).map(|s| s.chars().take(SHORT).collect::<String>());
    match (short(0), short(1)) {
        (Some(archive), Some(truth)) => format!(", on archive {archive} against truth {truth}"),
        (Some(archive), None) => format!(", on archive {archive}"),
        _ => String::new(),
    }
}

fn section(plan: &Plan, question: &Question, seeds: &[Seed], read: bool) -> String {
    let first = seeds.first().and_then(|s| s.rows.iter().find(|r| r.stratum == "all"));
    let (samples, blocks) = first.map_or((0, 0), |r| (r.samples, r.blocks));
    let (title, name) = (&question.title, &question.name);
    let mut text = format!(
        "\n## {title}\n\n{samples} samples of {} in {blocks} blocks of ground and day.\n\n\
         ![PSNR of each method](figures/{name}.psnr.svg)\n\n### Scores over all pixels\n\n{}",
        samples_of(plan, question),
        tables::scores(seeds)
    );
    if !question.orderings.is_empty() {
        text += &format!(
            "\n### Orderings, of the founding study and of the controls\n\n{}\n\n",
            orderings::MEANING
        );
        text += &orderings::orderings(&question.orderings, seeds);
    }
    if !question.reading.is_empty() && read {
        text += &format!("\n{}\n", question.reading.trim());
    } else if !question.reading.is_empty() {
        let of = &plan.readings_of;
        text += &format!("\nWhat a reader made of a run on archive {of} is left out here.\n");
    }
    text += &format!("\n![Patches](figures/{name}.patches.svg)\n");
    text += &format!("\n### Mean absolute error by stratum, DN\n\n{}", tables::strata(seeds));
    text += &changed(question, seeds);
    text += "\n### Paired differences over all pixels\n\nA verdict counts seeds whose interval leaves zero out.\n\n";
    text += &tables::differences(seeds, "all", |d| !d.is_control());
    if !question.controls.is_empty() {
        text += "\n### Negative controls\n\nA network with an input of another date or place, minus the same network with \
                 its own: what it does not lose, it did not gain from that input.\n\n";
        text += &controls(&question.controls);
        text += &tables::differences(seeds, "all", Difference::is_control);
    }
    text
}

/// The orderings' methods where the ground changed: averages over all pixels hide it.
fn changed(question: &Question, seeds: &[Seed]) -> String {
    let named = |name: &String| question.orderings.iter().any(|o| o.0.contains(name));
    let table = tables::differences(seeds, "changed", |d| named(&d.method) && named(&d.other));
    match table.lines().count() {
        0..=2 => String::new(),
        _ => format!(
            "\n### Paired differences where the ground changed between the dates around\n\n{table}"
        ),
    }
}

/// Which samples: the layout with all of its options, and those of the evaluation, which may choose some of them.
fn samples_of(plan: &Plan, question: &Question) -> String {
    let words = [&question.layout, &plan.options, &question.options].map(|words| words.trim());
    let layout = words.into_iter().filter(|words| !words.is_empty()).collect::<Vec<_>>().join(" ");
    match plan.evaluate.trim() {
        "" => format!("layout `{layout}`"),
        evaluate => format!("layout `{layout}` (evaluated with `{evaluate}`)"),
    }
}

/// What each control gives a network, and which samples it takes from all methods.
fn controls(names: &[String]) -> String {
    let known = names.iter().filter_map(|name| Control::parse(name).ok());
    let mut text: String = known.map(|c| format!("- {}: {}\n", c.name(), c.meaning())).collect();
    if names.iter().any(|name| name == Control::SarTime.name()) {
        text += "\nSamples whose place has too few radar dates that are three days from their own are left out of the question.\n";
    }
    text + "\n"
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

/// How each metric of the tables is computed.
fn definitions<'a>(seeds: impl Iterator<Item = &'a Seed> + Clone) -> String {
    let define = |(metric, title, _): (&str, &str, usize)| {
        let row = seeds.clone().flat_map(|s| &s.rows).find(|r| r.metric == metric)?;
        Some(format!("- {title}: {}\n", row.definition))
    };
    METRICS.into_iter().filter_map(define).collect()
}

#[cfg(test)]
mod tests;
