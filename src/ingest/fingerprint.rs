//! The digest of a product's files that tells "already ingested" from "new processing".

use std::path::PathBuf;
use std::time::UNIX_EPOCH;

use crate::error::{Result, While};

/// blake3 over the files' names, sizes and times of change, in the order of their names. `part`
/// tells the scenes of one file apart.
pub(super) fn fingerprint(files: &[PathBuf], part: usize) -> Result<String> {
    let mut files: Vec<&PathBuf> = files.iter().collect();
    files.sort();
    let mut hasher = blake3::Hasher::new();
    for file in files {
        let meta = std::fs::metadata(file).during(|| format!("looking at {}", file.display()))?;
        let time = meta.modified().during(|| format!("looking at {}", file.display()))?;
        let nanos = match time.duration_since(UNIX_EPOCH) {
            Ok(after) => after.as_nanos() as i128,
            Err(before) => -(before.duration().as_nanos() as i128),
        };
        let name = file.file_name().unwrap_or_default().as_encoded_bytes();
        hasher.update(&(name.len() as u64).to_le_bytes());
        hasher.update(name);
        hasher.update(&meta.len().to_le_bytes());
        hasher.update(&nanos.to_le_bytes());
    }
    hasher.update(&(part as u64).to_le_bytes());
    Ok(hasher.finalize().to_hex().to_string())
}
