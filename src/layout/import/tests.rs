//! Tests: what is imported, what is refused, and that what comes out runs.

use super::from_json;
use crate::error::Error;
use crate::geo::Splitter;
use crate::layout::{Layout, Samples};
use crate::sql::fixture::{Patch, session};

fn read(text: &str) -> Layout {
    from_json("mine", text, None).unwrap()
}

fn refused(text: &str) -> Error {
    from_json("mine", text, None).map(|l| l.sql).expect_err(text)
}

fn run(layout: &Layout, patches: &[Patch]) -> Samples {
    let (session, _files) = session(patches);
    layout.samples(&session, &Splitter::default()).unwrap()
}

fn slots(samples: &Samples) -> Vec<Vec<u32>> {
    samples.rows.iter().map(|s| s.patches.iter().map(|p| p.slot).collect()).collect()
}

const S2: &str = r#""acquisition": {"a": {"type": "S2", "max_cloud_percent": 100}}"#;

#[test]
fn the_file_of_an_import_opens_again_and_is_the_same_layout() {
    let text = format!(
        r#"{{"later": {{{S2}, "timeframe_start_hours": 48.5, "timeframe_end_hours": 24}},
            "t": {{"acquisition": {{"x": {{"type": "S2"}}, "y": {{"type": "S1"}}}},
                 "max_s1s2_gap_hours": 72, "timeframe_origin": "True"}}}}"#
    );
    let layout = read(&text);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.sql");
    std::fs::write(&path, &layout.sql).unwrap();
    let again = Layout::open(path.to_str().unwrap()).unwrap();
    assert_eq!((again.hash(), &again.params), (layout.hash(), &layout.params));
    assert_eq!(layout.about, "mine: optical images later, t with radar. Imported.");
    let names: Vec<&str> = layout.params.iter().map(|(n, _)| n.as_str()).collect();
    let want = [
        "gap_hours",
        "later_near_hours",
        "later_far_hours",
        "later_cloud_min",
        "later_cloud_max",
        "t_cloud_min",
        "t_cloud_max",
        "per_place",
        "seed",
    ];
    assert_eq!(names, want);
    let patches = [Patch::s2(0, 0.0, 0.0), Patch::s2(1, 48.5, 30.0), Patch::s1(4, 1.0)];
    let samples = run(&again, &patches);
    let roles: Vec<&str> = samples.roles.iter().map(|r| r.name.as_str()).collect();
    assert_eq!(roles, ["s2_later", "s2_t", "s1_t"]);
    assert_eq!(slots(&samples), [[1, 0, 4]]);
}

#[test]
fn clouds_are_zero_to_zero_unless_said() {
    let text = r#"{"t": {"acquisition": {"S2": {"type": "S2"}}, "timeframe_origin": 1}}"#;
    let patches = [Patch::s2(0, 0.0, 0.0), Patch::s2(1, 1.0, 0.0015)];
    assert_eq!(slots(&run(&read(text), &patches)), [[0]]);
}

#[test]
fn a_gap_is_a_parameter_of_its_own_where_roles_differ() {
    let role = |gap: u32, window: &str| {
        format!(
            r#"{{"acquisition": {{"a": {{"type": "S2", "max_cloud_percent": 100}},
               "b": {{"type": "S1"}}}}, "max_s1s2_gap_hours": {gap}, {window}}}"#
        )
    };
    let origin = r#""timeframe_origin": true"#;
    let later = r#""timeframe_start_hours": 1, "timeframe_end_hours": 50"#;
    let text = format!(r#"{{"t": {}, "b": {}}}"#, role(10, origin), role(3, later));
    let layout = read(&text);
    assert!(layout.sql.contains("nearest_b AS ("), "{}", layout.sql);
    let radar = [Patch::s1(0, 8.0), Patch::s1(1, 27.0)];
    let mut all = vec![Patch::s2(0, 0.0, 5.0), Patch::s2(1, 24.0, 5.0), Patch::s2(2, 31.0, 5.0)];
    all.extend(radar);
    assert_eq!(slots(&run(&layout, &all)), [[0, 0, 1, 1], [1, 1, 2, 1]].split_at(1).0);
}

#[test]
fn without_a_role_at_the_reference_every_time_of_an_optical_image_is_one() {
    let text = format!(
        r#"{{"a": {{{S2}, "timeframe_start_hours": -10, "timeframe_end_hours": -1}},
            "b": {{{S2}, "timeframe_start_hours": 1, "timeframe_end_hours": 10}}}}"#
    );
    let layout = read(&text);
    let mut all = vec![Patch::s2(0, 0.0, 1.0), Patch::s2(3, 10.0, 1.0)];
    // Two references between them, at two times, one without data, and a twin of it.
    all.extend([Patch::s2(1, 4.0, 1.0).invalid(), Patch::s2(2, 6.0, 1.0).invalid()]);
    all.push(Patch { scene: "twin".into(), ..Patch::s2(4, 6.0, 1.0).invalid() });
    assert_eq!(slots(&run(&layout, &all)), [[0, 3]]);
    assert_eq!(run(&layout.compat(), &all).rows.len(), 3);
}

