//! The archives of the reference, and what the original program found in them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::archive::Sensor;
use crate::sql::fixture::Patch;

/// Names of scenes by sensor and slot.
pub(super) type Names = BTreeMap<(Sensor, u32), String>;

/// An archive as patches.
pub(super) struct Reference {
    pub patches: Vec<Patch>,
    pub names: Names,
    /// Rows and columns inside the region of interest.
    pub roi: BTreeSet<(i32, i32)>,
}

pub(super) fn json(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

impl Reference {
    pub fn read(folder: &Path, name: &str) -> Self {
        let json = json(&folder.join(format!("archives/{name}.json")));
        let int = |key: &str| json[key].as_u64().unwrap() as usize;
        let side = int("patch_size") / int("cell_size");
        let cells = |value: &Value, row: usize, col: usize| -> Vec<f64> {
            let cell = |i: usize| value[row * side + i / side][col * side + i % side].as_f64();
            (0..side * side).map(|i| cell(i).unwrap()).collect()
        };
        let (mut patches, mut names, mut roi) = (Vec::new(), Names::new(), BTreeSet::new());
        let places = (0..int("patches_y")).flat_map(|r| (0..int("patches_x")).map(move |c| (r, c)));
        for (sensor, key) in [(Sensor::S2, "s2"), (Sensor::S1, "s1")] {
            for (slot, scene) in json[key].as_array().unwrap().iter().enumerate() {
                let name = scene["name"].as_str().unwrap().to_owned();
                names.insert((sensor, slot as u32), name.clone());
                for (row, col) in places.clone() {
                    let counts = |what: &str| cells(&scene[what], row, col);
                    let percent = |c: Vec<f64>| {
                        c.iter().map(|n| 100.0 * n / 4096.0).sum::<f64>() / c.len() as f64
                    };
                    patches.push(Patch {
                        sensor,
                        scene: name.clone(),
                        row: row as i32,
                        col: col as i32,
                        time: (scene["unix_time"].as_f64().unwrap() * 1e6).round() as i64,
                        slot: slot as i32,
                        cloud: (sensor == Sensor::S2).then(|| percent(counts("cloud_pixels"))),
                        valid: counts("nodata_pixels").iter().all(|n| *n == 0.0),
                    });
                }
            }
        }
        for (row, col) in places {
            if cells(&json["roi"], row, col).iter().all(|n| *n != 0.0) {
                roi.insert((row as i32, col as i32));
            }
        }
        Self { patches, names, roi }
    }
}

/// The sorted lines of an answer, repeats kept.
pub(super) fn expected(folder: &Path, name: &str) -> Vec<String> {
    let file = folder.join(format!("expected/{name}.txt.gz"));
    let out = Command::new("gzip").arg("-dc").arg(&file).output().unwrap();
    assert!(out.status.success(), "{}", file.display());
    let text = String::from_utf8(out.stdout).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.sort_unstable();
    lines
}
