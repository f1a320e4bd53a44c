//! A safetensors file: its head is checked against its length, its tensors are read one by one.
//! Nothing in such a file is ever executed.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use safetensors::tensor::Metadata;

use super::source::{Entry, Source};
use crate::error::{Error, Result, While};
use crate::limits;

/// An opened file.
pub(super) struct Stored {
    file: File,
    data: u64,
    metadata: Metadata,
}

impl Stored {
    /// Opens a file and checks its header against its length; no tensor is read. Refuses other
    /// formats by name, and files larger than any network of the study could need.
    pub fn open(path: &Path) -> Result<Self> {
        let mut file = File::open(path).during(|| "opening the file")?;
        let size = file.metadata().during(|| "asking its size")?.len();
        if size > limits::WEIGHTS_BYTES_MAX {
            let max = limits::WEIGHTS_BYTES_MAX;
            return Err(Error::invalid(format!("it holds {size} bytes, more than {max}")));
        }
        let mut start = [0u8; 8];
        let got = file.by_ref().take(8).read(&mut start).during(|| "reading its header")?;
        let length = u64::from_le_bytes(start);
        // A header of 640 bytes begins as a pickle does: other formats are looked for where it is no length.
        if got < 8 || length < 2 || length > size - 8 {
            foreign(&start[..got])?;
            return Err(not_safetensors(
                "its first eight bytes are no header length, or it is cut short",
            ));
        }
        if length > limits::WEIGHTS_HEADER_MAX {
            let max = limits::WEIGHTS_HEADER_MAX;
            return Err(not_safetensors(&format!(
                "a header of {length} bytes is larger than {max}"
            )));
        }
        let mut header = vec![0u8; length as usize];
        file.read_exact(&mut header).during(|| "reading its header")?;
        let metadata: Metadata = serde_json::from_slice(&header)
            .map_err(|e| not_safetensors("its header is not right").with_source(e))?;
        let data = 8 + length;
        let expected = data + metadata.data_len() as u64;
        if expected != size {
            return Err(Error::invalid(format!(
                "it holds {size} bytes but its header says {expected}"
            ))
            .hint("the file was cut short or has been added to: copy it again"));
        }
        Ok(Self { file, data, metadata })
    }

    /// A text that the file carries beside its tensors.
    pub fn label(&self, key: &str) -> Option<&str> {
        self.metadata.metadata().as_ref().and_then(|m| m.get(key)).map(String::as_str)
    }
}

impl Source for Stored {
    fn entries(&self) -> BTreeMap<String, Entry> {
        let entry = |(name, info): (String, &safetensors::tensor::TensorInfo)| {
            (name, Entry { dtype: info.dtype, shape: info.shape.clone() })
        };
        self.metadata.tensors().into_iter().map(entry).collect()
    }

    fn bytes(&mut self, name: &str) -> Result<Vec<u8>> {
        let missing = || Error::internal(format!("the file has no tensor {}", name.escape_debug()));
        let (from, to) = self.metadata.info(name).ok_or_else(missing)?.data_offsets;
        let mut bytes = vec![0u8; to.saturating_sub(from)];
        let place = SeekFrom::Start(self.data + from as u64);
        self.file.seek(place).during(|| format!("finding {name}"))?;
        self.file.read_exact(&mut bytes).during(|| format!("reading {name}"))?;
        Ok(bytes)
    }
}

/// Refuses by content the formats that people try, since two of them can run code when opened.
fn foreign(start: &[u8]) -> Result<()> {
    let what = match start {
        [0x80, 2..=5, ..] => "a Python pickle",
        [b'P', b'K', 3, 4, ..] => "a zip file (a PyTorch checkpoint, TorchScript or Keras archive)",
        [0x89, b'H', b'D', b'F', ..] => "an HDF5 file (Keras weights)",
        [] => "an empty file",
        _ => return Ok(()),
    };
    Err(not_safetensors(&format!("it is {what}")))
}

fn not_safetensors(why: &str) -> Error {
    Error::invalid(format!("not a safetensors file: {why}")).hint(
        "give a *.safetensors file; pickles are never opened, and TorchScript by a card with \
             network = \"torchscript\"",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_whose_length_looks_like_a_pickle_is_read_and_a_pickle_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.safetensors");
        for length in [640_usize, 896, 1152, 1408] {
            let mut header = r#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#.to_owned();
            header += &" ".repeat(length - header.len());
            let file = [&(length as u64).to_le_bytes()[..], header.as_bytes(), &[7]].concat();
            std::fs::write(&path, file).unwrap();
            assert_eq!(Stored::open(&path).unwrap().bytes("a").unwrap(), [7]);
        }
        std::fs::write(&path, b"\x80\x02}q\x00(X\x01\x00\x00\x00aq\x01K\x01u.").unwrap();
        assert!(Stored::open(&path).err().unwrap().to_string().contains("a Python pickle"));
    }
}
