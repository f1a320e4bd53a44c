//! Tests: the layouts against what the original program found on the same archives.
//!
//! The archives lie outside the repository: in `$ECLAIRCIE_SHARED/data`, or in `../shared/data`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::{Layout, Samples};
use crate::archive::Sensor;
use crate::geo::Splitter;
use crate::sql::Session;
use crate::sql::fixture::{Patch, session};

fn folder() -> Option<PathBuf> {
    let shared = std::env::var_os("ECLAIRCIE_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let folder = shared.join("data/decloud/layouts");
    if !folder.is_dir() {
        eprintln!("NOT TESTED: the original's answers are not at {}", folder.display());
        eprintln!("NOT TESTED: set ECLAIRCIE_SHARED to the folder that holds data/decloud");
        return None;
    }
    Some(folder)
}

/// An archive as patches, and the names of its scenes by sensor and slot.
fn archive(folder: &Path, name: &str) -> (Vec<Patch>, BTreeMap<(Sensor, u32), String>) {
    let text = std::fs::read_to_string(folder.join(format!("archives/{name}.json"))).unwrap();
    let json: Value = serde_json::from_str(&text).unwrap();
    let int = |key: &str| json[key].as_u64().unwrap() as usize;
    let side = int("patch_size") / int("cell_size");
    let (mut patches, mut names) = (Vec::new(), BTreeMap::new());
    for (sensor, key) in [(Sensor::S2, "s2"), (Sensor::S1, "s1")] {
        for (slot, scene) in json[key].as_array().unwrap().iter().enumerate() {
            let name = scene["name"].as_str().unwrap().to_owned();
            let time = (scene["unix_time"].as_f64().unwrap() * 1e6).round() as i64;
            names.insert((sensor, slot as u32), name.clone());
            for row in 0..int("patches_y") {
                for col in 0..int("patches_x") {
                    let counts = |what: &str| -> Vec<f64> {
                        let cell = |i: usize| {
                            let (y, x) = (row * side + i / side, col * side + i % side);
                            scene[what][y][x].as_f64().unwrap()
                        };
                        (0..side * side).map(cell).collect()
                    };
                    let percent = |c: Vec<f64>| {
                        c.iter().map(|n| 100.0 * n / 4096.0).sum::<f64>() / c.len() as f64
                    };
                    patches.push(Patch {
                        sensor,
                        scene: name.clone(),
                        row: row as i32,
                        col: col as i32,
                        time,
                        slot: slot as i32,
                        cloud: (sensor == Sensor::S2).then(|| percent(counts("cloud_pixels"))),
                        valid: counts("nodata_pixels").iter().all(|n| *n == 0.0),
                    });
                }
            }
        }
    }
    (patches, names)
}

fn expected(folder: &Path, name: &str) -> BTreeSet<String> {
    let file = folder.join(format!("expected/{name}.txt.gz"));
    let out = Command::new("gzip").arg("-dc").arg(&file).output().unwrap();
    assert!(out.status.success(), "{}", file.display());
    String::from_utf8(out.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// The samples in the original's words: `x,y|role=optical/radar|…`.
fn lines(
    samples: &Samples,
    names: &BTreeMap<(Sensor, u32), String>,
    roles: &[&str],
    alias: &dyn Fn(&str) -> String,
) -> BTreeSet<String> {
    let line = |s: &super::Sample| {
        let name = |role: &str| {
            let k = samples.role(role)?;
            names.get(&(samples.roles[k].sensor, s.patches[k].slot)).cloned()
        };
        let part = |role: &&str| {
            let column = alias(role);
            let optical = name(&format!("s2_{column}")).unwrap();
            let radar = name(&format!("s1_{role}")).map_or_else(String::new, |r| format!("/{r}"));
            format!("{role}={optical}{radar}")
        };
        let parts: Vec<String> = roles.iter().map(part).collect();
        format!("{},{}|{}", s.col, s.row, parts.join("|"))
    };
    samples.rows.iter().map(line).collect()
}

fn compare(session: &Session, names: &BTreeMap<(Sensor, u32), String>, case: &Case, folder: &Path) {
    let mut layout = Layout::open(case.layout).unwrap();
    layout.set(&case.set.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>()).unwrap();
    let want = expected(folder, case.expected);
    let os1 = case.layout == "os1";
    let alias = move |role: &str| match role {
        "t" if os1 => "target".to_owned(),
        other => other.to_owned(),
    };
    let samples = layout.samples(session, &Splitter::default()).unwrap();
    let got = lines(&samples, names, case.roles, &alias);
    assert_eq!(samples.rows.len(), got.len(), "{}: repeats", case.expected);
    let (missing, extra) = (want.difference(&got).next(), got.difference(&want).next());
    assert!(
        missing.is_none() && extra.is_none(),
        "{}: {} found, {} expected; missing {missing:?}, extra {extra:?}",
        case.expected,
        got.len(),
        want.len()
    );
}

struct Case {
    layout: &'static str,
    set: &'static [&'static str],
    roles: &'static [&'static str],
    expected: &'static str,
}

const fn case(
    layout: &'static str,
    set: &'static [&'static str],
    roles: &'static [&'static str],
    expected: &'static str,
) -> Case {
    Case { layout, set, roles, expected }
}

const OS1: &[&str] = &["tm1", "t", "tp1"];
const OS2: &[&str] = &["tm1", "t", "target", "tp1"];
const SSOP: &[&str] = &["t", "target"];

fn check(name: &str, cases: &[Case]) {
    let Some(folder) = folder() else { return };
    let (patches, names) = archive(&folder, name);
    let (session, _files) = session(&patches);
    for case in cases {
        compare(&session, &names, case, &folder);
    }
}

#[test]
fn the_corner_cases_are_answered_as_the_original_did() {
    check(
        "corner",
        &[
            case("ssop", &[], SSOP, "corner__AL-Meraner-Occitanie"),
            case("os1", &[], OS1, "corner__AL-CRGA-OS1-Occitanie"),
            case("os2", &[], OS2, "corner__AL-CRGA-OS2-Occitanie"),
            case("gfa", &[], OS2, "corner__AL-CRGA-OS2-GFa-Occitanie"),
        ],
    );
}

#[test]
fn a_year_of_real_dates_is_answered_as_the_original_did() {
    let burkina = &["gap_hours=144", "near_hours=144", "far_hours=816"];
    check(
        "real128",
        &[
            case("ssop", &[], SSOP, "real128__AL-Meraner-Occitanie"),
            case("os1", burkina, OS1, "real128__AL-CRGA-OS1-Burkina"),
            case("os2", &[], OS2, "real128__AL-CRGA-OS2-Occitanie"),
            case("gfa", &[], OS2, "real128__AL-CRGA-OS2-GFa-Occitanie"),
        ],
    );
}
