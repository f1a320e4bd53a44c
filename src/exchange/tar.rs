//! Tar (ustar): members that are plain files, the same bytes for the same members.

use std::io::Write;

use super::out::{DOING, Out, flush};
use crate::error::{Error, Result, While};

const BLOCK: usize = 512;
/// Letters of a member's name that the header holds.
const NAME: usize = 100;
/// A size is eleven octal digits.
const SIZE_MAX: u64 = 1 << 33;

/// An archive being written.
pub(super) struct Tar {
    out: Out,
}

impl Tar {
    pub fn new(out: Out) -> Self {
        Self { out }
    }

    /// Adds a member whose bytes come in parts.
    pub fn add(&mut self, name: &str, parts: &[&[u8]]) -> Result<()> {
        let size: usize = parts.iter().map(|p| p.len()).sum();
        self.out.write_all(&header(name, size as u64)?).during(|| DOING)?;
        for part in parts {
            self.out.write_all(part).during(|| DOING)?;
        }
        let rest = size.next_multiple_of(BLOCK) - size;
        self.out.write_all(&[0; BLOCK][..rest]).during(|| DOING)
    }

    /// Two empty blocks end an archive.
    pub fn close(mut self) -> Result<()> {
        self.out.write_all(&[0; 2 * BLOCK]).during(|| DOING)?;
        flush(self.out)
    }
}

fn header(name: &str, size: u64) -> Result<[u8; BLOCK]> {
    if name.len() > NAME || size >= SIZE_MAX {
        return Err(Error::usage(format!("{name} of {size} bytes does not fit a tar archive"))
            .hint(format!("names have at most {NAME} letters, members less than 8 GiB")));
    }
    let mut block = [0; BLOCK];
    let mut put = |at: usize, text: &[u8]| block[at..at + text.len()].copy_from_slice(text);
    put(0, name.as_bytes());
    put(100, b"0000644\0");
    put(108, b"0000000\0");
    put(116, b"0000000\0");
    put(124, format!("{size:011o}\0").as_bytes());
    put(136, b"00000000000\0");
    // The sum is taken with blanks in its own place.
    put(148, b"        ");
    put(156, b"0");
    put(257, b"ustar\x0000");
    let sum: u32 = block.iter().map(|b| u32::from(*b)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    Ok(block)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_says_name_size_and_sum() {
        let block = header("00000000.json", 1234).unwrap();
        assert_eq!(&block[..14], b"00000000.json\0");
        assert_eq!(&block[124..136], b"00000002322\0");
        let mut blank = block;
        blank[148..156].fill(b' ');
        let sum: u32 = blank.iter().map(|b| u32::from(*b)).sum();
        assert_eq!(block[148..156], *format!("{sum:06o}\0 ").as_bytes());
        assert!(header(&"x".repeat(101), 0).is_err());
        assert!(header("x", 1 << 33).is_err());
    }
}
