//! What a file holds, in few letters.

use std::path::Path;

use crate::error::{Result, While};

/// BLAKE3 of a file's bytes.
pub(crate) fn hash(path: &Path) -> Result<blake3::Hash> {
    let doing = || format!("reading {}", path.display());
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(std::fs::File::open(path).during(doing)?).during(doing)?;
    Ok(hasher.finalize())
}

/// The same in hexadecimal.
#[cfg(feature = "torch")]
pub fn digest(path: &Path) -> Result<String> {
    Ok(hash(path)?.to_hex().to_string())
}

#[cfg(all(test, feature = "torch"))]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_told_by_its_bytes() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        std::fs::write(&path, b"").unwrap();
        // The digest of nothing, from the paper of BLAKE3.
        let none = "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262";
        assert_eq!(digest(&path).unwrap(), none);
        std::fs::write(&path, b"a").unwrap();
        assert_ne!(digest(&path).unwrap(), none);
        assert!(digest(&dir.path().join("b")).is_err());
    }
}
