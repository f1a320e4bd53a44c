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

#[test]
fn in_compatible_mode_equal_stamps_multiply_samples_even_without_data() {
    let twin = |slot: i32| Patch { scene: format!("twin-{slot}"), ..Patch::s2(slot, 0.0, 50.0) };
    let all = [twin(0), twin(5).invalid(), Patch::s2(1, 24.0, 0.0), Patch::s1(0, 0.0)];
    assert_eq!(slots(&run("ssop", &[], &all).unwrap()), [[0, 0, 1]]);
    let (session, _folder) = session(&all);
    let layout = Layout::open("ssop").unwrap().compat();
    let samples = layout.samples(&session, &Splitter::default()).unwrap();
    assert_eq!(slots(&samples), [[0, 0, 1], [0, 0, 1]]);
    assert_eq!(layout.count(&session, &Splitter::default()).unwrap().total(), 2);
}

#[test]
fn in_compatible_mode_an_image_may_be_its_own_target() {
    let all = [Patch::s2(0, 0.0, 0.0), Patch::s2(1, 24.0, 0.0), Patch::s1(0, 0.0)];
    let (session, _folder) = session(&all);
    let mut layout = Layout::open("ssop").unwrap();
    layout.set(&["cloud_min=0".into()]).unwrap();
    let samples = layout.compat().samples(&session, &Splitter::default()).unwrap();
    assert_eq!(slots(&samples), [[0, 0, 0], [0, 0, 1], [1, 0, 0], [1, 0, 1]]);
}

#[test]
fn a_region_keeps_the_samples_of_its_places() {
    let here = [Patch::s2(0, 0.0, 50.0), Patch::s2(1, 24.0, 0.0), Patch::s1(0, 0.0)];
    let mut all = here.to_vec();
    all.extend(here.map(|p| p.at(2, 3)));
    let (session, folder) = session(&all);
    let path = folder.path().join("roi.parquet");
    let places = "SELECT DISTINCT tile, row, col FROM s2 WHERE row = 2";
    session.query(places, &[]).unwrap().to_parquet(&path).unwrap();
    let session = session.with_table("roi", &path).unwrap();
    let layout = Layout::open("ssop").unwrap().within("roi");
    let samples = layout.samples(&session, &Splitter::default()).unwrap();
    assert_eq!(samples.rows.len(), 1);
    assert_eq!((samples.rows[0].row, samples.rows[0].col), (2, 3));
}

#[test]
fn a_grid_counts_what_the_layout_finds_with_those_limits() {
    let mut all: Vec<Patch> =
        (0..40).map(|i| Patch::s2(i, f64::from(i) * 30.0, f64::from(i % 4) * 30.0)).collect();
    all.extend((0..30).map(|i| Patch::s1(i, f64::from(i) * 37.0)));
    let (session, _folder) = session(&all);
    for (grid, layout, reach) in [("ssop_grid", "ssop", "target"), ("os2_grid", "os2", "far")] {
        let question = Layout::open(grid).unwrap();
        let csv = session.query(&question.sql, &question.params).unwrap().to_csv().unwrap();
        let rows: Vec<Vec<f64>> = csv
            .lines()
            .skip(1)
            .map(|l| l.split(',').map(|n| n.parse().unwrap()).collect())
            .collect();
        assert!(rows.len() > 2, "{grid}: {csv}");
        for row in rows {
            let mut layout = Layout::open(layout).unwrap();
            let set = [format!("gap_hours={}", row[0]), format!("{reach}_hours={}", row[1])];
            layout.set(&set).unwrap();
            let total = layout.count(&session, &Splitter::default()).unwrap().total();
            assert_eq!(total as f64, row[2], "{grid}: {row:?}");
        }
    }
}

#[test]
fn a_month_holds_six_images_and_a_clear_target_that_is_none_of_them() {
    let mut all: Vec<Patch> =
        (0..6).map(|i| Patch::s2(i, f64::from(i) * 120.0, f64::from(i) * 10.0)).collect();
    all.extend((0..6).map(|i| Patch::s1(i, f64::from(i) * 120.0)));
    all.extend([Patch::s2(6, 300.0, 0.0), Patch::s2(7, 501.0, 0.0)]);
    let floor = ["floor_from=0", "floor_to=0"];
    let samples = run("monthly", &floor, &all).unwrap();
    assert_eq!(slots(&samples), [[0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6]]);
    // The first image is clear: a floor above it leaves nothing.
    let floor = ["floor_from=1", "floor_to=1"];
    assert_eq!(run("monthly", &floor, &all).unwrap().rows.len(), 0);
    all[1].cloud = Some(0.0);
    let floor = ["floor_from=0", "floor_to=0", "compat=1"];
    assert_eq!(run("monthly", &floor, &all).unwrap().rows.len(), 2);
}
