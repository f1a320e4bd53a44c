//! A picture and its PNG.

use crate::error::{Error, Result};
use crate::limits;

/// Eight-bit RGB, `3 * width * height` bytes by rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Red, green, blue of each pixel.
    pub rgb: Vec<u8>,
}

impl Picture {
    /// The picture `factor` times smaller on each side: each pixel is the mean of a box, boxes at
    /// the right and bottom may be smaller. Factors 0 and 1 change nothing.
    #[must_use]
    pub fn shrink(&self, factor: usize) -> Self {
        if factor <= 1 || self.check().is_err() {
            return self.clone();
        }
        let (width, height) = (self.width.div_ceil(factor), self.height.div_ceil(factor));
        let mut rgb = Vec::with_capacity(3 * width * height);
        for y in 0..height {
            let rows = y * factor..((y + 1) * factor).min(self.height);
            for x in 0..width {
                let columns = x * factor..((x + 1) * factor).min(self.width);
                rgb.extend(self.mean(rows.clone(), columns));
            }
        }
        Self { width, height, rgb }
    }

    fn mean(&self, rows: std::ops::Range<usize>, columns: std::ops::Range<usize>) -> [u8; 3] {
        let count = (rows.len() * columns.len()).max(1) as u64;
        let mut sums = [0_u64; 3];
        for y in rows {
            let row = &self.rgb[3 * (y * self.width + columns.start)..][..3 * columns.len()];
            for pixel in row.chunks_exact(3) {
                for (sum, &value) in sums.iter_mut().zip(pixel) {
                    *sum += u64::from(value);
                }
            }
        }
        sums.map(|sum| ((sum + count / 2) / count) as u8)
    }

    /// The picture as PNG bytes. Refuses a picture whose bytes do not fit its size.
    pub fn png(&self) -> Result<Vec<u8>> {
        let (width, height) = self.check()?;
        let failed = |e: png::EncodingError| Error::internal("cannot write a PNG").with_source(e);
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, width, height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(png::Compression::Balanced);
        encoder.set_filter(png::Filter::Adaptive);
        let mut writer = encoder.write_header().map_err(failed)?;
        writer.write_image_data(&self.rgb).map_err(failed)?;
        writer.finish().map_err(failed)?;
        Ok(bytes)
    }

    fn check(&self) -> Result<(u32, u32)> {
        let (width, height, bytes) = (self.width, self.height, self.rgb.len());
        let fits = (1..=limits::SIDE_MAX).contains(&width)
            && (1..=limits::SIDE_MAX).contains(&height)
            && width.checked_mul(height).and_then(|n| n.checked_mul(3)) == Some(bytes);
        if !fits {
            return Err(Error::usage(format!(
                "a picture of {width} x {height} pixels cannot hold {bytes} bytes"
            ))
            .hint("give planes of width * height values each"));
        }
        Ok((width as u32, height as u32))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture() -> Picture {
        let rgb = (0..5 * 3 * 3).map(|i| (i * 37 % 251) as u8).collect();
        Picture { width: 5, height: 3, rgb }
    }

    #[test]
    fn a_png_gives_back_every_pixel() {
        let bytes = picture().png().unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
        let mut out = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut out).unwrap();
        assert_eq!((info.width, info.height, info.color_type), (5, 3, png::ColorType::Rgb));
        assert_eq!(out, picture().rgb);
    }

    #[test]
    fn a_picture_that_lies_about_its_size_is_refused() {
        for (width, height) in [(0, 3), (5, 4), (usize::MAX, 2), (5, usize::MAX)] {
            let lie = Picture { width, height, ..picture() };
            assert!(lie.png().is_err(), "{width} x {height}");
            assert_eq!(lie.shrink(2), lie);
        }
    }

    #[test]
    fn shrinking_takes_the_mean_and_keeps_the_edge() {
        let rgb = [10, 20, 90, 30, 50, 70].iter().flat_map(|&v| [v, v, v]).collect();
        let small = Picture { width: 3, height: 2, rgb }.shrink(2);
        assert_eq!((small.width, small.height), (2, 1));
        assert_eq!(small.rgb, [28, 28, 28, 80, 80, 80]);
    }
}
