//! The tables of an archive.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::number::tile_number;
use super::scene::{Scene, from_rows, to_rows};
use super::schema::scenes_schema;
use super::{patches, table};
use crate::archive::{Archive, Layer, Sensor, Tile};
use crate::error::{Error, Result, While};
use crate::limits;
use crate::store::hash;

/// The tables of an archive.
#[derive(Debug, Clone)]
pub struct Catalog {
    archive: Archive,
    scenes: Vec<Scene>,
}

impl Catalog {
    /// The catalog of an archive; empty if nothing was ingested. Refuses a table with other
    /// columns, a damaged one, and tables of patches without `scenes.parquet`.
    pub fn open(archive: &Archive) -> Result<Self> {
        let mut catalog = Self::anew(archive);
        let Some(file) = catalog.scenes_file() else {
            if catalog.folder().join("patches").exists() {
                let file = catalog.scenes_path();
                let text = format!("{} is gone, and tables of patches are there", file.display());
                return Err(Error::corrupt(text).hint(table::RESTORE));
            }
            return Ok(catalog);
        };
        for batch in table::read(&file, &scenes_schema()?, limits::SCENES_MAX)? {
            let rows = from_rows(&batch).map_err(|e| {
                Error::corrupt(format!("reading {}", file.display()))
                    .with_source(e)
                    .hint(table::RESTORE)
            })?;
            catalog.scenes.extend(rows);
        }
        catalog.scenes.sort_by(|a, b| a.order().cmp(&b.order()));
        Ok(catalog)
    }

    /// An empty catalog, whatever the files say: the start of a repair.
    pub(crate) fn anew(archive: &Archive) -> Self {
        Self { archive: archive.clone(), scenes: Vec::new() }
    }

    /// The archive whose tables these are.
    pub fn archive(&self) -> &Archive {
        &self.archive
    }

    /// All scenes, sorted by (tile, sensor, time, scene).
    pub fn scenes(&self) -> &[Scene] {
        &self.scenes
    }

    /// Adds or replaces scenes by their name (within tile and sensor), then writes the patch tables
    /// of the tiles concerned, from the archive's cells, and `scenes.parquet`. Each file is
    /// published whole, scenes last. Refuses a scene that the archive does not hold whole, a time
    /// that is not its slot's, and two scenes in one slot; nothing is then written.
    pub fn upsert(&mut self, scenes: Vec<Scene>) -> Result<()> {
        let mut concerned = BTreeSet::new();
        let mut all: BTreeMap<(String, Sensor, String), Scene> =
            self.scenes.iter().map(|s| (key(s), s.clone())).collect();
        for scene in scenes {
            self.check(&scene).during(|| format!("cataloguing scene {}", scene.scene))?;
            concerned.insert((scene.tile.clone(), scene.sensor));
            all.insert(key(&scene), scene);
        }
        let mut all: Vec<Scene> = all.into_values().collect();
        if all.len() > limits::SCENES_MAX {
            return Err(Error::usage(format!(
                "a catalog holds at most {} scenes, not {}",
                limits::SCENES_MAX,
                all.len()
            )));
        }
        all.sort_by(|a, b| a.order().cmp(&b.order()));
        check_slots(&all)?;
        check_numbers(&all)?;
        if self.scenes_file().is_none() {
            self.write_scenes(&[])?;
        }
        for (tile, sensor) in concerned {
            self.write_patches(&all, &tile, sensor)?;
        }
        self.write_scenes(&all)?;
        self.scenes = all;
        Ok(())
    }

    /// Writes a table of patches again from the archive's cells. Nothing is done for a tile and
    /// sensor without scenes.
    #[cfg(any(feature = "gdal", test))]
    pub(crate) fn mend_patches(&self, tile: &str, sensor: Sensor) -> Result<()> {
        match self.scenes.iter().any(|s| s.tile == tile && s.sensor == sensor) {
            true => self.write_patches(&self.scenes, tile, sensor),
            false => Ok(()),
        }
    }

    /// Gives scenes another fingerprint; their pixels are not looked at.
    #[cfg(feature = "gdal")]
    pub(crate) fn mark(
        &mut self,
        chosen: impl Fn(&Scene) -> bool,
        fingerprint: &str,
    ) -> Result<()> {
        let mut all = self.scenes.clone();
        for scene in all.iter_mut().filter(|s| chosen(s)) {
            scene.fingerprint = fingerprint.to_owned();
        }
        if all != self.scenes {
            self.write_scenes(&all)?;
            self.scenes = all;
        }
        Ok(())
    }

    fn write_patches(&self, all: &[Scene], tile: &str, sensor: Sensor) -> Result<()> {
        let rows: Vec<&Scene> =
            all.iter().filter(|s| s.tile == tile && s.sensor == sensor).collect();
        let patch = self.archive.settings().patch;
        let path = self.patch_file(tile, sensor);
        patches::write(&path, &self.archive.tile(tile)?, patch, &rows)
            .during(|| format!("writing the patches of tile {tile}, {}", sensor.name()))
    }

