//! Tests: the exact meaning of the layouts, at their edges.

use super::{Layout, Samples};
use crate::archive::Sensor;
use crate::error::Result;
use crate::geo::{Split, Splitter};
use crate::sql::fixture::{HOUR, Patch, session};

/// Slots of the roles of every sample of a layout.
fn run(name: &str, set: &[&str], patches: &[Patch]) -> Result<Samples> {
    let mut layout = Layout::open(name)?;
    layout.set(&set.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>())?;
    let (session, _folder) = session(patches);
    layout.samples(&session, &Splitter::default())
}

fn slots(samples: &Samples) -> Vec<Vec<u32>> {
    samples.rows.iter().map(|s| s.patches.iter().map(|p| p.slot).collect()).collect()
}

/// A layout from a text, over patches.
fn own(sql: &str, patches: &[Patch]) -> Result<Samples> {
    let (session, _folder) = session(patches);
    Layout::parse("own", sql)?.samples(&session, &Splitter::default())
}

/// One cloudy date (slot 0) and a clear one a day later (slot 1), with this radar.
fn with_radar(radar: &[Patch]) -> Vec<Patch> {
    let mut all = vec![Patch::s2(0, 0.0, 50.0), Patch::s2(1, 24.0, 0.0)];
    all.extend_from_slice(radar);
    all
}

#[test]
fn roles_are_named_by_their_columns_and_know_their_sensors() {
    let samples = run("ssop", &[], &with_radar(&[Patch::s1(7, 5.0), Patch::dem()])).unwrap();
    let roles: Vec<_> = samples.roles.iter().map(|r| (r.name.as_str(), r.sensor)).collect();
    let want = [
        ("s2_t", Sensor::S2),
        ("s1_t", Sensor::S1),
        ("s2_target", Sensor::S2),
        ("dem", Sensor::Dem),
    ];
    assert_eq!(roles, want);
    assert_eq!(slots(&samples), [[0, 7, 1, 0]]);
    assert_eq!(samples.rows[0].patches[3].time.0, 0);
    assert_eq!(&*samples.rows[0].tile, "31TEJ");
}

#[test]
fn a_gap_equal_to_the_limit_counts_and_one_second_more_does_not() {
    for side in [-1.0, 1.0] {
        let mut radar = Patch::s1(0, 72.0 * side);
        assert_eq!(slots(&run("ssop", &[], &with_radar(&[radar.clone()])).unwrap()).len(), 1);
        radar.time += side as i64 * 1_000_000;
        assert_eq!(slots(&run("ssop", &[], &with_radar(&[radar])).unwrap()).len(), 0);
    }
}

#[test]
fn a_window_includes_both_its_ends() {
    let target = |hours: f64, more: i64| {
        let mut clear = Patch::s2(1, hours, 0.0);
        clear.time += more;
        let all = [Patch::s2(0, 0.0, 50.0), clear, Patch::s1(0, 0.0)];
        run("ssop", &[], &all).unwrap().rows.len()
    };
    assert_eq!([target(240.0, 0), target(-240.0, 0)], [1, 1]);
    assert_eq!([target(240.0, 1_000_000), target(-240.0, -1_000_000)], [0, 0]);
}

#[test]
fn of_two_equally_near_radar_images_the_earlier_is_taken_then_the_first_by_name() {
    let samples = run("ssop", &[], &with_radar(&[Patch::s1(1, 6.0), Patch::s1(2, -6.0)])).unwrap();
    assert_eq!(slots(&samples), [[0, 2, 1]]);
    let mut twins = [Patch::s1(1, 6.0), Patch::s1(2, 6.0)];
    twins[0].scene = "z".into();
    assert_eq!(slots(&run("ssop", &[], &with_radar(&twins)).unwrap()), [[0, 2, 1]]);
}

#[test]
fn an_invalid_radar_image_is_skipped_and_the_next_nearest_takes_over() {
    let radar = [Patch::s1(0, 1.0).invalid(), Patch::s1(1, 30.0), Patch::s1(2, 31.0)];
    assert_eq!(slots(&run("ssop", &[], &with_radar(&radar)).unwrap()), [[0, 1, 1]]);
}

#[test]
fn a_place_without_radar_gives_no_sample_with_radar_and_does_not_disturb_its_neighbour() {
    let mut all = with_radar(&[]);
    assert_eq!(run("ssop", &[], &all).unwrap().rows.len(), 0);
    all.extend(
        [Patch::s2(0, 0.0, 50.0), Patch::s2(1, 24.0, 0.0), Patch::s1(0, 0.0)].map(|p| p.at(2, 3)),
    );
    let samples = run("ssop", &[], &all).unwrap();
    assert_eq!(samples.rows.len(), 1);
    assert_eq!((samples.rows[0].row, samples.rows[0].col), (2, 3));
    assert_eq!(run("hidden", &[], &all).unwrap().rows.len(), 2);
}

#[test]
fn images_of_equal_stamps_are_each_a_sample_once() {
    let twin = |slot: i32| Patch { scene: format!("twin-{slot}"), ..Patch::s2(slot, 0.0, 50.0) };
    let all = [twin(0), twin(5), Patch::s2(1, 24.0, 0.0), Patch::s1(0, 0.0)];
    assert_eq!(slots(&run("ssop", &[], &all).unwrap()), [[0, 0, 1], [5, 0, 1]]);
}

