//! Tests: a warning comes where something is wrong, and nowhere else.

use super::*;
use crate::sql::fixture::{Patch, session};

fn set(name: &str, set: &[&str]) -> Layout {
    let mut layout = Layout::open(name).unwrap();
    layout.set(&set.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>()).unwrap();
    layout
}

fn whats(all: &[Warning]) -> Vec<&str> {
    all.iter().map(|w| w.what.as_str()).collect()
}

#[test]
fn the_shipped_layouts_have_nothing_to_warn_of() {
    for name in ["ssop", "os1", "os2", "gfa", "gfb", "hidden", "scene", "ssop_scene", "os2_scene"] {
        let all = Layout::open(name).unwrap().lint().unwrap();
        assert!(all.is_empty(), "{name}: {all:?}");
    }
}

#[test]
fn inverted_windows_and_cloud_ranges_are_seen_with_their_parameters() {
    let all = set("os2", &["near_hours=800", "cloud_min=50", "cloud_max=20"]).lint().unwrap();
    let what = whats(&all);
    assert!(what[0].contains("window of tm1 is inverted: from -720 h to -800 h"), "{what:?}");
    assert!(all[0].next.contains("$far_hours = 720, $near_hours = 800"), "{}", all[0].next);
    assert!(what[1].contains("window of tp1"), "{what:?}");
    assert!(what[2].contains("cloud range of t is empty: from 50 % to 20 %"), "{what:?}");
    let all = set("ssop", &["gap_hours=-3"]).lint().unwrap();
    assert!(whats(&all)[0].contains("window of r is inverted"), "{all:?}");
}

#[test]
fn a_target_that_can_be_t_is_seen_unless_the_text_forbids_it() {
    let all = set("ssop", &["cloud_min=0"]).lint().unwrap();
    assert_eq!(whats(&all), ["t can be as clear as its target: its cloud starts at 0 %"]);
    let all = set("ssop", &["compat=1"]).lint().unwrap();
    assert!(all.is_empty(), "disjoint cloud ranges keep them apart: {all:?}");
    let all = set("ssop", &["compat=1", "cloud_min=0"]).lint().unwrap();
    assert!(whats(&all)[0].starts_with("target can be t:"), "{all:?}");
    assert!(all[0].next.contains("target.id <> t.id"));
    let text = Layout::open("ssop").unwrap().sql.replace("<> t.id", "NOT IN (t.id, t.id)");
    let mut own = Layout::parse("own", &text).unwrap();
    own.set(&["cloud_min=0".to_owned()]).unwrap();
    let all = own.lint().unwrap();
    assert!(whats(&all)[0].starts_with("t can be as clear"), "{all:?}");
    // A target that may also be one of the inputs before or after.
    let all = set("os2", &["near_hours=100"]).lint().unwrap();
    assert_eq!(
        whats(&all),
        ["tm1 can be target: their windows overlap", "tp1 can be target: their windows overlap",]
    );
}

#[test]
fn an_archive_without_radar_at_some_places_and_an_empty_clause_are_seen() {
    let all = [
        Patch::s2(0, 0.0, 50.0),
        Patch::s2(1, 24.0, 0.0),
        Patch::s2(0, 0.0, 50.0).at(0, 1),
        Patch::s1(0, 500.0),
        Patch::s1(1, 0.0).at(0, 1).invalid(),
    ];
    let (session, _folder) = session(&all);
    let warnings = Layout::open("ssop").unwrap().lint_in(&session).unwrap();
    let what = whats(&warnings);
    assert_eq!(what[0], "no SAR at 50 % of places (1 of 2)");
    // At the second place there is radar of that hour, but it shows nothing.
    assert!(what[1].starts_with("nothing is left after: WHERE r.valid"), "{what:?}");
    let near = set("ssop", &["gap_hours=1000", "cloud_min=60"]).lint_in(&session).unwrap();
    assert!(whats(&near)[1].contains("t.cloud_percent BETWEEN"), "{near:?}");
    assert!(near[1].next.contains("$cloud_min = 60"), "{}", near[1].next);
}

#[test]
fn a_text_that_cannot_be_followed_is_said_not_to_be_checked() {
    for text in [
        "SELECT tile, patch AS s2_t FROM s2 UNION SELECT tile, patch FROM s2",
        "SELECT tile, patch AS s2_t, near_patch AS s1_t FROM nearest(s2, s1 TOLERANCE to_hours(9))",
    ] {
        let all = Layout::parse("own", text).unwrap().lint().unwrap();
        assert!(whats(&all)[0].starts_with("not checked: the funnel cannot follow"), "{all:?}");
    }
}

#[test]
fn a_text_that_no_session_would_run_is_refused_with_its_own_line() {
    let own = |end: &str| {
        let text = format!("-- own: a test.\nSELECT tile, patch AS s2_t\nFROM s2\n{end}");
        Layout::parse("own", &text).unwrap()
    };
    let error = own("WHRE valid").lint().unwrap_err();
    let wanted = "did you mean WHERE instead of WHRE (line 4, column 1)";
    assert!(error.to_string().contains(wanted), "{error}");
    // The text alone cannot tell which columns there are; the tables can.
    let slip = own("WHERE cloudpercent < 5");
    assert!(slip.lint().unwrap().is_empty());
    let (session, _folder) = session(&[Patch::s2(0, 0.0, 50.0)]);
    let error = slip.lint_in(&session).unwrap_err();
    let wanted = "(line 4, column 7); did you mean 'cloud_percent'";
    assert!(error.to_string().contains(wanted), "{error}");
}