    fn write_scenes(&self, all: &[Scene]) -> Result<()> {
        let rows = std::iter::once(to_rows(all));
        table::write(&self.scenes_path(), scenes_schema()?, rows)
    }

    /// `catalog/scenes.parquet`, if it exists.
    pub fn scenes_file(&self) -> Option<PathBuf> {
        Some(self.scenes_path()).filter(|path| path.exists())
    }

    /// The patch tables of a sensor, one file a tile, sorted by tile. A table that is gone is an
    /// error.
    pub fn patch_files(&self, sensor: Sensor) -> Result<Vec<PathBuf>> {
        let tiles: BTreeSet<&str> =
            self.scenes.iter().filter(|s| s.sensor == sensor).map(|s| s.tile.as_str()).collect();
        let files = tiles.into_iter().map(|tile| {
            let path = self.patch_file(tile, sensor);
            match path.exists() {
                true => Ok(path),
                false => Err(Error::corrupt(format!("{} is gone", path.display()))
                    .hint("ingest the products again with --repair")),
            }
        });
        files.collect()
    }

    /// Digest of the whole catalog: changes when anything in it does. Reads every table once.
    pub fn snapshot(&self) -> Result<String> {
        let mut files: Vec<PathBuf> = self.scenes_file().into_iter().collect();
        for sensor in [Sensor::S2, Sensor::S1, Sensor::Dem] {
            files.extend(self.patch_files(sensor)?);
        }
        let mut all = blake3::Hasher::new();
        for path in files {
            let name = path.strip_prefix(self.archive.root()).unwrap_or(&path);
            all.update(name.to_string_lossy().as_bytes());
            all.update(hash(&path)?.as_bytes());
        }
        Ok(all.finalize().to_hex().to_string())
    }

    /// Refuses a scene that the archive does not hold.
    fn check(&self, scene: &Scene) -> Result<()> {
        scene.check()?;
        let tile = self.archive.tile(&scene.tile)?;
        let (sensor, slot) = (scene.sensor, scene.slot as usize);
        let times = tile.times(sensor)?;
        if slot >= times.len() || (sensor != Sensor::Dem && times[slot] != scene.time) {
            return Err(Error::usage(format!(
                "slot {slot} of {} on tile {} is not at {}",
                sensor.name(),
                scene.tile,
                scene.time
            ))
            .hint("set the times of the tile before its scenes are catalogued"));
        }
        check_pixels(&tile, sensor, slot)?;
        if sensor != Sensor::Dem {
            tile.read_cells(sensor, slot)?;
        }
        Ok(())
    }

    fn folder(&self) -> PathBuf {
        self.archive.root().join("catalog")
    }

    fn scenes_path(&self) -> PathBuf {
        self.folder().join("scenes.parquet")
    }

    pub(super) fn patch_file(&self, tile: &str, sensor: Sensor) -> PathBuf {
        let folder = self.folder().join("patches").join(format!("tile={tile}"));
        folder.join(Path::new(sensor.name()).with_extension("parquet"))
    }
}

fn key(scene: &Scene) -> (String, Sensor, String) {
    (scene.tile.clone(), scene.sensor, scene.scene.clone())
}

/// Every shard of the sensor's first layer must be there; other layers may be absent, never partly.
fn check_pixels(tile: &Tile, sensor: Sensor, slot: usize) -> Result<()> {
    for (i, layer) in Layer::ALL.into_iter().filter(|l| l.sensor() == sensor).enumerate() {
        let what = match tile.missing(layer, slot)? {
            Some(missing) if missing.is_empty() => continue,
            Some(missing) => format!("{} shards of {}", missing.len(), layer.name()),
            None if i > 0 => continue,
            None => format!("all of {}", layer.name()),
        };
        return Err(Error::usage(format!(
            "{what} at slot {slot} of tile {} is missing",
            tile.name()
        ))
        .hint("write the pixels of a scene before it is catalogued"));
    }
    Ok(())
}

fn check_slots(scenes: &[Scene]) -> Result<()> {
    let mut taken = BTreeMap::new();
    for s in scenes {
        if let Some(other) = taken.insert((&s.tile, s.sensor, s.slot), &s.scene) {
            return Err(Error::usage(format!(
                "scenes {other} and {} of tile {} share slot {} of {}",
                s.scene,
                s.tile,
                s.slot,
                s.sensor.name()
            ))
            .hint("give each scene a slot of its own"));
        }
    }
    Ok(())
}

fn check_numbers(scenes: &[Scene]) -> Result<()> {
    let mut taken = BTreeMap::new();
    for s in scenes {
        let other = taken.insert(tile_number(&s.tile), &s.tile);
        if let Some(other) = other
            && *other != s.tile
        {
            return Err(Error::usage(format!(
                "tiles {other} and {} have the same number in tables of patches",
                s.tile
            ))
            .hint("give one of them another name"));
        }
    }
    Ok(())
}
