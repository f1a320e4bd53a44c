//! The study's shards: there and back, and damaged.

use std::path::{Path, PathBuf};

use eclaircie::{Contents, Sensor, ShardForm, Target};
use serde_json::{Value, json};

use super::archive::{contents, entries, read_back, write};

fn shards(root: &Path, samples: usize) -> PathBuf {
    let folder = root.join("shards");
    write(ShardForm::TfRecord, &Target::Folder(folder.clone()), 3, samples);
    folder
}

fn json_file(path: PathBuf) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn names(contents: &Contents) -> Vec<(&str, [usize; 3])> {
    let mut all: Vec<_> = contents.tensors.iter().map(|t| (t.name.as_str(), t.shape())).collect();
    all.sort_unstable();
    all
}

#[test]
fn what_is_read_back_is_what_was_written() {
    let root = tempfile::tempdir().unwrap();
    let folder = shards(root.path(), 7);
    let (told, back) = read_back(&folder).unwrap();
    let (written, ..) = contents();
    assert_eq!(names(&told), names(&written));
    assert_eq!(back.len(), 7);
    assert_eq!(back[6].name, "2#0");
    for (back, entry) in back.iter().zip(entries(7)) {
        for (i, tensor) in written.tensors.iter().enumerate() {
            let at = told.tensors.iter().position(|t| t.name == tensor.name).unwrap();
            assert_eq!(back.pixels[at].bytes(), entry.pixels[i].bytes(), "{}", tensor.name);
        }
        for (i, role) in written.roles.iter().enumerate() {
            let at = told.roles.iter().position(|r| r.name == role.name).unwrap();
            assert_eq!(back.images[at].ascending, entry.images[i].ascending);
            assert_eq!(back.images[at].time, entry.images[i].time, "{}", role.name);
            assert_eq!(back.images[at].time.is_none(), role.sensor == Sensor::Dem);
        }
        let (a, b) = (back.corners.unwrap(), entry.corners.unwrap());
        assert!(a.iter().zip(b).all(|(a, b)| *a == f64::from(b as f32)));
    }
}

#[test]
fn the_files_beside_the_shards_are_those_that_the_study_reads() {
    let root = tempfile::tempdir().unwrap();
    let folder = shards(root.path(), 7);
    let types = json!({
        "dem": "int16", "s1_t": "uint16", "s1_ascending_t": "bool", "s1_timestamp_t": "float64",
        "s2_t": "int16", "s2_20m_t": "int16", "s2_timestamp_t": "float64",
        "s2_target": "int16", "s2_20m_target": "int16", "s2_timestamp_target": "float64",
    });
    assert_eq!(json_file(folder.join("output_types.json")), types);
    let shapes = json_file(folder.join("output_shape.json"));
    assert_eq!(shapes["s2_20m_t"], json!([null, 32, 32, 6]));
    assert_eq!(shapes["s2_timestamp_t"], json!([null]));
    assert_eq!(shapes["dem"], json!([null, 32, 32, 1]));
    let outlines = json_file(folder.join("1.geojson"));
    assert_eq!(outlines["name"], "1_geoinfo");
    let features = outlines["features"].as_array().unwrap();
    assert_eq!(features.len(), 3);
    assert_eq!(features[2]["properties"]["sample_id"], 2);
    let ring = features[0]["geometry"]["coordinates"][0].as_array().unwrap();
    assert!(ring.len() == 5 && ring[0] == ring[4]);
}

#[test]
fn a_damaged_shard_is_named_with_its_place() {
    let root = tempfile::tempdir().unwrap();
    let folder = shards(root.path(), 7);
    let file = folder.join("1.records");
    let whole = std::fs::read(&file).unwrap();
    for at in [3, 9, 20, 5_000, whole.len() - 2] {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        std::fs::write(&file, bytes).unwrap();
        let error = read_back(&folder).unwrap_err();
        assert!(error.to_string().contains("1.records, byte "), "{error}");
    }
    std::fs::write(&file, &whole[..whole.len() - 700]).unwrap();
    let error = read_back(&folder).unwrap_err().to_string();
    assert!(error.contains("1.records, byte ") && error.contains("cut off"), "{error}");
}

