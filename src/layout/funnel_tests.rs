//! Tests: the funnel counts what is there, and says so when it cannot.

use crate::layout::{Funnel, Layout};
use crate::sql::fixture::{Patch, session};

fn funnel(layout: &Layout, patches: &[Patch]) -> crate::error::Result<Funnel> {
    let (session, _folder) = session(patches);
    layout.funnel(&session)
}

fn shipped(name: &str, set: &[&str], patches: &[Patch]) -> Funnel {
    let mut layout = Layout::open(name).unwrap();
    layout.set(&set.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>()).unwrap();
    funnel(&layout, patches).unwrap()
}

fn survivors(funnel: &Funnel) -> Vec<u64> {
    std::iter::once(funnel.references).chain(funnel.clauses.iter().map(|c| c.survive)).collect()
}

/// Six optical dates: an invalid one, one without radar, one without a clear target near, two
/// cloudy ones that are samples, and the clear one that is their target.
fn archive() -> Vec<Patch> {
    vec![
        Patch::s2(0, 0.0, 50.0).invalid(),
        Patch::s2(1, 200.0, 50.0),
        Patch::s2(2, 1_000.0, 50.0),
        Patch::s2(3, 2_000.0, 50.0),
        Patch::s2(4, 2_024.0, 60.0),
        Patch::s2(5, 2_048.0, 0.0),
        Patch::s1(0, 1_000.0),
        Patch::s1(1, 2_000.0),
    ]
}

#[test]
fn every_clause_says_how_many_references_it_leaves_and_which_only_it_removes() {
    let funnel = shipped("ssop", &[], &archive());
    assert_eq!((funnel.table.as_str(), funnel.reference.as_str()), ("s2", "t"));
    let texts: Vec<&str> = funnel.clauses.iter().map(|c| c.clause.as_str()).collect();
    assert_eq!(texts[0], "WHERE o.valid");
    assert!(texts[1].starts_with("JOIN s1 AS r ON r.cell = o.cell"), "{texts:?}");
    assert_eq!(texts[2], "WHERE r.valid");
    assert!(texts[3].starts_with("JOIN s2 AS target ON"), "{texts:?}");
    assert_eq!(texts[4], "WHERE t.cloud_percent BETWEEN $cloud_min AND $cloud_max");
    assert_eq!(
        &texts[5..],
        [
            "WHERE target.valid",
            "WHERE target.cloud_percent <= $target_cloud_max",
            "WHERE (target.id <> t.id OR $compat = 1)",
        ]
    );
    // Every date has itself as a candidate, until it may not be its own target.
    assert_eq!(survivors(&funnel), [6, 5, 4, 4, 4, 3, 3, 2, 2]);
    // The date at 1,000 hours lacks nothing but a target; the others lack two things.
    let only: Vec<u64> = funnel.clauses.iter().map(|c| c.only_here).collect();
    assert_eq!(only, [0, 0, 0, 1, 0, 0, 0, 0]);
    assert!(funnel.notes.is_empty(), "{:?}", funnel.notes);
}

#[test]
fn what_is_worth_loosening_is_a_limit_never_a_role_or_its_place() {
    // The target costs most, and its window is what can be wider.
    let table = shipped("ssop", &[], &archive()).to_table();
    let line = table.lines().find(|l| l.starts_with("worth loosening")).unwrap();
    assert_eq!(
        line,
        "worth loosening first: target.time BETWEEN t.time - to_hours($target_hours) AND t.time + \
         to_hours($target_hours) (now $target_hours = 240; references that lack only this: 1)"
    );
    // Where a role has no limits nothing is said of it, in WHERE or in ON.
    for sql in [
        "SELECT t.tile, t.patch AS s2_t, g.patch AS s2_target FROM s2 AS t \
         JOIN s1 AS g ON g.cell = t.cell AND g.time = t.time",
        "SELECT t.tile, t.patch AS s2_t, g.patch AS s2_target FROM s2 AS t \
         JOIN s1 AS g ON g.time = t.time WHERE g.cell = t.cell AND g.valid",
    ] {
        let funnel = funnel(&Layout::parse("own", sql).unwrap(), &archive()).unwrap();
        assert!(funnel.clauses.iter().any(|c| c.only_here > 0), "{sql}");
        assert!(!funnel.to_table().contains("worth loosening"), "{}", funnel.to_table());
    }
}

#[test]
fn the_last_count_is_the_number_of_references_that_the_samples_have() {
    let mut all = archive();
    for (slot, hours) in [(6, 1_700.0), (7, 2_350.0), (8, 2_360.0)] {
        all.push(Patch::s2(slot, hours, 10.0 * f64::from(slot)));
        all.push(Patch::s1(slot, hours + 5.0));
    }
    let (session, _folder) = session(&all);
    for (name, role) in [
        ("ssop", "s2_t"),
        ("os1", "s2_target"),
        ("os2", "s2_t"),
        ("gfa", "s2_t"),
        ("hidden", "s2_target"),
    ] {
        let mut layout = Layout::open(name).unwrap();
        if name == "os1" {
            layout.set(&["cloud_max=100".to_owned()]).unwrap();
        }
        if name == "gfa" {
            let set = ["cloud_min=1", "around_cloud_max=100"].map(str::to_owned);
            layout.set(&set).unwrap();
        }
        let samples = layout.samples(&session, &crate::geo::Splitter::default()).unwrap();
        let at = samples.role(role).unwrap();
        let slots: std::collections::BTreeSet<u32> =
            samples.rows.iter().map(|s| s.patches[at].slot).collect();
        let funnel = layout.funnel(&session).unwrap();
        assert_eq!(funnel.survive(), slots.len() as u64, "{name}\n{}", funnel.to_table());
        if name != "gfa" {
            assert!(funnel.survive() > 0, "{name}\n{}", funnel.to_table());
        }
    }
}

