//! One acquisition of one sensor over one tile.

use std::path::PathBuf;

use crate::archive::{Archive, Sensor};
use crate::error::Result;
use crate::geo::Stamp;

/// A row of `scenes.parquet`.
#[derive(Debug, Clone, PartialEq)]
pub struct Scene {
    /// Stable name, from the product.
    pub scene: String,
    /// Instrument.
    pub sensor: Sensor,
    /// Tile, as `31TCJ`.
    pub tile: String,
    /// Time of acquisition.
    pub time: Stamp,
    /// Index along the time axis of the tile's arrays of this sensor.
    pub slot: u32,
    /// Family of product that it came from: `theia-l2a`, `s1tiling`, `dem`, `series`.
    pub product: String,
    /// `S2A`, `S1B`, …; empty if unknown.
    pub platform: String,
    /// Relative orbit, if known.
    pub orbit: Option<i32>,
    /// `ASC` or `DES`, if known.
    pub direction: Option<String>,
    /// Cloudy share of the pixels with data, percent; none for radar.
    pub cloud_percent: Option<f64>,
    /// Share of pixels without data, percent.
    pub nodata_percent: f64,
    /// Reflectance = stored * scale + offset.
    pub scale: f64,
    /// See `scale`.
    pub offset: f64,
    /// Digest of the source files' names, sizes and times: equal means "nothing to do".
    pub fingerprint: String,
}

/// The tables of an archive.
#[derive(Debug, Clone)]
pub struct Catalog {}

impl Catalog {
    /// The catalog of an archive; empty if nothing was ingested.
    pub fn open(archive: &Archive) -> Result<Self> {
        let _ = archive;
        todo!()
    }
    /// All scenes, sorted by (tile, sensor, time, scene).
    pub fn scenes(&self) -> &[Scene] {
        todo!()
    }
    /// Adds or replaces scenes by their name, then writes `scenes.parquet` and the patch tables of the tiles
    /// concerned, from the archive's cells. Each file is published whole, scenes last.
    pub fn upsert(&mut self, scenes: Vec<Scene>) -> Result<()> {
        let _ = scenes;
        todo!()
    }
    /// `catalog/scenes.parquet`, if it exists.
    pub fn scenes_file(&self) -> Option<PathBuf> {
        todo!()
    }
    /// The patch tables of a sensor, one file a tile.
    pub fn patch_files(&self, sensor: Sensor) -> Result<Vec<PathBuf>> {
        let _ = sensor;
        todo!()
    }
    /// Digest of the whole catalog: changes when anything in it does.
    pub fn snapshot(&self) -> Result<String> {
        todo!()
    }
}
