//! WebDataset: members of a tar, and the arrays in them.

use std::collections::BTreeMap;

use eclaircie::{ShardForm, Target};

use super::archive::{entries, write};

/// Names and bytes of the members, read by the format's letter.
pub fn members(tar: &[u8]) -> Vec<(String, Vec<u8>)> {
    let (mut all, mut at) = (Vec::new(), 0);
    while tar[at] != 0 {
        let head = &tar[at..at + 512];
        assert_eq!(&head[257..265], b"ustar\x0000");
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let name = text(&head[..100]).trim_end_matches('\0').to_owned();
        let size = usize::from_str_radix(&text(&head[124..135]), 8).unwrap();
        all.push((name, tar[at + 512..at + 512 + size].to_vec()));
        at += 512 + size.next_multiple_of(512);
    }
    assert!(tar[at..].iter().all(|b| *b == 0) && tar.len() - at >= 1024);
    all
}

#[test]
fn a_tar_has_one_array_a_tensor_and_the_facts_of_each_sample() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.tar");
    write(ShardForm::WebDataset, &Target::File(path.clone()), 1, 5);
    let members = members(&std::fs::read(&path).unwrap());
    let mut samples: BTreeMap<String, BTreeMap<String, Vec<u8>>> = BTreeMap::new();
    for (name, bytes) in members {
        let (key, ending) = name.split_once('.').unwrap();
        assert!(key.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c)), "{key}");
        samples.entry(key.to_owned()).or_default().insert(ending.to_owned(), bytes);
    }
    assert_eq!(samples.len(), 5);
    let names = ["s2_t.npy", "s2_20m_t.npy", "s1_t.npy", "s2_target.npy", "s2_20m_target.npy"];
    for ((key, parts), entry) in samples.iter().zip(entries(5)) {
        assert!(key.contains("_31TCJ_r"), "{key}");
        for (name, pixels) in names.iter().chain(&["dem.npy"]).zip(&entry.pixels) {
            let array = &parts[*name];
            assert_eq!(&array[..8], b"\x93NUMPY\x01\x00");
            let end = 10 + u16::from_le_bytes([array[8], array[9]]) as usize;
            let head = std::str::from_utf8(&array[10..end]).unwrap();
            let kind = if name.starts_with("s1") { "<u2" } else { "<i2" };
            assert!(head.contains(&format!("'descr': '{kind}'")), "{head}");
            assert_eq!(&array[end..], pixels.bytes(), "{name}");
        }
        let facts: serde_json::Value = serde_json::from_slice(&parts["json"]).unwrap();
        assert_eq!(facts["sample"], entry.name.as_str());
        assert_eq!(facts["images"]["s1_t"]["ascending"], true);
        assert_eq!(facts["images"]["s2_t"]["time"], "2018-08-04T10:50:22.620000Z");
        assert_eq!(facts["origin"]["layout"], "ssop");
        assert_eq!(facts["tensors"][2]["bands"], serde_json::json!(["VV", "VH"]));
    }
}
