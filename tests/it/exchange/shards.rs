//! Folders of shards, published whole or not at all.

use std::path::Path;

use eclaircie::{Error, ShardForm, Target};
use serde_json::Value;

use super::archive::{write, write_changed};

const FORMS: [ShardForm; 4] =
    [ShardForm::Arrow, ShardForm::Parquet, ShardForm::WebDataset, ShardForm::TfRecord];

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut all: Vec<String> =
        entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    all.sort();
    all
}

#[test]
fn the_last_shard_holds_the_rest() {
    let root = tempfile::tempdir().unwrap();
    for form in FORMS {
        let folder = root.path().join(form.name());
        let shards = write(form, &Target::Folder(folder.clone()), 3, 7);
        assert_eq!(shards.iter().map(|(_, n)| *n).collect::<Vec<_>>(), [3, 3, 1]);
        let there = names(&folder);
        assert!(shards.iter().all(|(name, _)| there.contains(name)), "{there:?}");
        let beside = if form == ShardForm::TfRecord { 6 } else { 1 };
        assert_eq!(there.len(), 3 + beside, "{there:?}");
    }
    assert_eq!(names(root.path()).len(), FORMS.len());
}

#[test]
fn a_write_that_fails_leaves_nothing() {
    let root = tempfile::tempdir().unwrap();
    for form in FORMS {
        for target in
            [Target::Folder(root.path().join("folder")), Target::File(root.path().join("file.tar"))]
        {
            let fail = |seen: usize, _: &mut eclaircie::Entry| match seen {
                5 => Err(Error::invalid("a bad sample")),
                _ => Ok(()),
            };
            let error = write_changed(form, &target, 2, 10, fail).unwrap_err();
            assert!(error.to_string().contains("a bad sample"), "{error}");
            // In the writer itself: a sample that lacks pixels.
            let lack = |seen: usize, entry: &mut eclaircie::Entry| {
                entry.pixels.truncate(6 - usize::from(seen == 5));
                Ok(())
            };
            let error = write_changed(form, &target, 2, 10, lack).unwrap_err();
            assert!(error.to_string().contains("has no dem"), "{error}");
            assert!(names(root.path()).is_empty(), "{form:?} {target:?}");
        }
    }
}

#[test]
fn a_folder_that_holds_something_is_left_alone() {
    let root = tempfile::tempdir().unwrap();
    std::fs::write(root.path().join("mine"), "mine").unwrap();
    let target = Target::Folder(root.path().to_owned());
    let error = write_changed(ShardForm::Arrow, &target, 2, 4, |_, _| Ok(())).unwrap_err();
    assert_eq!(error.exit_code(), 2);
    assert!(error.to_string().contains("holds files already"), "{error}");
    assert_eq!(names(root.path()), ["mine"]);
}

#[test]
fn the_schema_names_every_part_of_the_manifest() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("shards");
    write(ShardForm::WebDataset, &Target::Folder(folder.clone()), 2, 5);
    let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let written = read(&std::fs::read_to_string(folder.join("shards.json")).unwrap());
    assert_eq!((&written["samples"], &written["form"]), (&5.into(), &"webdataset".into()));
    assert_eq!(written["shards"][2]["samples"], 1);
    let schema = read(include_str!("../../../schemas/shards_manifest.json"));
    check(&schema["members"], &written);
}

#[test]
fn a_tfrecord_says_in_which_order_its_20_m_bands_lie() {
    let root = tempfile::tempdir().unwrap();
    let bands = |form, folder: &str| {
        let folder = root.path().join(folder);
        write(form, &Target::Folder(folder.clone()), 2, 5);
        let written = std::fs::read_to_string(folder.join("shards.json")).unwrap();
        let written: Value = serde_json::from_str(&written).unwrap();
        let tensors = written["tensors"].as_array().unwrap();
        tensors.iter().find(|t| t["name"] == "s2_20m_t").unwrap()["bands"].clone()
    };
    let own = serde_json::json!(["B05", "B06", "B07", "B8A", "B11", "B12"]);
    assert_eq!(bands(ShardForm::WebDataset, "tar"), own);
    let study = serde_json::json!(["B11", "B12", "B05", "B06", "B07", "B8A"]);
    assert_eq!(bands(ShardForm::TfRecord, "tfrecord"), study);
}

/// A member that may be null may be absent, and nothing else is there.
fn check(members: &Value, written: &Value) {
    let object = written.as_object().unwrap();
    for member in members.as_array().unwrap() {
        let name = member["name"].as_str().unwrap();
        assert!(member["nullable"] == true || object.contains_key(name), "{name}");
        for item in written[name].as_array().into_iter().flatten() {
            if !member["members"].is_null() {
                check(&member["members"], item);
            }
        }
    }
    let known = |key: &str| members.as_array().unwrap().iter().any(|m| m["name"] == key);
    assert!(object.keys().all(|key| known(key)), "{object:?}");
}