#[test]
fn the_scene_layouts_have_a_funnel_too() {
    let funnel = shipped("os2_scene", &["far_hours=1100"], &archive());
    assert_eq!(funnel.references, 6);
    let (session, _folder) = session(&archive());
    let mut layout = Layout::open("os2_scene").unwrap();
    layout.set(&["far_hours=1100".to_owned()]).unwrap();
    let rows = session.query(&layout.sql, &layout.params).unwrap().rows();
    assert_eq!(funnel.survive(), rows as u64, "{}", funnel.to_table());
    assert!(rows > 0);
}

#[test]
fn conditions_between_two_joined_relations_are_looked_for_together() {
    // A pair of clear dates on either side that lie at most 50 hours apart.
    let sql = "SELECT t.tile, t.patch AS s2_t, a.patch AS s2_tm1, b.patch AS s2_tp1 FROM s2 AS t \
        JOIN s2 AS a ON a.cell = t.cell AND a.time < t.time \
        JOIN s2 AS b ON b.cell = t.cell AND b.time > t.time \
        WHERE b.time <= a.time + to_hours(50)";
    let patches: Vec<Patch> = [0.0, 20.0, 40.0, 100.0]
        .iter()
        .enumerate()
        .map(|(i, h)| Patch::s2(i as i32, *h, 0.0))
        .collect();
    let layout = Layout::parse("own", sql).unwrap();
    // 20 lies between 0 and 40; 40 lies between 20 and 100, which are 80 apart.
    assert_eq!(survivors(&funnel(&layout, &patches).unwrap()), [4, 3, 2, 1]);
}

#[test]
fn an_absent_partner_is_a_clause_of_its_own() {
    let sql = "SELECT t.tile, t.patch AS s2_t FROM s2 AS t \
        LEFT ANTI JOIN s1 AS r ON r.cell = t.cell \
        AND r.time BETWEEN t.time - to_hours(72) AND t.time + to_hours(72)";
    let layout = Layout::parse("own", sql).unwrap();
    assert_eq!(survivors(&funnel(&layout, &archive()).unwrap()), [6, 2]);
}

#[test]
fn a_draw_is_said_not_to_be_counted() {
    let funnel = shipped("ssop", &["per_place=1"], &archive());
    assert_eq!(funnel.survive(), 2);
    assert!(funnel.notes[0].contains("draw <= $per_place"), "{:?}", funnel.notes);
}

#[test]
fn a_text_of_another_shape_is_refused_not_miscounted() {
    for (sql, why) in [
        ("SELECT tile, patch AS s2_t FROM s2 UNION SELECT tile, patch FROM s2", "UNION"),
        ("SELECT tile, patch AS s2_t FROM s2 LIMIT 3", "LIMIT"),
        ("SELECT tile, first_value(patch) AS s2_t FROM s2 GROUP BY tile", "GROUP BY"),
        ("SELECT s2.tile, s2.patch AS s2_t FROM s2, s1 WHERE s1.cell = s2.cell", "JOIN"),
        ("SELECT s2.tile, s2.patch AS s2_t FROM s2 JOIN s1 USING (cell)", "no ON"),
        (
            "WITH n AS (SELECT cell, 1 AS k FROM s1) SELECT t.tile, t.patch AS s2_t FROM s2 AS t \
          JOIN n ON n.cell = t.cell WHERE k = 1",
            "does not say whose",
        ),
        (
            "SELECT t.tile, t.patch AS s2_t FROM s2 AS t LEFT JOIN s1 AS r ON r.cell = t.cell \
          WHERE r.id IS NULL",
            "LEFT or ANTI JOIN",
        ),
        ("SELECT tile, patch AS s2_t FROM s2 WHERE id IN (SELECT id FROM s1)", "a query inside"),
        (
            "WITH n AS (SELECT o.*, row_number() OVER (PARTITION BY o.cell ORDER BY o.time) AS k \
          FROM s2 AS o) SELECT tile, patch AS s2_t FROM n WHERE k = 1",
            "several rows",
        ),
        ("WITH s2 AS (SELECT * FROM s2) SELECT tile, patch AS s2_t FROM s2", "as the table below"),
        (
            "SELECT tile, near_patch AS s1_t FROM nearest(s2, s1 TOLERANCE to_hours(72))",
            "uses nearest(…)",
        ),
    ] {
        let layout = Layout::parse("own", sql).unwrap();
        let error = funnel(&layout, &archive()).unwrap_err();
        assert!(error.to_string().contains(why), "{sql}: {error}");
        assert!(error.advice().contains("SELECT"), "{}", error.advice());
    }
}

#[test]
fn a_text_that_no_session_would_run_is_refused_with_its_own_line() {
    let head = "-- own: a test.\nSELECT t.tile, t.patch AS s2_t\nFROM s2 AS t\n";
    for (end, wanted) in [
        ("WHRE t.valid", "did you mean WHERE instead of WHRE (line 4, column 1)"),
        ("WHERE t.cloudpercent < 5", "(line 4, column 9); did you mean 'cloud_percent'"),
    ] {
        let layout = Layout::parse("own", &format!("{head}{end}")).unwrap();
        let error = funnel(&layout, &archive()).unwrap_err();
        assert!(error.to_string().contains(wanted), "{end}: {error}");
        assert!(error.next_step().is_some(), "{end}: {error:?}");
    }
}