#[test]
fn a_random_floor_is_drawn_for_every_reference_by_the_seed_and_capped() {
    let text = r#"{"t": {"acquisition": {"a": {"type": "S2",
        "min_cloud_percent": "random.randint(0, 9)", "max_cloud_percent": 5}},
        "timeframe_origin": true}}"#;
    let mut layout = read(text);
    let all: Vec<Patch> = (0..300).map(|i| Patch::s2(i, f64::from(i), f64::from(i % 6))).collect();
    let found = slots(&run(&layout, &all));
    assert_eq!(found, slots(&run(&layout, &all)));
    // The cap lets every image of 5 percent pass, and the floor few of 0.
    let of = |cloud: u32| found.iter().filter(|r| r[0] % 6 == cloud).count();
    assert_eq!(of(5), 50);
    assert!((1..20).contains(&of(0)), "{}", of(0));
    layout.set(&["seed=2".into()]).unwrap();
    assert_ne!(found, slots(&run(&layout, &all)));
}

#[test]
fn a_role_may_have_any_name_and_what_has_no_effect_is_remarked() {
    for name in ["select", "from", "order", "interval", "case", "left", "s2", "dem", "1st", "Größe"]
    {
        let text = format!(
            r#"{{"options": {{"siblings": [["t", "u"]]}}, "{name}": {{{S2},
               "max_s1s2_gap_hours": 3, "timeframe_start_hours": 1, "timeframe_end_hours": 2}},
               "t": {{{S2}, "timeframe_origin": "True"}}}}"#
        );
        let layout = read(&text);
        assert!(layout.sql.contains("-- options.siblings has no effect"), "{}", layout.sql);
        assert!(layout.sql.contains("has no effect: it has no S1"), "{}", layout.sql);
        let all = [Patch::s2(0, 0.0, 1.0), Patch::s2(1, 2.0, 1.0)];
        assert_eq!(slots(&run(&layout, &all)), [[1, 0]], "{name}");
    }
}

#[test]
fn what_the_original_would_crash_on_is_refused_with_the_role_and_the_reason() {
    let t = format!(r#""t": {{{S2}, "timeframe_origin": "True"}}"#);
    let window = r#""timeframe_start_hours": 0, "timeframe_end_hours": 1"#;
    let both = r#""acquisition": {"a": {"type": "S2"}, "b": {"type": "S1"}}"#;
    for (role, what) in [
        (
            format!(r#"{{"acquisition": {{"b": {{"type": "S1"}}}}, {window}}}"#),
            "no image of type S2",
        ),
        (format!("{{{both}, {window}}}"), "'max_s1s2_gap_hours' is missing"),
        (format!(r#"{{{both}, "max_s1s2_gap_hours": 0, {window}}}"#), "not more than 0"),
        (format!("{{{S2}}}"), "'timeframe_start_hours' is missing"),
        (format!(r#"{{{S2}, "timeframe_start_hours": 1}}"#), "'timeframe_end_hours' is missing"),
        (format!(r#"{{{S2}, "timeframe_origin": 1, {window}}}"#), "has no window"),
        (format!(r#"{{"acquisition": {{"a": {{"type": "S3"}}}}, {window}}}"#), "its type is 'S3'"),
        (format!(r#"{{{S2}, {window}, "max_gap": 3}}"#), "unknown field 'max_gap'"),
        (
            format!(r#"{{{S2}, "timeframe_start_hours": "1", "timeframe_end_hours": 1}}"#),
            "a number, not a text",
        ),
        (r#"{"acquisition": []}"#.to_owned(), "an object, not a list"),
        ("7".to_owned(), "a role is an object, not a number"),
        (
            format!(
                r#"{{"acquisition": {{"a": {{"type": "S2", "min_cloud_percent": 5}}}}, {window}}}"#
            ),
            "no cloudiness lies between 5 and 0",
        ),
        (
            format!(
                r#"{{"acquisition": {{"a": {{"type": "S2", "min_cloud_percent": "5"}}}}, {window}}}"#
            ),
            "no range that is known",
        ),
    ] {
        let error = refused(&format!("{{{t}, \"u\": {role}}}"));
        let text = error.to_string();
        assert!(text.contains(what) && text.contains("role u"), "{text}");
        assert!(!text.contains('\n'), "{text}");
    }
}

#[test]
fn a_file_that_is_no_layout_is_refused_whatever_it_holds() {
    for bad in ["", "[]", "3", "{}", "{\"t\": 1, \"t\": 2}", "{\"a\": {}}"] {
        let error = refused(bad);
        assert!(!error.to_string().is_empty());
    }
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(refused(&deep).to_string().contains("JSON"));
    let long = format!("{{\"t\": \"{}\"}}", "x".repeat(300 << 10));
    assert!(refused(&long).to_string().contains("bytes long"));
    let one = |i: usize| format!(r#""r{i}": {{{S2}, "timeframe_origin": 1}}"#);
    let many = (0..17).map(one).collect::<Vec<_>>().join(", ");
    assert!(refused(&format!("{{{many}}}")).to_string().contains("more than 16 roles"));
    let most = (0..16).map(one).collect::<Vec<_>>().join(", ");
    assert_eq!(slots(&run(&read(&format!("{{{most}}}")), &[Patch::s2(3, 0.0, 1.0)])), [[3; 16]]);
}

#[test]
fn of_a_file_of_several_one_is_chosen_by_name() {
    let one = format!(r#"{{"t": {{{S2}, "timeframe_origin": 1}}}}"#);
    let several = format!(r#"{{"AL-first": {one}, "second": {one}}}"#);
    let layout = from_json("file", &several, Some("AL-first")).unwrap();
    assert_eq!(layout.name, "al_first");
    let error = refused(&several);
    assert!(error.next_step().unwrap().contains("AL-first, second"), "{error:?}");
    let error = from_json("file", &several, Some("secund")).map(|l| l.sql).unwrap_err();
    assert!(error.next_step().unwrap().contains("did you mean 'second'"), "{error:?}");
    assert!(from_json("file", &one, Some("second")).is_err());
}
