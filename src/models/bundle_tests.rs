//! A bundle written here, read, and damaged in every way.

use std::path::Path;

use super::*;
use crate::store::wire;

fn number(out: &mut Vec<u8>, field: u64, value: u64) {
    wire::varint(out, field << 3);
    wire::varint(out, value);
}

fn part(out: &mut Vec<u8>, field: u64, bytes: &[u8]) {
    wire::head(out, field, bytes.len());
    out.extend_from_slice(bytes);
}

/// An entry as TensorFlow writes it.
fn place(dtype: u64, shape: &[u64], offset: usize, size: usize, crc: u32) -> Vec<u8> {
    let mut dimensions = Vec::new();
    for side in shape {
        let mut one = Vec::new();
        number(&mut one, 1, *side);
        part(&mut dimensions, 2, &one);
    }
    let mut out = Vec::new();
    number(&mut out, 1, dtype);
    part(&mut out, 2, &dimensions);
    number(&mut out, 4, offset as u64);
    number(&mut out, 5, size as u64);
    wire::varint(&mut out, 6 << 3 | 5);
    out.extend(masked(crc).to_le_bytes());
    out
}

/// A graph of objects that names the variables of keys.
fn graph(names: &[(&str, &str)]) -> (Vec<u8>, u32) {
    let mut text = Vec::new();
    for (key, name) in names {
        let (mut attribute, mut node) = (Vec::new(), Vec::new());
        part(&mut attribute, 2, name.as_bytes());
        part(&mut attribute, 3, key.as_bytes());
        part(&mut node, 2, &attribute);
        part(&mut text, 1, &node);
    }
    let length = crc32c::crc32c(&(text.len() as u32).to_le_bytes());
    let mut rest = masked(length).to_le_bytes().to_vec();
    rest.extend(&text);
    let mut bytes = Vec::new();
    wire::varint(&mut bytes, text.len() as u64);
    bytes.extend(&rest);
    (bytes, crc32c::crc32c_append(length, &rest))
}

fn block(file: &mut Vec<u8>, pairs: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut content, mut before) = (Vec::new(), "");
    for (key, value) in pairs {
        let shared = before.bytes().zip(key.bytes()).take_while(|(a, b)| a == b).count();
        for n in [shared, key.len() - shared, value.len()] {
            wire::varint(&mut content, n as u64);
        }
        content.extend(&key.as_bytes()[shared..]);
        content.extend(*value);
        before = key;
    }
    content.extend([0, 0, 0, 0, 1, 0, 0, 0]);
    let mut handle = Vec::new();
    wire::varint(&mut handle, file.len() as u64);
    wire::varint(&mut handle, content.len() as u64);
    content.push(0);
    let crc = masked(crc32c::crc32c(&content));
    file.extend(content);
    file.extend(crc.to_le_bytes());
    handle
}

const KERNEL: &str = "layer_with_weights-0/kernel/.ATTRIBUTES/VARIABLE_VALUE";
const BIAS: &str = "layer_with_weights-0/bias/.ATTRIBUTES/VARIABLE_VALUE";

/// The kernel, as some programs store it a second time.
const AGAIN: &str = "variables/0/.ATTRIBUTES/VARIABLE_VALUE";

/// A checkpoint of one layer and some state; returns its index file.
fn write(folder: &Path, named: bool) -> PathBuf {
    let (kernel, bias) = ([1.0f32, 2.0, 3.0, 4.0], [5.0f32, 6.0]);
    let bytes = |values: &[f32]| values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>();
    let (graph, graph_sum) = graph(&[
        (KERNEL, "conv1_relu/kernel"),
        (BIAS, "conv1_relu/bias"),
        (AGAIN, "conv1_relu/kernel"),
    ]);
    let mut data = Vec::new();
    let mut put = |dtype, shape: &[u64], run: &[u8], crc| {
        let entry = place(dtype, shape, data.len(), run.len(), crc);
        data.extend_from_slice(run);
        entry
    };
    let (k, b) = (bytes(&kernel), bytes(&bias));
    // First, so that every cut of the file takes a part of a weight or name.
    let step = put(9, &[], &7u64.to_le_bytes(), crc32c::crc32c(&7u64.to_le_bytes()));
    let kernel = put(1, &[1, 1, 2, 2], &k, crc32c::crc32c(&k));
    let bias = put(1, &[2], &b, crc32c::crc32c(&b));
    let graph = put(7, &[], &graph, graph_sum);
    let head = [8, 1, 0x1A, 2, 8, 1];
    let mut all: Vec<(&str, &[u8])> = vec![
        ("", &head[..]),
        (GRAPH, &graph),
        (BIAS, &bias),
        (KERNEL, &kernel),
        ("save_counter", &step),
    ];
    match named {
        true => all.push((AGAIN, &kernel)),
        false => drop(all.remove(1)),
    }
    let mut file = Vec::new();
    let blocks = [block(&mut file, &all[..2]), block(&mut file, &all[2..])];
    let none = block(&mut file, &[]);
    let top = block(&mut file, &[(GRAPH, &blocks[0]), ("z", &blocks[1])]);
    let mut footer = [none, top].concat();
    footer.resize(40, 0);
    file.extend(footer);
    file.extend(0xdb47_7524_8b80_fb57_u64.to_le_bytes());
    std::fs::write(folder.join("variables.index"), file).unwrap();
    std::fs::write(folder.join("variables.data-00000-of-00001"), data).unwrap();
    folder.join("variables.index")
}

