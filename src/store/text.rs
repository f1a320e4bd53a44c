//! Small text files, bounded.

use std::path::Path;

use serde::{Serialize, de::DeserializeOwned};

use super::publish;
use crate::error::{Error, Result, While};
use crate::limits;

/// Reads a small UTF-8 file. Refuses more than `limits::TEXT_BYTES_MAX` (4 MiB).
pub fn read_text(path: &Path) -> Result<String> {
    let size = std::fs::metadata(path).during(|| format!("reading {}", path.display()))?.len();
    if size > limits::TEXT_BYTES_MAX {
        return Err(Error::invalid(format!(
            "{} holds {size} bytes, more than {}",
            path.display(),
            limits::TEXT_BYTES_MAX
        )));
    }
    std::fs::read_to_string(path).during(|| format!("reading {}", path.display()))
}

/// Reads a small JSON file into a type. Refuses what [`read_text`] refuses, and other JSON.
pub fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T> {
    serde_json::from_str(&read_text(path)?).map_err(|e| {
        Error::invalid(format!("{} is not what it should be", path.display())).with_source(e)
    })
}

/// Publishes a value as indented JSON.
pub fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<()> {
    let mut text = serde_json::to_string_pretty(value)
        .map_err(|e| Error::internal(format!("cannot write {}", path.display())).with_source(e))?;
    text.push('\n');
    publish(path, text.as_bytes())
}
