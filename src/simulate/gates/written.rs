//! What a run has written, as a reader finds it: products, truth, and nothing else.

use std::path::{Path, PathBuf};

use gdal::Dataset;
use gdal::raster::GdalType;

use super::super::plan::{Calendar, Sensor, jobs};
use super::super::world::World;
use crate::error::{Error, Result, While};
use crate::geo::Stamp;
use crate::store::read_json;

/// A simulated world on disk.
pub(super) struct Written {
    root: PathBuf,
    pub world: World,
    pub tiles: Vec<Tile>,
}

/// What there is of a tile, in order of time.
pub(super) struct Tile {
    pub name: String,
    pub optical: Vec<Optical>,
    pub radar: Vec<Radar>,
    /// Optical passes of the calendar: those without a product were too cloudy.
    pub passes: usize,
}

/// One Sentinel-2 product and its truth.
pub(super) struct Optical {
    pub name: String,
    pub time: Stamp,
    pub product: PathBuf,
    pub truth: PathBuf,
}

/// One Sentinel-1 acquisition.
pub(super) struct Radar {
    pub time: Stamp,
    pub vv: PathBuf,
    pub vh: PathBuf,
}

/// One line of the log of events.
pub(super) struct Logged {
    pub field: u32,
    pub time: Stamp,
    pub what: String,
}

impl Written {
    /// Lists a folder that `simulate` has filled.
    pub fn open(root: &Path) -> Result<Self> {
        let world: World = read_json(&root.join("truth/world.json"))
            .map_err(|e| e.hint("name the folder that `eclaircie simulate` has filled"))?;
        world.check()?;
        let all = jobs(&world, &Calendar::of(&world)?);
        let tiles = world.tiles.iter().enumerate().map(|(at, name)| {
            let passes = all.iter().filter(|j| j.tile == at && j.sensor == Sensor::Optical);
            Tile::list(root, name, passes.count())
        });
        Ok(Self { root: root.to_owned(), tiles: tiles.collect::<Result<_>>()?, world })
    }

    /// The field that owns each pixel of a tile.
    pub fn fields(&self, tile: &str) -> Result<Vec<u32>> {
        let path = self.root.join("truth/fields").join(format!("{tile}.tif"));
        read(&path, self.world.side)
    }

    /// What the fields of a tile are, by number.
    pub fn covers(&self, tile: &str) -> Result<Vec<String>> {
        let path = self.root.join("truth/fields").join(format!("{tile}.csv"));
        rows(&path, |row| row.get(1).map(str::to_owned))
    }

    /// Elevation of the 20 m pixels of a tile.
    pub fn heights(&self, tile: &str) -> Result<Vec<i16>> {
        read(&self.root.join("products/DEM").join(format!("{tile}.tif")), self.world.side / 2)
    }

    /// The events of a tile.
    pub fn events(&self, tile: &str) -> Result<Vec<Logged>> {
        let all = rows(&self.root.join("truth/events.csv"), |row| {
            let field = row.get(1)?.parse().ok()?;
            let time = Stamp::parse(row.get(2)?).ok()?;
            Some((row.get(0)? == tile, Logged { field, time, what: row.get(3)?.to_owned() }))
        })?;
        Ok(all.into_iter().filter_map(|(ours, e)| ours.then_some(e)).collect())
    }
}

impl Tile {
    fn list(root: &Path, tile: &str, passes: usize) -> Result<Self> {
        let mut optical = Vec::new();
        for name in names(&root.join("products/S2").join(tile))? {
            let Some(time) = name.split('_').nth(1).and_then(instant) else { continue };
            let place = |room: &str| root.join(room).join("S2").join(tile).join(&name);
            let (product, truth) = (place("products"), place("truth"));
            optical.push(Optical { name, time, product, truth });
        }
        optical.sort_by_key(|o| o.time);
        let folder = root.join("products/S1").join(tile);
        let mut radar = Vec::new();
        for name in names(&folder)? {
            let time = name.trim_end_matches(".tif").rsplit('_').next().and_then(instant);
            if let (Some(time), true) = (time, name.contains("_vv_")) {
                let vh = folder.join(name.replace("_vv_", "_vh_"));
                radar.push(Radar { time, vv: folder.join(name), vh });
            }
        }
        radar.sort_by_key(|r| r.time);
        Ok(Self { name: tile.to_owned(), optical, radar, passes })
    }
}