fn read(path: &Path) -> Result<Vec<(String, Entry, Vec<u8>)>> {
    let mut bundle = Bundle::open(path)?;
    let entries = bundle.entries();
    entries.into_iter().map(|(n, e)| bundle.bytes(&n).map(|b| (n, e, b))).collect()
}

#[test]
fn variables_are_found_by_their_names_or_else_by_their_layers() {
    let dir = tempfile::tempdir().unwrap();
    for (named, names) in [
        (true, ["conv1_relu/bias", "conv1_relu/kernel"]),
        (false, ["layer_with_weights-0/bias", "layer_with_weights-0/kernel"]),
    ] {
        let index = write(dir.path(), named);
        let all = read(&index).unwrap();
        assert_eq!(all.iter().map(|(n, ..)| n.as_str()).collect::<Vec<_>>(), names);
        assert_eq!(all[1].1, Entry { dtype: Dtype::F32, shape: vec![1, 1, 2, 2] });
        assert_eq!(all[0].2[..4], 5.0f32.to_le_bytes());
        assert_eq!(Bundle::open(dir.path()).unwrap().left_out(), ["save_counter"]);
    }
}

#[test]
fn a_cut_or_changed_bundle_is_an_error_and_never_other_weights() {
    let dir = tempfile::tempdir().unwrap();
    let index = write(dir.path(), true);
    let good = read(&index).unwrap();
    for name in ["variables.index", "variables.data-00000-of-00001"] {
        let path = dir.path().join(name);
        let bytes = std::fs::read(&path).unwrap();
        for at in 0..bytes.len() {
            std::fs::write(&path, &bytes[..at]).unwrap();
            assert!(read(&index).is_err(), "{name} cut at {at}");
            for flip in [1u8, 0x80, 0xFF] {
                let mut changed = bytes.clone();
                changed[at] ^= flip;
                std::fs::write(&path, &changed).unwrap();
                // The counter is never read, and what pads the footer means nothing.
                if let Ok(read) = read(&index) {
                    assert_eq!(read, good, "{name} byte {at} ^ {flip}");
                }
            }
        }
        std::fs::write(&path, &bytes).unwrap();
    }
}

#[test]
fn entries_that_lie_are_refused_before_anything_is_allocated() {
    let dir = tempfile::tempdir().unwrap();
    let shards = || {
        let path = dir.path().join("data");
        std::fs::write(&path, [0; 64]).unwrap();
        vec![(path.clone(), File::open(path).unwrap())]
    };
    let check = |entry: &[u8]| Place::parse(entry).and_then(|p| p.within(&shards()));
    check(&place(1, &[4, 4], 0, 64, 0)).unwrap();
    let huge = u64::MAX as usize;
    for (entry, says) in [
        (place(1, &[4, 4], 1, 64, 0), "outside"),
        (place(1, &[4, 4], huge, 64, 0), "outside"),
        (place(1, &[4, 4], 0, huge, 0), "outside"),
        (place(1, &[4, 5], 0, 64, 0), "[4, 5] with 64 bytes"),
        (place(1, &[u64::MAX, 2], 0, 64, 0), "too large"),
        (place(1, &[1 << 31, 1 << 31, 1 << 31], 0, 64, 0), "with 64 bytes"),
        (place(8, &[4, 4], 0, 64, 0), "type 8"),
        (vec![0x0A, 200, 1], "are left"),
    ] {
        let error = check(&entry).unwrap_err().to_string();
        assert!(error.contains(says), "{says}: {error}");
    }
}