/// A record with right checksums around any bytes.
fn framed(message: &[u8]) -> Vec<u8> {
    let masked = |bytes: &[u8]| {
        crc32c::crc32c(bytes).rotate_right(15).wrapping_add(0xA282_EAD8).to_le_bytes()
    };
    let length = (message.len() as u64).to_le_bytes();
    [&length[..], &masked(&length), message, &masked(message)].concat()
}

/// `tf.train.Example` with one feature whose value is a serialised tensor.
fn example(name: &str, tensor: &[u8]) -> Vec<u8> {
    let wrap = |field: u8, inner: &[u8]| {
        assert!(inner.len() < 128);
        [&[field << 3 | 2, inner.len() as u8], inner].concat()
    };
    let value = wrap(1, &wrap(1, tensor));
    wrap(1, &wrap(1, &[wrap(1, name.as_bytes()), wrap(2, &value)].concat()))
}

#[test]
fn messages_that_are_no_samples_are_refused_with_their_place() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("x.tfrecord");
    // int16, two rows, one column, one band, four bytes.
    let dem =
        b"\x08\x05\x12\x0c\x12\x02\x08\x02\x12\x02\x08\x01\x12\x02\x08\x01\x22\x04\x01\x00\x02\x00";
    let one = framed(&example("dem", dem));
    std::fs::write(&path, &one).unwrap();
    let (_, back) = read_back(&path).unwrap();
    assert_eq!(back[0].pixels[0].bytes(), [1, 0, 2, 0]);
    let endless = [&[0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F][..], &[0; 20]];
    let refused = [
        (example("weather", dem), "feature weather is none that the study writes"),
        (example("s2_t", dem), "[2, 1, 1] of int16, expected [y, x, 4] of int16"),
        (example("dem", &dem[..20]), "bytes where"),
        (
            example("dem", b"\x08\x05\x12\x0c\x12\x02\x08\x00\x12\x02\x08\x01\x12\x02\x08\x01"),
            "[0, 1, 1]",
        ),
        (example("s2_timestamp_t", dem), "role s2_t without pixels"),
        (example("../x", dem), "none that the study writes"),
        (example("dem_a/b", dem), "cannot name a tensor"),
        (endless.concat(), "bytes where 20 are left"),
        (vec![0xFF; 40], "more than 64 bits"),
        (b"not protobuf at all".to_vec(), "byte"),
    ];
    for (message, what) in refused {
        std::fs::write(&path, framed(&message)).unwrap();
        let error = read_back(&path).unwrap_err().to_string();
        assert!(error.contains(what), "{what}: {error}");
    }
    // The second record is another kind of sample.
    let other = framed(&example("dem_b", dem));
    std::fs::write(&path, [one.clone(), other].concat()).unwrap();
    let error = read_back(&path).unwrap_err().to_string();
    let place = format!("x.tfrecord, byte {}", one.len() + 12);
    assert!(error.contains(&place) && error.contains("feature dem is missing"), "{error}");
}

#[test]
fn no_message_ends_the_program() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("x.tfrecord");
    let dem =
        b"\x08\x05\x12\x0c\x12\x02\x08\x02\x12\x02\x08\x01\x12\x02\x08\x01\x22\x04\x01\x00\x02\x00";
    let message = example("dem", dem);
    let mut refused = 0;
    for at in 0..message.len() {
        for byte in [0, 1, 0x0A, 0x12, 0x7F, 0x80, 0xFF] {
            let mut bytes = message.clone();
            bytes[at] = byte;
            std::fs::write(&path, framed(&bytes)).unwrap();
            if let Err(error) = read_back(&path) {
                assert!(!error.to_string().contains("panicked"), "{at} {byte}: {error}");
                refused += 1;
            }
        }
    }
    assert!(refused > 100, "{refused}");
}
