//! Tests: what a page says, and what it must not.

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
    assert!(controls.contains("| david [dem] minus david |") && !before.contains("[dem] minus"));
    assert!(page.contains("12 samples") && page.contains("    eclaircie train x\n"));
    assert!(page.contains("## Q?") && page.contains("As it should be."));
}

#[test]
fn a_reading_stands_under_the_tables_that_it_was_written_of() {
    let plan = |of: &str| -> Plan {
        toml::from_str(&PLAN.replace("name = 'r'", &format!("name = 'r'\nreadings_of = '{of}'")))
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
        let text =
            PLAN.replace("'gapfill < david', 'david<gapfill'", &format!("'{}'", names.join(" < ")));
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
