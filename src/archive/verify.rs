//! Every byte of an archive against its checksum.

use std::collections::BTreeSet;
use std::fmt;

use rayon::prelude::*;
use serde_json::Value;

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
use crate::store::read_json;

/// A slot of a tile's sensor.
pub type Slot = (String, Sensor, usize);

/// Whether what a slot holds must be whole.
type Owned<'a> = &'a dyn Fn(&Tile, Sensor, usize) -> Result<bool>;

/// [`Fault::array`] of a tile that cannot be opened.
const TILE: &str = "the tile";

/// [`Fault::array`] of metadata and axes.
const AXES: &str = "the axes";

/// What [`Archive::verify`] or [`Archive::verify_owned`] found.
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
    /// Slots that need not be whole, because no scene owns them: an interrupted ingest leaves such
    /// slots, and a tile may have no elevation. Their bytes are not read.
    pub unused: Vec<Slot>,
}

/// One fault of an archive.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// Tile.
    pub tile: String,
    /// Sensor; none for a fault of the whole tile.
    pub sensor: Option<Sensor>,
    /// Array, as `s2_10m` or `cells of s1`; `the tile` if it cannot be opened, `the axes` if they
    /// or the metadata are not what they were.
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
        write!(f, "tile {}, {}", self.tile, self.array)?;
        if self.sensor.is_some() {
            write!(f, ", slot {}", self.slot)?;
        }
        if let Some((row, col)) = self.shard {
            write!(f, ", shard ({row}, {col})")?;
        }
        if let Some((row, col)) = self.chunk {
            write!(f, ", chunk ({row}, {col})")?;
        }
        write!(f, ": {}", self.what)
    }
}

impl Fault {
    /// A fault of the whole tile.
    fn of_tile(tile: &str, array: &str, what: String) -> Self {
        let (tile, array) = (tile.to_owned(), array.to_owned());
        Self { tile, sensor: None, array, slot: 0, shard: None, chunk: None, what }
    }

    /// A fault of a slot as a whole.
    pub(crate) fn of_slot(place: Slot, array: String, what: String) -> Self {
        let (tile, sensor, slot) = place;
        Self { tile, sensor: Some(sensor), array, slot, shard: None, chunk: None, what }
    }

    /// Whether it makes a slot unreadable, in part or wholly.
    pub fn touches(&self, tile: &str, sensor: Sensor, slot: usize) -> bool {
        let here = match self.sensor {
            Some(own) => own == sensor && self.slot == slot,
            None => self.array == TILE,
        };
        here && self.tile == tile
    }

    /// Whether the axes of a tile are wrong while the tile can be opened.
    pub fn is_of_axes(&self) -> bool {
        self.sensor.is_none() && self.array == AXES
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
    /// Checks every slot that holds anything, for an archive without a catalog; see
    /// [`Archive::verify_owned`].
    pub fn verify(&self) -> Result<VerifyReport> {
        self.verify_tiles(self.tiles()?, &|tile, sensor, slot| tile.holds(sensor, slot))
    }

    /// Reads every shard and every count of the slots that scenes own, and checks all checksums.
    /// Faults are listed, sorted; a tile whose metadata or axes cannot be read is one. Whatever the
    /// other slots hold, they are only listed as unused.
    ///
    /// An owned slot must have its sensor's first layer. The 20 m bands and the mask must be whole
    /// where they are, and everywhere if the tile has them in any owned slot.
    pub fn verify_owned(&self, owned: &BTreeSet<Slot>) -> Result<VerifyReport> {
        let mut names = self.tiles()?;
        names.extend(owned.iter().map(|(tile, ..)| tile.clone()));
        names.sort();
        names.dedup();
        self.verify_tiles(names, &|tile, sensor, slot| {
            Ok(owned.contains(&(tile.name().to_owned(), sensor, slot)))
        })
    }

    fn verify_tiles(&self, names: Vec<String>, owned: Owned) -> Result<VerifyReport> {
        let mut report = VerifyReport::default();
        for name in names {
            let tile = match self.tile(&name) {
                Ok(tile) => tile,
                Err(e) => {
                    let gone = e.is_not_found();
                    let list = if gone { &mut report.missing } else { &mut report.damaged };
                    list.push(Fault::of_tile(&name, TILE, e.to_string()));
                    continue;
                }
            };
            if let Err(e) = tile.verify_axes() {
                report.damaged.push(Fault::of_tile(&name, AXES, e.to_string()));
            }
            for sensor in [Sensor::S2, Sensor::S1, Sensor::Dem] {
                report.add(tile.verify_sensor(sensor, owned)?);
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
        let group: Value = read_json(&folder.root().join("zarr.json"))?;
        for (name, layer) in node::band_axes() {
            // The group of an earlier program says nothing of such an array.
            if group["consolidated_metadata"]["metadata"].get(&name).is_some() {
                let found: Option<Vec<String>> = node::bands(&name, layer)
                    .open(folder)?
                    .retrieve_chunk_if_exists(&[0])
                    .map_err(|e| from_zarrs(format!("reading the axis {name}"), e))?;
                same &= found.is_some_and(|found| found == layer.bands());
            }
        }
        match same {
            true => Ok(()),
            false => Err(Error::corrupt("its axes are not those of its grid and times")),
        }
    }

    fn verify_sensor(&self, sensor: Sensor, owned: Owned) -> Result<VerifyReport> {
        let layers: Vec<Layer> = Layer::ALL.into_iter().filter(|l| l.sensor() == sensor).collect();
        let mut report = VerifyReport::default();
        let mut there = Vec::new();
        for slot in 0..self.slots(sensor) {
            if !owned(self, sensor, slot)? {
                report.unused.push((self.name().to_owned(), sensor, slot));
                continue;
            }
            let found = layers.iter().map(|l| Ok(self.missing(*l, slot)?.is_some()));
            there.push((slot, found.collect::<Result<Vec<bool>>>()?));
        }
        for (slot, found) in &there {
            if !found.contains(&true) {
                let place = (self.name().to_owned(), sensor, *slot);
                let array = layers.first().map_or_else(String::new, |l| l.name().to_owned());
                report.missing.push(Fault::of_slot(place, array, "no pixel is there".to_owned()));
                continue;
            }
            for (i, &layer) in layers.iter().enumerate() {
                if i == 0 || there.iter().any(|(_, f)| f[i]) {
                    report.add(self.verify_layer(layer, *slot));
                }
            }
            if sensor != Sensor::Dem {
                self.verify_cells(sensor, *slot, &mut report);
            }
        }
        Ok(report)
    }

    /// Whether anything was written to a slot.
    fn holds(&self, sensor: Sensor, slot: usize) -> Result<bool> {
        for layer in Layer::ALL.into_iter().filter(|l| l.sensor() == sensor) {
            if self.missing(layer, slot)?.is_some() {
                return Ok(true);
            }
        }
        if sensor == Sensor::Dem {
            return Ok(false);
        }
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
            let place = (self.name().to_owned(), sensor, slot);
            let array = format!("cells of {}", sensor.name());
            list.push(Fault::of_slot(place, array, e.to_string()));
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
            sensor: Some(c.layer.sensor()),
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
            shard.ahead(entry);
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