#[test]
fn an_optical_image_without_data_is_in_no_role() {
    let radar = Patch::s1(0, 0.0);
    let as_t = [Patch::s2(0, 0.0, 50.0).invalid(), Patch::s2(1, 24.0, 0.0), radar.clone()];
    assert_eq!(run("ssop", &[], &as_t).unwrap().rows.len(), 0);
    let as_target = [Patch::s2(0, 0.0, 50.0), Patch::s2(1, 24.0, 0.0).invalid(), radar];
    assert_eq!(run("ssop", &[], &as_target).unwrap().rows.len(), 0);
    assert_eq!(run("hidden", &[], &as_target).unwrap().rows.len(), 0);
}

#[test]
fn an_image_is_never_its_own_target() {
    let all = [Patch::s2(0, 0.0, 0.0), Patch::s2(1, 24.0, 0.0), Patch::s1(0, 0.0)];
    let samples = run("ssop", &["cloud_min=0"], &all).unwrap();
    assert_eq!(slots(&samples), [[0, 0, 1], [1, 0, 0]]);
}

#[test]
fn a_draw_per_place_is_small_and_the_same_every_time() {
    let mut all: Vec<Patch> = (0..20).map(|i| Patch::s2(i, f64::from(i), 0.0)).collect();
    all.extend([Patch::s2(20, 2.5, 80.0), Patch::s1(0, 0.0)]);
    let draw = |seed: &str| slots(&run("ssop", &["per_place=4", seed], &all).unwrap());
    assert_eq!(draw("seed=1").len(), 4);
    assert_eq!(draw("seed=1"), draw("seed=1"));
    assert_ne!(draw("seed=1"), draw("seed=2"));
    assert_eq!(run("ssop", &[], &all).unwrap().rows.len(), 20);
}

#[test]
fn a_role_that_is_empty_everywhere_is_left_out_and_one_that_is_empty_somewhere_is_an_error() {
    let mut all = with_radar(&[Patch::s1(0, 0.0)]);
    assert_eq!(run("ssop", &[], &all).unwrap().roles.len(), 3);
    all.push(Patch::dem());
    all.extend(
        [Patch::s2(0, 0.0, 50.0), Patch::s2(1, 24.0, 0.0), Patch::s1(0, 0.0)].map(|p| p.at(2, 3)),
    );
    let error = run("ssop", &[], &all).unwrap_err();
    assert!(error.to_string().contains("role dem has no patch in 1 of 2 rows"), "{error}");
    assert!(error.to_string().contains("row 2 column 3"), "{error}");
}

#[test]
fn rows_are_sorted_by_place_and_time_and_equal_ones_merged() {
    let patches = [Patch::s2(3, 9.0, 0.0), Patch::s2(1, 2.0, 0.0).at(0, 1), Patch::s2(0, 1.0, 0.0)];
    let sql = "SELECT tile, patch AS s2_t FROM s2 UNION ALL SELECT tile, patch AS s2_t FROM s2";
    let samples = own(sql, &patches).unwrap();
    let got: Vec<_> = samples.rows.iter().map(|s| (s.row, s.col, s.patches[0].slot)).collect();
    assert_eq!(got, [(0, 0, 0), (0, 0, 3), (0, 1, 1)]);
    assert_eq!(samples.rows[1].patches[0].time.0 - samples.rows[0].patches[0].time.0, 8 * HOUR);
}

#[test]
fn a_split_column_overrules_the_splitter() {
    let patches = [Patch::s2(0, 0.0, 0.0), Patch::s2(1, 1.0, 0.0)];
    let sql = "SELECT tile, CASE WHEN slot = 0 THEN 'valid' ELSE 'test' END AS split, \
               patch AS s2_t FROM s2";
    let samples = own(sql, &patches).unwrap();
    assert_eq!(samples.rows[0].split, Split::Valid);
    assert_eq!(samples.of(Split::Test).len(), 1);
    let error = own("SELECT tile, 'holdout' AS split, patch AS s2_t FROM s2", &patches);
    assert!(error.unwrap_err().to_string().contains("holdout"));
    let plain = own("SELECT tile, patch AS s2_t FROM s2", &patches).unwrap();
    assert_eq!(plain.rows[0].split, Splitter::default().of("31TEJ", 0, 0));
}

#[test]
fn a_query_that_is_no_layout_says_what_it_lacks() {
    let patches = [Patch::s2(0, 0.0, 0.0), Patch::s2(1, 1.0, 0.0).at(1, 1)];
    let no_patch = own("SELECT tile, slot FROM s2", &patches).unwrap_err();
    assert!(no_patch.to_string().contains("no column of type patch"), "{no_patch}");
    let no_tile = own("SELECT patch AS s2_t FROM s2", &patches).unwrap_err();
    assert!(no_tile.to_string().contains("no column tile"), "{no_tile}");
    let crossed = "SELECT a.tile, a.patch AS s2_t, b.patch AS s2_target \
                   FROM s2 AS a JOIN s2 AS b ON a.id < b.id";
    let crossed = own(crossed, &patches).unwrap_err();
    assert!(crossed.to_string().contains("role s2_target lies at row 1, column 1"), "{crossed}");
}

#[test]
fn questions_about_a_catalog_are_answered() {
    let mut all = with_radar(&[Patch::s1(0, 30.0)]);
    all.push(Patch::s2(2, 2_000.0, 100.0));
    let (session, _folder) = session(&all);
    let ask = |name: &str| {
        let layout = Layout::open(name).unwrap();
        session.query(&layout.sql, &layout.params).unwrap().to_csv().unwrap()
    };
    let gaps = ask("gaps");
    assert_eq!(gaps, "from_hours,until_hours,patches\n0,12,1\n24,36,1\n,,1\n");
    assert!(ask("cloudiness").starts_with("tile,year,month,scenes,"));
    assert!(ask("coverage").starts_with("tile,sensor,scenes,first,last,"));
}
