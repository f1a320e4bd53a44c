//! Every byte of an archive against its checksum.

use std::fmt;

use rayon::prelude::*;

use super::about::About;
use super::chunks::Chunks;
use super::layer::{Layer, Sensor};
use super::node;
use super::root::Archive;
use super::shard::Shard;
use super::tile::Tile;
use super::times::read_axis;
use super::zarr_store::from_zarrs;
use crate::error::{Error, Result};

/// What [`Archive::verify`] found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VerifyReport {
    /// Shard files that were read.
    pub shards: usize,
    /// Chunks whose checksum is right.
    pub chunks: usize,
    /// Bytes of those shard files.
    pub bytes: u64,
    /// Chunks, shards and cells that are there and wrong.
    pub damaged: Vec<Fault>,
    /// Chunks, shards and cells that should be there.
    pub missing: Vec<Fault>,
    /// (tile, sensor, slot) at which nothing was ever written: an interrupted ingest leaves such
    /// slots, and a tile may have no elevation. A scene of the catalog in one of them is a lost
    /// scene.
    pub unused: Vec<(String, Sensor, usize)>,
}

/// One fault of an archive.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// Tile.
    pub tile: String,
    /// Array, as `s2_10m` or `cells/s1_nodata`.
    pub array: String,
    /// Slot of the time axis.
    pub slot: usize,
    /// Row and column of the shard, for pixels.
    pub shard: Option<(usize, usize)>,
    /// Row and column of the chunk, unless it is the whole shard.
    pub chunk: Option<(usize, usize)>,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tile {}, {}, slot {}", self.tile, self.array, self.slot)?;
        if let Some((row, col)) = self.shard {
            write!(f, ", shard ({row}, {col})")?;
        }
        if let Some((row, col)) = self.chunk {
            write!(f, ", chunk ({row}, {col})")?;
        }
        write!(f, ": {}", self.what)
    }
}

impl VerifyReport {
    /// Whether nothing is damaged and nothing that should be there is missing.
    pub fn is_whole(&self) -> bool {
        self.damaged.is_empty() && self.missing.is_empty()
    }

    fn add(&mut self, mut other: Self) {
        self.shards += other.shards;
        self.chunks += other.chunks;
        self.bytes += other.bytes;
        self.damaged.append(&mut other.damaged);
        self.missing.append(&mut other.missing);
        self.unused.append(&mut other.unused);
    }
}

impl Archive {
    /// Reads every shard and every count that the time axes call for, and checks all checksums.
    /// Faults are listed, sorted; a tile whose metadata or axes cannot be read is one.
    ///
    /// A slot with anything in it must have its sensor's first layer. The 20 m bands and the mask
    /// must be whole where they are, and everywhere if the tile has them in any slot.
    pub fn verify(&self) -> Result<VerifyReport> {
        let mut report = VerifyReport::default();
        for name in self.tiles()? {
            let found = self.tile(&name).and_then(|tile| {
                tile.verify_axes()?;
                let mut all = VerifyReport::default();
                for sensor in [Sensor::S2, Sensor::S1, Sensor::Dem] {
                    all.add(tile.verify_sensor(sensor)?);
                }
                Ok(all)
            });
            match found {
                Ok(found) => report.add(found),
                Err(e) => report.damaged.push(Fault {
                    tile: name,
                    array: "the tile".to_owned(),
                    slot: 0,
                    shard: None,
                    chunk: None,
                    what: e.to_string(),
                }),
            }
        }
        report.damaged.sort();
        report.missing.sort();
        Ok(report)
    }
}

impl Tile {
    /// Reads metadata and axes again from the disk and compares them with what is known.
    fn verify_axes(&self) -> Result<()> {
        let folder = &self.inner.folder;
        let about = About::read(folder)?;
        let mut same = about == self.about_now();
        for sensor in [Sensor::S2, Sensor::S1] {
            same &= read_axis(folder, sensor, about.slots(sensor))? == self.times(sensor)?;
        }
        for factor in [1, 2] {
            let (grid, end) = (about.grid.coarsen(factor)?, node::suffix(factor));
            for (letter, expected) in [("X", grid.x_centres()), ("Y", grid.y_centres())] {
                let name = format!("{}{end}", letter.to_lowercase());
                let found: Option<Vec<f64>> = node::axis(&name, expected.len(), letter)
                    .open(folder)?
                    .retrieve_chunk_if_exists(&[0])
                    .map_err(|e| from_zarrs(format!("reading the axis {name}"), e))?;
                same &= found.is_some_and(|found| found == expected);
            }
        }
        match same {
            true => Ok(()),
            false => Err(Error::corrupt("its axes are not those of its grid and times")),
        }
    }

