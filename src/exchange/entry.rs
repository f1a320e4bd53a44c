//! One sample as files hold it.

use std::sync::Arc;

use crate::archive::Patch;
use crate::geo::{Split, Stamp};
use crate::stream::Weigh;

/// A sample with its pixels, wherever it comes from.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its name; unique where it comes from.
    pub name: String,
    /// Where it lies in an archive; unknown for samples from shards.
    pub place: Option<Place>,
    /// Longitude and latitude of the upper left corner, then of the lower right one, degrees.
    pub corners: Option<[f64; 4]>,
    /// What is known of the image of each role, in order.
    pub images: Vec<Image>,
    /// `[band, y, x]` of each tensor, in order.
    pub pixels: Vec<Patch>,
}

/// A place of an archive and its use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Tile.
    pub tile: Arc<str>,
    /// Row of the patch grid.
    pub row: u32,
    /// Column of the patch grid.
    pub col: u32,
    /// Use.
    pub split: Split,
}

/// What is known of one image.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Image {
    /// Time of acquisition.
    pub time: Option<Stamp>,
    /// Name of the scene.
    pub scene: Option<Arc<str>>,
    /// Radar: whether the orbit ascends.
    pub ascending: Option<bool>,
}

impl Weigh for Entry {
    fn bytes(&self) -> usize {
        let pixels: usize = self.pixels.iter().map(|p| p.bytes().len()).sum();
        size_of::<Self>() + size_of_val(self.images.as_slice()) + self.name.len() + pixels
    }
}
