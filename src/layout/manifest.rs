//! The manifest of a sample set: what it takes to make the same set again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Draw, Layout, Samples};
use crate::error::Result;
use crate::geo::Splitter;

/// Version of the form of manifests.
const FORMAT: u32 = 1;

/// A sample set by what it was made from, and what came out (`schemas/manifest.json`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SampleManifest {
    /// Version of this form.
    pub format: u32,
    /// Name of the layout.
    pub layout: String,
    /// Digest of query and parameters.
    pub query: String,
    /// Digest of the catalog, and of the user's own tables where there are some.
    pub snapshot: String,
    /// Parameters of the layout.
    pub parameters: BTreeMap<String, Value>,
    /// How ground was split.
    pub split: Splitter,
    /// What was drawn.
    pub draw: Draw,
    /// Roles, in order.
    pub roles: Vec<String>,
    /// What came out.
    pub counts: SampleCounts,
    /// Digest of all samples with their splits, in order.
    pub samples: String,
}

/// Samples by use, tile and season.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SampleCounts {
    /// All.
    pub all: u64,
    /// By use.
    pub split: BTreeMap<String, u64>,
    /// By tile.
    pub tile: BTreeMap<String, u64>,
    /// By season of t.
    pub season: BTreeMap<String, u64>,
}

impl SampleManifest {
    /// The manifest of samples that a layout found in a snapshot.
    pub fn of(layout: &Layout, samples: &Samples, draw: &Draw, snapshot: &str) -> Self {
        let mut counts = SampleCounts::default();
        let mut digest = blake3::Hasher::new();
        for sample in &samples.rows {
            let add = |to: &mut BTreeMap<String, u64>, key: &str| {
                *to.entry(key.to_owned()).or_default() += 1;
            };
            counts.all += 1;
            add(&mut counts.split, sample.split.name());
            add(&mut counts.tile, &sample.tile);
            add(&mut counts.season, samples.season(sample).name());
            let place = format!("{}/{}/{}", sample.tile, sample.row, sample.col);
            digest.update(format!("{place}/{}", sample.split.name()).as_bytes());
            for patch in &sample.patches {
                digest.update(format!("/{}@{}", patch.slot, patch.time.0).as_bytes());
            }
            digest.update(b"\n");
        }
        Self {
            format: FORMAT,
            layout: layout.name.clone(),
            query: layout.hash(),
            snapshot: snapshot.to_owned(),
            parameters: layout.values(),
            split: samples.splitter.clone(),
            draw: *draw,
            roles: samples.roles.iter().map(|r| r.name.clone()).collect(),
            counts,
            samples: digest.finalize().to_hex()[..32].to_owned(),
        }
    }

    /// The parameters, as [`Layout::set`] takes them.
    pub fn assignments(&self) -> Vec<String> {
        let value = |v: &Value| v.as_str().map_or_else(|| v.to_string(), |t| format!("'{t}'"));
        self.parameters.iter().map(|(n, v)| format!("{n}={}", value(v))).collect()
    }

    /// A layout with the parameters of this manifest, save those that the layout's preset and then
    /// `set` say otherwise. What the layout has no parameter for is left out.
    pub fn set(&self, layout: &mut Layout, set: &[String]) -> Result<()> {
        let chosen = layout.preset_values().to_vec();
        let known = |a: &String| {
            a.split_once('=').is_some_and(|(name, _)| layout.params.iter().any(|(n, _)| n == name))
        };
        let own: Vec<String> = self.assignments().into_iter().filter(known).collect();
        layout.set(&own).map_err(|e| e.context("taking the parameters of the manifest"))?;
        layout.set(&chosen)?;
        layout.set(set)
    }

