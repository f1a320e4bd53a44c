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
        "# {}\n\n{} networks from {done} of {} seeds ({names}), by {PROGRAM}{}.\n\nA number is the mean over seeds; in brackets stand the lowest and \
         the highest seed. All methods of a question are scored on the same pixels. Intervals: 95 %, bootstrap over blocks of \
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
    text += &tables::differences(seeds, "all", |d| !is_control(d));
    if !question.controls.is_empty() {
        text += "\n### Negative controls\n\nA network with an input of another date or place, minus the same network with \
                 its own: what it does not lose, it did not gain from that input.\n\n";
        text += &controls(&question.controls);
        text += &tables::differences(seeds, "all", is_control);
    }
    text
}

fn is_control(d: &Difference) -> bool {
    d.method.ends_with(']')
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
            p: Some(if value.abs() > 0.5 { P } else { 0.4 }),
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

    /// Of a difference whose interval leaves zero out.
    const P: f64 = 0.01;

    const PLAN: &str = "name = 'r'\nseeds = [1, 2, 3]\nnetworks = []\n[[questions]]\nname = 'q'\ntitle = 'Q?'\n\
                        layout = 'os2'\ncontrols = ['dem']\nreading = 'As it should be.'\n\
                        orderings = ['gapfill < david', 'david<gapfill']";

    #[test]
    fn seeds_are_a_mean_with_their_range_and_verdicts_are_counted() {
        let plan: Plan = toml::from_str(PLAN).unwrap();
        let page = markdown(&plan, &[vec![seed(22.0), seed(20.2)]], &[], &["train x".into()]);
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
    fn a_reading_stands_under_the_tables_that_it_was_written_of() {
        let plan = |of: &str| -> Plan {
            toml::from_str(
                &PLAN.replace("name = 'r'", &format!("name = 'r'\nreadings_of = '{of}'")),
            )
            .unwrap()
        };
        let page = |of: &str| {
            let snapshots = ["abcdef0123456789".to_owned(), "fedcba9876543210".to_owned()];
            markdown(&plan(of), &[vec![seed(22.0)]], &snapshots, &[])
        };
        for of in ["", "abcdef01"] {
            assert!(page(of).contains("As it should be."), "{of}");
        }
        let other = page("abcdef99");
        assert!(!other.contains("As it should be."), "{other}");
        assert!(other.contains("a run on archive abcdef99 is left out"), "{other}");
        let made = concat!(
            "by eclaircie ",
            env!("CARGO_PKG_VERSION"),
            ", on archive abcdef012345 against truth fedcba987654."
        );
        assert!(other.contains(made), "{other}");
    }

    #[test]
    fn what_changed_has_a_table_of_its_own() {
        let plan: Plan = toml::from_str(PLAN).unwrap();
        let mut one = seed(22.0);
        let changed = Difference { stratum: "changed".into(), ..one.differences[0].clone() };
        one.differences.push(Difference { method: "nearest".into(), ..changed.clone() });
        assert!(!markdown(&plan, &[vec![one.clone()]], &[], &[]).contains("ground changed"));
        one.differences.push(changed);
        let page = markdown(&plan, &[vec![one]], &[], &[]);
        let (_, table) = page.split_once("where the ground changed").unwrap();
        let (table, _) = table.split_once("###").unwrap();
        assert!(table.contains("| david minus gapfill |") && !table.contains("nearest"), "{page}");
    }

    #[test]
    fn an_ordering_holds_where_every_seed_says_so() {
        let plan: Plan = toml::from_str(PLAN).unwrap();
        let page =
            |seeds: &[f64]| markdown(&plan, &[seeds.iter().copied().map(seed).collect()], &[], &[]);
        let all = page(&[22.0, 21.0]);
        assert!(
            all.contains(
                "| gapfill < david | psnr, dB | 1.50 (1.00 to 2.00) | +0.50 to +2.50 | 0.010 | holds |"
            ),
            "{all}"
        );
        let line = "| david < gapfill | psnr, dB | -1.50 (-2.00 to -1.00) | -2.50 to -0.50 | 0.010 | reversed |";
        assert!(all.contains(line), "{all}");
        // What one of two seeds leaves open is open, with the p of that one; what they contradict has none.
        assert!(page(&[22.0, 19.0]).contains("| 1.000 | undecided |"));
        let one = page(&[22.0, 20.2]);
        assert!(one.contains("-0.30 to +2.50 | 0.400 | undecided |"), "{one}");
    }

    #[test]
    fn one_of_many_orderings_needs_more_than_its_own_interval() {
        let verdicts = |pairs: usize| {
            let names: Vec<String> = (0..=pairs).map(|i| format!("m{i}")).collect();
            let text = PLAN
                .replace("'gapfill < david', 'david<gapfill'", &format!("'{}'", names.join(" < ")));
            let difference = |pair: &[String]| Difference {
                method: pair[1].clone(),
                other: pair[0].clone(),
                ..seed(22.0).differences[0].clone()
            };
            let differences = names.windows(2).map(difference).collect();
            markdown(
                &toml::from_str(&text).unwrap(),
                &[vec![Seed { rows: vec![], differences }]],
                &[],
                &[],
            )
        };
        assert_eq!(verdicts(5).matches("| 0.050 | holds |").count(), 5, "{}", verdicts(5));
        let six = verdicts(6);
        assert_eq!(six.matches("| 0.060 | undecided (alone, it holds) |").count(), 6, "{six}");
    }

    #[test]
    fn the_samples_are_told_with_every_option_that_chose_them() {
        let says = |text: &str, line: &str| {
            let plan: Plan = toml::from_str(text).unwrap();
            let page = markdown(&plan, &[vec![seed(22.0)]], &[], &[]);
            assert!(page.contains(line), "{page}");
        };
        says(PLAN, "\n12 samples of layout `os2` in 5 blocks of ground and day.\n");
        let more = "networks = []\noptions = '--per-place 20'\nevaluate = '--samples-max 50'";
        let text = PLAN.replace("networks = []", more);
        says(
            &text.replace("layout = 'os2'", "layout = 'os2'\noptions = '--set cloud_min=50'"),
            "12 samples of layout `os2 --per-place 20 --set cloud_min=50` \
             (evaluated with `--samples-max 50`) in 5 blocks",
        );
    }

    #[test]
    fn strata_stand_by_their_numbers_and_by_the_year() {
        let one = Row { metric: "mae".into(), ..seed(22.0).rows[0].clone() };
        let row = |stratum: &str| Row { stratum: stratum.into(), ..one.clone() };
        // As they are written: by name.
        let rows = [
            "all",
            "unchanged",
            "cloud at t: 25 to 50 %",
            "cloud at t: all of it",
            "cloud at t: below 25 %",
            "nearest clear date: 11 to 20 days",
            "nearest clear date: 6 to 10 days",
            "nearest clear date: more than 20 days",
            "nearest clear date: none known",
            "nearest clear date: within 5 days",
            "season: autumn",
            "season: winter",
        ];
        let rows = rows.map(row).to_vec();
        let table = tables::strata(&[Seed { rows, differences: vec![] }]);
        let names = table.lines().skip(2).filter_map(|l| l.split('|').nth(1)).map(str::trim);
        let wanted = [
            "all",
            "unchanged",
            "cloud at t: below 25 %",
            "cloud at t: 25 to 50 %",
            "cloud at t: all of it",
            "nearest clear date: within 5 days",
            "nearest clear date: 6 to 10 days",
            "nearest clear date: 11 to 20 days",
            "nearest clear date: more than 20 days",
            "nearest clear date: none known",
            "season: winter",
            "season: autumn",
        ];
        assert_eq!(names.collect::<Vec<_>>(), wanted);
    }

    #[test]
    fn the_chart_has_a_dot_for_each_seed_of_each_method() {
        let svg = chart(&[seed(22.0), seed(20.2)]);
        assert_eq!(svg.matches("<circle").count(), 6);
        assert!(svg.contains(">david [dem]<"));
    }
}
