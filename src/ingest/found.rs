//! What a product family says of a scene before any pixel is read, and how its pixels are asked
//! for.

use std::path::{Path, PathBuf};

use super::walk::Folder;
use crate::archive::{Layer, Sensor, Values};
use crate::error::Result;
use crate::geo::{Grid, Stamp, Window};

/// One family of products.
pub(super) trait Family {
    /// What its products are called, for the message when nothing was recognised.
    fn names(&self) -> &'static str;
    /// Products that lie directly in a folder, by name alone.
    fn recognise(&self, folder: &Folder) -> Vec<PathBuf>;
    /// Whether the folder itself belongs to one product, so that nothing is looked for below it.
    fn owns(&self, folder: &Folder) -> bool {
        let _ = folder;
        false
    }
    /// The scenes of a recognised product, or what is wrong with it. `tile` is the user's name, if
    /// any.
    fn describe(&self, product: &Path, tile: Option<&str>) -> Result<Vec<Found>>;
}

/// A scene that can be converted.
pub(super) struct Found {
    /// The product, for messages.
    pub path: PathBuf,
    /// Stable name, without the processing version.
    pub scene: String,
    /// Processing version: of two products of one scene, the greater text wins.
    pub version: String,
    pub sensor: Sensor,
    pub tile: String,
    pub time: Stamp,
    /// Name of the family.
    pub product: &'static str,
    pub platform: String,
    pub orbit: Option<i32>,
    pub direction: Option<String>,
    /// The 10 m grid of the tile that it lies on.
    pub grid: Grid,
    pub fingerprint: String,
    pub source: Box<dyn Source>,
}

/// How to get at the pixels of a scene; holds no open file.
pub(super) trait Source: Send + Sync {
    /// The layers that it fills.
    fn layers(&self) -> Vec<Layer>;
    /// Opens its files.
    fn open(&self) -> Result<Box<dyn Pixels>>;
}

/// Open files of a scene.
pub(super) trait Pixels {
    /// All bands of a layer over a window of the layer's pixels, converted to the stored type.
    fn read(&mut self, layer: Layer, window: Window) -> Result<Values>;
}

/// Whether a text names a tile of the Sentinel-2 tiling: two digits, three capitals.
pub(super) fn is_tile(text: &str) -> bool {
    let b = text.as_bytes();
    b.len() == 5
        && b[..2].iter().all(u8::is_ascii_digit)
        && b[2..].iter().all(u8::is_ascii_uppercase)
}

/// Each value `factor` times along rows and columns: a band of larger pixels on a finer grid.
pub(super) fn repeat<T: Copy>(values: &[T], width: usize, factor: usize) -> Vec<T> {
    if factor == 1 {
        return values.to_vec();
    }
    let mut out = Vec::with_capacity(values.len() * factor * factor);
    for row in values.chunks(width) {
        let start = out.len();
        out.extend(row.iter().flat_map(|v| std::iter::repeat_n(*v, factor)));
        let end = out.len();
        for _ in 1..factor {
            out.extend_from_within(start..end);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repetition_keeps_the_ground() {
        assert_eq!(repeat(&[1, 2, 3, 4], 2, 2), [1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4]);
    }

    #[test]
    fn tiles_are_told_from_other_words() {
        assert!(is_tile("31TCJ") && is_tile("07HFE"));
        assert!(!is_tile("T31TC") && !is_tile("31tcj") && !is_tile("31TCJX") && !is_tile("é1TC"));
    }
}