    /// Whether the samples are the same, whatever they were made from.
    pub fn is_same_set(&self, other: &Self) -> bool {
        self.samples == other.samples && self.roles == other.roles
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::fixture::{Patch, session};

    fn archive() -> Vec<Patch> {
        let mut all = vec![Patch::s1(0, 1.0)];
        all.extend(
            (0..6).map(|i| Patch::s2(i, 24.0 * f64::from(i), if i > 3 { 0.0 } else { 40.0 })),
        );
        all
    }

    fn manifest(layout: &Layout, patches: &[Patch], draw: &Draw) -> SampleManifest {
        let (session, _folder) = session(patches);
        let samples = layout.samples(&session, &Splitter::default()).unwrap().drawn(draw);
        SampleManifest::of(layout, &samples, draw, "snapshot")
    }

    #[test]
    fn the_same_settings_make_the_same_set_and_a_new_date_another() {
        let mut layout = Layout::open("ssop").unwrap();
        layout.set(&["cloud_max=90.5".to_owned()]).unwrap();
        let draw = Draw { per_place: Some(5), ..Draw::default() };
        let first = manifest(&layout, &archive(), &draw);
        assert_eq!((first.counts.all, first.counts.season.get("spring")), (5, Some(&5)));
        let text = serde_json::to_string(&first).unwrap();
        let read: SampleManifest = serde_json::from_str(&text).unwrap();
        assert!(first.differences(&read).is_empty());

        let mut again = Layout::open("ssop").unwrap();
        again.set(&read.assignments()).unwrap();
        let same = manifest(&again, &archive(), &read.draw);
        assert!(read.differences(&same).is_empty(), "{:?}", read.differences(&same));
        assert!(read.is_same_set(&same));

        let mut more = archive();
        more.push(Patch::s2(6, 60.0, 0.0));
        let other = manifest(&again, &more, &Draw::default());
        assert!(!read.is_same_set(&other));
        let lines: Vec<String> = read.differences(&other).iter().map(ToString::to_string).collect();
        assert!(lines[0].starts_with("samples of a place: the manifest says 5"), "{lines:?}");
    }

    #[test]
    fn a_preset_that_is_asked_for_comes_before_the_manifest_and_a_value_before_both() {
        let mut layout = Layout::open("ssop").unwrap();
        layout.set(&["gap_hours=7".to_owned(), "cloud_min=3".to_owned()]).unwrap();
        let mut was = manifest(&layout, &archive(), &Draw::default());
        was.parameters.insert("gone".to_owned(), Value::from(1));
        let value = |layout: &Layout, name: &str| layout.values()[name].to_string();
        let mut plain = Layout::open("ssop").unwrap();
        was.set(&mut plain, &[]).unwrap();
        assert_eq!(
            (value(&plain, "gap_hours"), value(&plain, "cloud_min")),
            ("7".into(), "3".into())
        );
        let mut preset = Layout::open("ssop@burkina").unwrap();
        was.set(&mut preset, &["target_hours=1".to_owned()]).unwrap();
        let values = ["gap_hours", "cloud_min", "target_hours"].map(|n| value(&preset, n));
        assert_eq!(values, ["144", "3", "1"]);
    }

    #[test]
    fn the_schema_names_every_part_of_a_manifest() {
        let schema: Value =
            serde_json::from_str(include_str!("../../schemas/manifest.json")).unwrap();
        let layout = Layout::open("ssop").unwrap();
        let written =
            serde_json::to_value(manifest(&layout, &archive(), &Draw::default())).unwrap();
        // A member that may be empty may be absent, and nothing else is there.
        let check = |list: &Value, written: &Value| {
            let (list, written) = (list.as_array().unwrap(), written.as_object().unwrap());
            for member in list {
                let name = member["name"].as_str().unwrap();
                assert!(member["nullable"] == true || written.contains_key(name), "{name}");
            }
            for key in written.keys() {
                assert!(list.iter().any(|m| m["name"] == key.as_str()), "{key}");
            }
        };
        check(&schema["members"], &written);
        for member in schema["members"].as_array().unwrap() {
            if !member["members"].is_null() {
                check(&member["members"], &written[member["name"].as_str().unwrap()]);
            }
        }
    }
}