    fn verify_sensor(&self, sensor: Sensor) -> Result<VerifyReport> {
        let layers: Vec<Layer> = Layer::ALL.into_iter().filter(|l| l.sensor() == sensor).collect();
        let slots = self.slots(sensor);
        let mut there = vec![Vec::new(); slots];
        for (slot, found) in there.iter_mut().enumerate() {
            for &layer in &layers {
                found.push(self.missing(layer, slot)?);
            }
        }
        let mut report = VerifyReport::default();
        for (slot, found) in there.iter().enumerate() {
            let cells = sensor != Sensor::Dem && self.has_cells(sensor, slot)?;
            if found.iter().all(Option::is_none) && !cells {
                report.unused.push((self.name().to_owned(), sensor, slot));
                continue;
            }
            for (i, &layer) in layers.iter().enumerate() {
                if i == 0 || there.iter().any(|f| f[i].is_some()) {
                    report.add(self.verify_layer(layer, slot));
                }
            }
            if sensor != Sensor::Dem {
                self.verify_cells(sensor, slot, &mut report);
            }
        }
        Ok(report)
    }

    fn has_cells(&self, sensor: Sensor, slot: usize) -> Result<bool> {
        for name in super::cells::names(sensor)? {
            if self.inner.folder.file(&format!("cells/{name}/c/{slot}/0/0"))?.exists() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn verify_cells(&self, sensor: Sensor, slot: usize, report: &mut VerifyReport) {
        if let Err(e) = self.read_cells(sensor, slot) {
            let list = if e.is_not_found() { &mut report.missing } else { &mut report.damaged };
            list.push(Fault {
                tile: self.name().to_owned(),
                array: format!("cells of {}", sensor.name()),
                slot,
                shard: None,
                chunk: None,
                what: e.to_string(),
            });
        }
    }

    fn verify_layer(&self, layer: Layer, slot: usize) -> VerifyReport {
        let c = self.chunks(layer);
        let (rows, cols) = c.shards();
        let one = |i: usize| self.verify_shard(&c, slot, (i / cols, i % cols));
        (0..rows * cols).into_par_iter().map(one).reduce(VerifyReport::default, |mut a, b| {
            a.add(b);
            a
        })
    }

    /// Opens the file anew: what the cache holds was verified once, perhaps long ago.
    fn verify_shard(&self, c: &Chunks, slot: usize, at: (usize, usize)) -> VerifyReport {
        let mut report = VerifyReport::default();
        let fault = |chunk, what: String| Fault {
            tile: self.name().to_owned(),
            array: c.layer.name().to_owned(),
            slot,
            shard: Some(at),
            chunk,
            what,
        };
        let shard = match self.inner.folder.file(&c.key(slot, at)) {
            Ok(path) => Shard::open(&path, c.entries()),
            Err(e) => Err(e),
        };
        let shard = match shard {
            Ok(shard) => shard,
            Err(e) if e.is_not_found() => {
                report.missing.push(fault(None, "the shard is not there".to_owned()));
                return report;
            }
            Err(e) => {
                report.damaged.push(fault(None, e.to_string()));
                return report;
            }
        };
        report.shards = 1;
        report.bytes = shard.map().len() as u64;
        for entry in 0..c.entries() {
            let Some(chunk) = c.chunk(at, entry) else { continue };
            match shard.chunk(entry) {
                Ok(_) => report.chunks += 1,
                Err(e) if shard.has(entry) => {
                    report.damaged.push(fault(Some(chunk), e.to_string()));
                }
                Err(e) => report.missing.push(fault(Some(chunk), e.to_string())),
            }
        }
        report
    }
}
