//! Tests: layouts whose rows are whole scenes.

use super::{Layout, Samples};
use crate::archive::Sensor;
use crate::catalog::Scene;
use crate::geo::{Splitter, Stamp};
use crate::sql::Session;
use crate::sql::fixture::{HOUR, START};

fn scene(sensor: Sensor, slot: u32, hours: i64, cloud: Option<f64>, nodata: f64) -> Scene {
    Scene {
        scene: format!("{}-{slot}", sensor.name()),
        sensor,
        tile: "31TEJ".into(),
        time: Stamp(if sensor == Sensor::Dem { 0 } else { START + hours * HOUR }),
        slot,
        product: "series".into(),
        platform: String::new(),
        orbit: None,
        direction: None,
        cloud_percent: cloud,
        nodata_percent: nodata,
        scale: 1e-4,
        offset: 0.0,
        fingerprint: String::new(),
    }
}

fn run(name: &str, scenes: &[Scene]) -> Samples {
    let session = Session::new(64 << 20).unwrap().with_scene_rows(scenes).unwrap();
    Layout::open(name).unwrap().samples(&session, &Splitter::default()).unwrap()
}

fn archive() -> Vec<Scene> {
    let s2 = |slot, hours, cloud| scene(Sensor::S2, slot, hours, Some(cloud), 0.0);
    let mut all = vec![
        s2(0, -300, 5.0),
        s2(1, -200, 0.0),
        s2(2, -100, 0.0),
        s2(3, 0, 60.0),
        s2(4, 50, 90.0),
        s2(5, 100, 20.0),
        scene(Sensor::S2, 6, 10, Some(0.0), 100.0),
        scene(Sensor::Dem, 0, 0, None, 0.0),
    ];
    all.extend((0..6u32).map(|i| {
        let hours = [-300, -200, -100, 0, 50, 100][i as usize];
        scene(Sensor::S1, i, hours + 2, None, 0.0)
    }));
    all
}

#[test]
fn each_cloudy_scene_gets_the_least_cloudy_then_nearest_neighbours_with_their_radar() {
    let samples = run("os2_scene", &archive());
    let names: Vec<&str> = samples.roles.iter().map(|r| r.name.as_str()).collect();
    assert_eq!(names, ["s2_tm1", "s1_tm1", "s2_t", "s1_t", "s2_tp1", "s1_tp1", "dem"]);
    let rows: Vec<Vec<u32>> =
        samples.rows.iter().map(|s| s.patches.iter().map(|p| p.slot).collect()).collect();
    // Slot 6 is clear and near but holds no data; slot 5 has nothing after it, slot 0 nothing
    // before.
    assert_eq!(rows, [[2, 2, 3, 3, 5, 5, 0], [2, 2, 4, 4, 5, 5, 0]]);
    assert_eq!(samples.rows[0].patches[0].row, u32::MAX);
    assert_eq!((samples.rows[0].row, samples.rows[0].col), (0, 0));
}

#[test]
fn a_single_date_needs_only_radar_and_cloud() {
    let samples = run("ssop_scene", &archive());
    let slots: Vec<u32> = samples.rows.iter().map(|s| s.patches[0].slot).collect();
    assert_eq!(slots, [0, 3, 4, 5]);
}

#[test]
fn the_edge_of_a_swath_is_not_a_clear_scene() {
    let mut scenes = archive();
    // Nothing of what it shows is cloudy, but it shows a twentieth of the tile.
    scenes.push(scene(Sensor::S2, 7, 60, Some(0.0), 95.0));
    let samples = run("os2_scene", &scenes);
    let after = samples.role("s2_tp1").unwrap();
    let at_t = samples.role("s2_t").unwrap();
    let row = samples.rows.iter().find(|s| s.patches[at_t].slot == 3).unwrap();
    assert_eq!(row.patches[after].slot, 5);
}
