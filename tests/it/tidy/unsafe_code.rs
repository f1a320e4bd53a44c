//! `unsafe` lives in the files that are named for it, and nowhere else.

use super::rust::{Rust, line, words};
use super::{refuse, tree};

const ALLOWED: [&str; 9] = [
    "src/archive/zarr_store.rs",
    "src/ingest/raster.rs",
    "src/store/map.rs",
    "src/tensors/batch.rs",
    "src/tensors/calls.rs",
    "src/tensors/cuda.rs",
    "src/tensors/heap.rs",
    "src/tensors/lane.rs",
    "src/tensors/lane_tests.rs",
];

fn faults(path: &str, rust: &Rust) -> Vec<String> {
    if ALLOWED.contains(&path) {
        return Vec::new();
    }
    let told = |at| format!("{path}:{}: unsafe outside its files", line(&rust.code, at));
    words(&rust.code, "unsafe").map(told).collect()
}

#[test]
fn unsafe_code_lives_in_its_named_files() {
    let files = tree::rust_files();
    refuse(&files.iter().flat_map(|(path, rust)| faults(path, rust)).collect::<Vec<_>>());
}

#[test]
fn unsafe_code_elsewhere_is_seen() {
    let rust = Rust::new("// unsafe\n#![deny(unsafe_code)]\nfn a() { unsafe { b(\"unsafe\") } }\n");
    assert_eq!(faults("src/geo.rs", &rust), ["src/geo.rs:3: unsafe outside its files"]);
    assert!(faults("src/store/map.rs", &rust).is_empty());
}
