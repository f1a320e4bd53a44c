//! Tests: tables from files that hold only some columns of a patch.

use super::Session;
use super::fixture::{Patch, session};
use crate::geo::Splitter;
use crate::layout::Layout;

/// A session over a file with the columns of `select` from a fixture's table.
fn from_columns(patches: &[Patch], tables: &[(&str, &str)]) -> (Session, tempfile::TempDir) {
    let (full, folder) = session(patches);
    let mut fresh = Session::new(64 << 20).unwrap();
    for (name, select) in tables {
        let path = folder.path().join(format!("{name}.parquet"));
        let sql = format!("SELECT {select} FROM {name}");
        full.query(&sql, &[]).unwrap().to_parquet(&path).unwrap();
        fresh = fresh.with_table(name, &path).unwrap();
    }
    (fresh.with_empty_dem().unwrap(), folder)
}

fn patches() -> Vec<Patch> {
    vec![
        Patch::s2(0, 0.0, 50.0).at(3, 4),
        Patch::s2(1, 24.0, 0.0).at(3, 4),
        Patch::s1(0, 3.0).at(3, 4),
    ]
}

const PLAIN: &str = "id, tile, row, col, CAST(cell AS INT) AS cell, valid";

#[test]
fn a_file_without_patches_serves_a_layout_with_times_of_any_unit() {
    for unit in ["(0)", "(3) WITH TIME ZONE", "(6)", "(9)"] {
        let time = format!("CAST(time AS TIMESTAMP{unit}) AS time");
        let s2 = format!("{PLAIN}, {time}, CAST(cloud_percent AS FLOAT) AS cloud_percent");
        let s1 = format!("{PLAIN}, {time}");
        let (session, _folder) = from_columns(&patches(), &[("s2", &s2), ("s1", &s1)]);
        let samples =
            Layout::open("ssop").unwrap().samples(&session, &Splitter::default()).unwrap();
        assert_eq!(samples.roles.len(), 3, "{unit}");
        let rows: Vec<_> = samples.rows[0].patches.iter().map(|p| (p.slot, p.row, p.col)).collect();
        assert_eq!((samples.rows.len(), rows), (1, vec![(0, 3, 4), (0, 3, 4), (1, 3, 4)]));
    }
}

#[test]
fn the_scene_of_a_patch_is_its_name_or_else_its_id() {
    let named = format!("{PLAIN}, time, cloud_percent, scene AS name");
    let (session, _folder) = from_columns(&patches(), &[("s2", &named)]);
    let sql = "SELECT scene, sensor, slot, patch FROM s2 ORDER BY time";
    let csv = session.query(sql, &[]).unwrap().to_csv().unwrap();
    assert!(csv.contains("s2-001,s2,1,s2 r3c4 2020-03-02T10:30:00Z"), "{csv}");
    let bare = format!("{PLAIN}, time, cloud_percent");
    let (session, _folder) = from_columns(&patches(), &[("s2", &bare)]);
    let csv = session.query("SELECT scene FROM s2 ORDER BY time", &[]).unwrap().to_csv().unwrap();
    assert_eq!(csv, "scene\n0\n1\n");
}

#[test]
fn a_column_that_cannot_be_made_is_missed_only_by_a_query_that_uses_it() {
    let (session, _folder) = from_columns(&patches(), &[("s2", "id, tile, time, valid")]);
    let rows = session.query("SELECT scene FROM s2 WHERE valid", &[]).unwrap().rows();
    assert_eq!(rows, 2);
    let error = session.query("SELECT patch FROM s2", &[]).map(|a| a.rows()).unwrap_err();
    assert!(error.to_string().contains("no column 'patch'"), "{error}");
    assert!(error.next_step().unwrap().contains("its file has no row"), "{error:?}");
}

#[test]
fn a_query_that_uses_no_patch_reads_only_its_own_columns() {
    let bare = format!("{PLAIN}, time, cloud_percent");
    let (session, _folder) = from_columns(&patches(), &[("s2", &bare)]);
    let plan = session.explain("SELECT count(*) FROM s2 WHERE cloud_percent < 5", &[]).unwrap();
    assert!(!plan.contains("named_struct"), "{plan}");
    assert!(plan.contains("projection=[cloud_percent]"), "{plan}");
}
