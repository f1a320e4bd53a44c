//! TFRecord: length, checksum of the length, bytes, checksum of the bytes.

use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::path::Path;
use std::sync::Arc;

use crc32c::{crc32c, crc32c_append};

use super::out::DOING;
use crate::error::{Error, Result, While};
use crate::limits;
use crate::store::masked;

/// Bytes before and after those of a record.
const HEAD: u64 = 12;
const TAIL: u64 = 4;

/// Writes a record whose bytes come in parts.
pub(super) fn write(out: &mut impl Write, parts: &[&[u8]]) -> Result<()> {
    let length: usize = parts.iter().map(|p| p.len()).sum();
    if length as u64 > limits::RECORD_BYTES_MAX {
        return Err(too_large("a sample", length as u64));
    }
    let length = (length as u64).to_le_bytes();
    let mut head = length.to_vec();
    head.extend_from_slice(&masked(crc32c(&length)).to_le_bytes());
    out.write_all(&head).during(|| DOING)?;
    let mut crc = 0;
    for part in parts {
        crc = crc32c_append(crc, part);
        out.write_all(part).during(|| DOING)?;
    }
    out.write_all(&masked(crc).to_le_bytes()).during(|| DOING)
}

/// The bytes of one record, and where they are.
#[derive(Debug)]
pub(super) struct Frame {
    pub path: Arc<Path>,
    /// First byte of the record in the file, after its length.
    pub at: u64,
    /// Number in the file.
    pub number: u64,
    pub bytes: Vec<u8>,
}

/// What is wrong with a shard.
pub(super) fn damaged(path: &Path, at: u64, what: &str) -> Error {
    Error::invalid(format!("{}, byte {at}: {what}", path.display()))
        .hint("the file is no TFRecord, or was cut off or changed: copy or write it again")
}

fn too_large(what: &str, length: u64) -> Error {
    let most = limits::RECORD_BYTES_MAX;
    Error::usage(format!("{what} of {length} bytes is more than {most}, a message's most"))
        .hint("write Arrow, Parquet or WebDataset, or ingest with smaller patches")
}

/// Reads the records of one file in order.
pub(super) struct Frames {
    path: Arc<Path>,
    file: BufReader<File>,
    at: u64,
    end: u64,
    number: u64,
}

impl Frames {
    pub fn open(path: &Arc<Path>) -> Result<Self> {
        let doing = || format!("reading {}", path.display());
        let file = File::open(path).during(doing)?;
        let end = file.metadata().during(doing)?.len();
        let file = BufReader::with_capacity(1 << 20, file);
        Ok(Self { path: path.clone(), file, at: 0, end, number: 0 })
    }

    /// The next record; `None` at the end of the file. Refuses what does not end or does not fit
    /// its checksums.
    pub fn next(&mut self) -> Result<Option<Frame>> {
        let left = self.end.saturating_sub(self.at);
        if left == 0 {
            return Ok(None);
        }
        if left < HEAD {
            return Err(self.fault(format!("the length of a record is cut off after {left} bytes")));
        }
        let head = self.take(HEAD)?;
        let (length, sum) = head.split_at(8);
        if little(sum) != u64::from(masked(crc32c(length))) {
            return Err(self.fault("the length of a record does not fit its checksum"));
        }
        let length = little(length);
        if length > limits::RECORD_BYTES_MAX {
            return Err(too_large("a record", length).context(format!(
                "{}, byte {}",
                self.path.display(),
                self.at
            )));
        }
        if length + HEAD + TAIL > left {
            let here = left - HEAD;
            return Err(self.fault(format!("a record of {length} bytes is cut off after {here}")));
        }
        let bytes = self.take(length)?;
        if little(&self.take(TAIL)?) != u64::from(masked(crc32c(&bytes))) {
            return Err(self.fault(format!(
                "the {length} bytes of record {} do not fit their checksum",
                self.number
            )));
        }
        let frame =
            Frame { path: self.path.clone(), at: self.at + HEAD, number: self.number, bytes };
        self.at += HEAD + length + TAIL;
        self.number += 1;
        Ok(Some(frame))
    }

    /// Grows with what is there, not with what is claimed.
    fn take(&mut self, count: u64) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let doing = || format!("reading {}", self.path.display());
        (&mut self.file).take(count).read_to_end(&mut bytes).during(doing)?;
        match bytes.len() as u64 == count {
            true => Ok(bytes),
            false => Err(self.fault("the file became shorter while it was read")),
        }
    }

    fn fault(&self, what: impl AsRef<str>) -> Error {
        damaged(&self.path, self.at, what.as_ref())
    }
}

fn little(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |all, byte| all << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(bytes: &[u8]) -> (tempfile::TempDir, Arc<Path>) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("0.records");
        std::fs::write(&path, bytes).unwrap();
        (dir, path.into())
    }

    fn read(bytes: &[u8]) -> Result<Vec<Vec<u8>>> {
        let (_dir, path) = file(bytes);
        let mut frames = Frames::open(&path)?;
        let mut all = Vec::new();
        while let Some(frame) = frames.next()? {
            all.push(frame.bytes);
        }
        Ok(all)
    }

    fn written() -> Vec<u8> {
        let mut out = Vec::new();
        write(&mut out, &[b"first ", b"record"]).unwrap();
        write(&mut out, &[]).unwrap();
        write(&mut out, &[&[7; 5000]]).unwrap();
        out
    }

    #[test]
    fn a_record_is_framed_as_tensorflow_does() {
        // The checksums of an empty record: crc32c of eight zeros is 0x8C28B28A, of nothing 0.
        let mut out = Vec::new();
        write(&mut out, &[]).unwrap();
        let sums = [masked(0x8C28_B28A).to_le_bytes(), masked(0).to_le_bytes()].concat();
        assert_eq!(out, [&[0; 8][..], &sums].concat());
        assert_eq!(masked(0), 0xA282_EAD8);
    }

    #[test]
    fn records_come_back_in_order() {
        let all = read(&written()).unwrap();
        assert_eq!(all, [b"first record".to_vec(), Vec::new(), vec![7; 5000]]);
        assert!(read(&[]).unwrap().is_empty());
    }

    #[test]
    fn every_flipped_byte_and_every_cut_is_an_error_with_its_place() {
        let whole = written();
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x10;
            let error = read(&bytes).unwrap_err().to_string();
            assert!(error.contains("0.records, byte "), "{error}");
            // A cut between two records is not seen: nothing says how many there are.
            let between = [0, 28, 44].contains(&at);
            assert_eq!(read(&whole[..at]).is_ok(), between, "cut at {at}");
        }
    }

    #[test]
    fn a_claimed_length_is_never_allocated() {
        for length in [u64::MAX, 1 << 40, 1 << 30] {
            let mut bytes = length.to_le_bytes().to_vec();
            bytes.extend_from_slice(&masked(crc32c(&bytes)).to_le_bytes());
            bytes.extend_from_slice(&[0; 100]);
            let error = read(&bytes).unwrap_err().to_string();
            assert!(error.contains("byte 0") && error.contains(&length.to_string()), "{error}");
        }
    }
}