impl Optical {
    /// One band as it was seen, or as it was.
    pub fn band(&self, band: &str, truth: bool, side: usize) -> Result<Vec<i16>> {
        let folder = if truth { &self.truth } else { &self.product };
        read(&folder.join(format!("{}_FRE_{band}.tif", self.name)), side)
    }

    /// Bits of the processor's cloud mask.
    pub fn mask(&self, side: usize) -> Result<Vec<u8>> {
        read(&self.product.join(format!("MASKS/{}_CLM_R1.tif", self.name)), side)
    }

    /// 1 outside the swath.
    pub fn edge(&self, side: usize) -> Result<Vec<u8>> {
        read(&self.product.join(format!("MASKS/{}_EDG_R1.tif", self.name)), side)
    }

    /// What was in the sky: 0 clear, 1 cloud, 2 thin cloud, 3 shadow.
    pub fn sky(&self, side: usize) -> Result<Vec<u8>> {
        read(&self.truth.join(format!("MASKS/{}_CLD_R1.tif", self.name)), side)
    }
}

/// The one band of a file that has to be `side` x `side`.
pub(super) fn read<T: Copy + GdalType>(path: &Path, side: usize) -> Result<Vec<T>> {
    let doing = || format!("reading {}", path.display());
    let broken = |e: gdal::errors::GdalError| {
        Error::invalid("not a raster that can be read")
            .hint("remove the folder and simulate it again")
            .with_source(e)
            .context(doing())
    };
    let file = Dataset::open(path).map_err(broken)?;
    if file.raster_size() != (side, side) {
        let (width, height) = file.raster_size();
        let text = format!("{width} x {height} pixels where {side} x {side} belong");
        return Err(Error::invalid(text).context(doing()));
    }
    let band = file.rasterband(1).map_err(broken)?;
    Ok(band.read_as::<T>((0, 0), (side, side), (side, side), None).map_err(broken)?.data().to_vec())
}

/// Lines of a CSV file after its head; a line that `of` does not understand is an error.
fn rows<T>(path: &Path, of: impl Fn(&csv::StringRecord) -> Option<T>) -> Result<Vec<T>> {
    let again = "remove the folder and simulate it again";
    let mut file = csv::Reader::from_path(path).map_err(|e| {
        Error::not_found(format!("reading {}", path.display())).hint(again).with_source(e)
    })?;
    let mut out = Vec::new();
    for row in file.records() {
        let row = row.ok().and_then(|r| of(&r));
        out.push(row.ok_or_else(|| {
            let text = format!("{}: line {} is broken", path.display(), out.len() + 2);
            Error::invalid(text).hint(again)
        })?);
    }
    Ok(out)
}

fn names(folder: &Path) -> Result<Vec<String>> {
    let mut out = Vec::new();
    for entry in std::fs::read_dir(folder).during(|| format!("listing {}", folder.display()))? {
        let entry = entry.during(|| format!("listing {}", folder.display()))?;
        out.extend(entry.file_name().into_string().ok());
    }
    out.sort();
    Ok(out)
}

/// `20180804-105022-460` or `20180804t174500`.
fn instant(text: &str) -> Option<Stamp> {
    let digits = |a: usize, b: usize| text.get(a..b)?.parse::<u32>().ok();
    let year = i32::try_from(digits(0, 4)?).ok()?;
    let (hour, minute, second) = (digits(9, 11)?, digits(11, 13)?, digits(13, 15)?);
    Stamp::from_ymd_hms(year, digits(4, 6)?, digits(6, 8)?, hour, minute, second)
}
