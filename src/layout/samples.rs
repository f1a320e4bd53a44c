//! The rows of a layout.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::archive::Sensor;
use crate::error::{Error, Result};
use crate::geo::{Split, Splitter, Stamp};

/// One column of type patch: an input or target by its name, as `s2_t`, `s1_tm1`, `s2_target`,
/// `dem`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Column name.
    pub name: String,
    /// Instrument.
    pub sensor: Sensor,
}

/// One patch of one scene.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PatchRef {
    /// Index along the time axis.
    pub slot: u32,
    /// Row of the patch grid; `u32::MAX` when the patch is the whole scene.
    pub row: u32,
    /// Column of the patch grid; `u32::MAX` when the patch is the whole scene.
    pub col: u32,
    /// Time of acquisition (the DEM: 0).
    pub time: Stamp,
}

/// One row of a layout.
#[derive(Debug, Clone)]
pub struct Sample {
    /// Tile of all its patches.
    pub tile: Arc<str>,
    /// Row of the patch grid.
    pub row: u32,
    /// Column of the patch grid.
    pub col: u32,
    /// Use.
    pub split: Split,
    /// One patch a role, in the order of [`Samples::roles`].
    pub patches: Vec<PatchRef>,
}

impl Sample {
    /// A name for messages and reports: tile, position and time of every role.
    pub fn name(&self) -> String {
        let times: Vec<String> =
            self.patches.iter().filter(|p| p.time.0 != 0).map(|p| p.time.compact()).collect();
        format!("{}/r{}c{}@{}", self.tile, self.row, self.col, times.join("+"))
    }
}

/// All rows of a layout, sorted by (tile, row, col, times): the same for every machine.
#[derive(Debug, Clone)]
pub struct Samples {
    /// Patch columns, in query order.
    pub roles: Vec<Role>,
    /// Rows.
    pub rows: Vec<Sample>,
    /// Name of the layout.
    pub layout: String,
    /// Digest of query and parameters.
    pub query_hash: String,
    /// How ground was split.
    pub splitter: Splitter,
    /// The rule by which a column of the layout told some rows their use instead.
    pub told: Option<String>,
}

/// The snapshots and splits that weights learned from, those of the weights that they began with included.
pub fn taught(about: &BTreeMap<String, String>) -> Vec<(String, String)> {
    let before = about.get("taught").and_then(|text| serde_json::from_str(text).ok());
    let mut all: Vec<(String, String)> = before.unwrap_or_default();
    all.extend(about.get("snapshot").cloned().zip(about.get("split").cloned()));
    all
}

impl Samples {
    /// What decides the use of each row, as text: samples of one archive with the same text never have ground of one in two uses.
    pub fn split_text(&self) -> String {
        let ground = serde_json::json!(self.splitter).to_string();
        match &self.told {
            Some(rule) => format!("{ground} and by {rule}"),
            None => ground,
        }
    }

    /// The rows of one split, in order.
    pub fn of(&self, split: Split) -> Vec<Sample> {
        self.rows.iter().filter(|s| s.split == split).cloned().collect()
    }

    /// The rows of one split in which no other role shows the target's own image: the windows of a
    /// layout may touch, and a network must not be handed the answer.
    pub fn without_answer(&self, split: Split, target: &str) -> Vec<Sample> {
        let Some(at) = self.role(target) else { return self.of(split) };
        let same = |s: &Sample, i: usize| {
            i != at
                && self.roles[i].sensor == self.roles[at].sensor
                && s.patches[i].slot == s.patches[at].slot
        };
        let mut rows = self.of(split);
        rows.retain(|s| !(0..self.roles.len()).any(|i| same(s, i)));
        rows
    }

    /// Refuses weights that learned from `snapshot` by another split than that of these samples, or that go back to such
    /// weights: ground that is kept from learning here may have taught them. `about` is what they say about themselves.
    /// An archive that grew since is another one: of that nothing is known.
    pub fn check_ground(
        &self,
        weights: &Path,
        about: &BTreeMap<String, String>,
        snapshot: &str,
    ) -> Result<()> {
        let here = self.split_text();
        match taught(about).into_iter().find(|(by, split)| by == snapshot && *split != here) {
            Some((_, split)) => Err(Error::usage(format!(
                "{} was trained on another split of this archive: {split}, not {here}",
                weights.display()
            ))
            .hint("give the --split-* and share options of the training, and what its layout splits by, as --set test_from=…")),
            None => Ok(()),
        }
    }

    /// Position of the role whose date is `t`: `s2_t`, or the target where the layout has no other
    /// (it is then the image at t itself), or the first role with a date.
    pub fn reference(&self) -> Option<usize> {
        let dated = || self.roles.iter().position(|r| r.sensor != Sensor::Dem);
        self.role("s2_t").or_else(|| self.role("s2_target")).or_else(dated)
    }

    /// Position of a role by name.
    pub fn role(&self, name: &str) -> Option<usize> {
        self.roles.iter().position(|r| r.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_whose_input_is_the_answer_is_left_out() {
        let role = |name: &str| Role { name: name.into(), sensor: Sensor::S2 };
        let patch = |slot| PatchRef { slot, row: 0, col: 0, time: Stamp(i64::from(slot)) };
        let row = |a, b| Sample {
            tile: "31TCJ".into(),
            row: 0,
            col: 0,
            split: Split::Train,
            patches: vec![patch(a), patch(b)],
        };
        let samples = Samples {
            roles: vec![role("s2_tm1"), role("s2_target")],
            rows: vec![row(1, 2), row(2, 2)],
            layout: "x".into(),
            query_hash: String::new(),
            splitter: Splitter::default(),
            told: None,
        };
        let kept = samples.without_answer(Split::Train, "s2_target");
        assert_eq!(kept.len(), 1);
        assert_eq!(kept[0].patches[0].slot, 1);
    }

    #[test]
    fn weights_and_those_they_go_back_to_must_have_kept_this_ground() {
        let samples = Samples {
            roles: Vec::new(),
            rows: Vec::new(),
            layout: "x".into(),
            query_hash: String::new(),
            splitter: Splitter::default(),
            told: None,
        };
        let here = samples.split_text();
        let about = |snapshot: &str, split: &str, taught: &[(&str, &str)]| {
            let pairs = [
                ("snapshot", snapshot.to_owned()),
                ("split", split.to_owned()),
                ("taught", serde_json::json!(taught).to_string()),
            ];
            pairs.map(|(k, v)| (k.to_owned(), v)).into_iter().collect::<BTreeMap<_, _>>()
        };
        let check = |about| samples.check_ground(Path::new("w"), &about, "this");
        check(BTreeMap::new()).unwrap();
        check(about("this", &here, &[("other", "else")])).unwrap();
        check(about("other", "else", &[("this", &here)])).unwrap();
        check(about("this", "else", &[])).unwrap_err();
        let error = check(about("other", &here, &[("this", "else"), ("more", &here)])).unwrap_err();
        assert!(error.to_string().contains("another split of this archive: else"), "{error}");
        // Rows that a column told their use are another split, one by each rule.
        let by = |rule: &str| Samples { told: Some(rule.into()), ..samples.clone() };
        let asked = |rule: &str, split: &str| {
            by(rule).check_ground(Path::new("w"), &about("this", split, &[]), "this")
        };
        asked("one", &by("one").split_text()).unwrap();
        asked("one", &by("two").split_text()).unwrap_err();
        asked("one", &here).unwrap_err();
        check(about("this", &by("one").split_text(), &[])).unwrap_err();
    }
}
