//! The folder of an archive.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::about::About;
use super::cache::Cache;
use super::settings::Settings;
use super::tile::Tile;
use super::zarr_store::Folder;
use crate::error::{Error, Result, While};
use crate::geo::Grid;
use crate::limits;
use crate::store::{PendingFolder, check_name, memory_bytes, write_json};

/// An archive: settings, tiles of pixels, a catalog beside them. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Archive {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    root: PathBuf,
    settings: Settings,
    cache: Arc<Cache>,
    /// Open tiles, so that every handle sees the same time axes.
    tiles: Mutex<HashMap<String, Tile>>,
}

impl Archive {
    /// Creates an empty archive, or opens one with the same settings. Refuses one with others.
    pub fn create(root: &Path, settings: Settings) -> Result<Self> {
        settings.check()?;
        let file = root.join("archive.json");
        if !file.exists() {
            write_json(&file, &settings)
                .during(|| format!("creating the archive {}", root.display()))?;
            return Ok(Self::with(root, settings));
        }
        let archive = Self::open(root)?;
        if *archive.settings() != settings {
            let there = archive.settings();
            return Err(Error::usage(format!(
                "the archive {} has patches of {} px and codec {}, not {} px and {}",
                root.display(),
                there.patch,
                there.codec.name(),
                settings.patch,
                settings.codec.name()
            ))
            .hint("use the archive's own settings, or another folder"));
        }
        Ok(archive)
    }

    /// Opens an archive. Refuses another format version.
    pub fn open(root: &Path) -> Result<Self> {
        let file = root.join("archive.json");
        if !file.exists() {
            return Err(Error::not_found(format!("{} holds no archive.json", root.display()))
                .hint("name the folder of an archive, or make one with `eclaircie ingest`"));
        }
        Ok(Self::with(root, Settings::read(&file)?))
    }

    fn with(root: &Path, settings: Settings) -> Self {
        let resident = memory_bytes().map_or(limits::RESIDENT_BYTES, |all| all / 2);
        let inner = Inner {
            root: root.to_owned(),
            settings,
            cache: Arc::new(Cache::new(limits::MAPS_MAX, resident)),
            tiles: Mutex::default(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Sets how many bytes of its files may stay mapped into the process once they were read, for
    /// all handles of this archive; half of the machine's memory if it is not set. What is above goes back to the system's page cache.
    pub fn limit_resident(&self, bytes: usize) {
        self.inner.cache.limit_resident(bytes);
    }

    /// Its folder.
    pub fn root(&self) -> &Path {
        &self.inner.root
    }

    /// Its settings.
    pub fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    /// Names of its tiles, sorted.
    pub fn tiles(&self) -> Result<Vec<String>> {
        let pixels = self.root().join("pixels");
        let doing = || format!("listing {}", pixels.display());
        if !pixels.exists() {
            return Ok(Vec::new());
        }
        let mut names = Vec::new();
        for entry in fs::read_dir(&pixels).during(doing)? {
            let entry = entry.during(doing)?.file_name();
            // Names that start with a dot are folders that were never published.
            if let Some(name) = entry.to_str().and_then(|n| n.strip_suffix(".zarr"))
                && check_name(name).is_ok()
            {
                names.push(name.to_owned());
            }
        }
        names.sort();
        Ok(names)
    }

    /// Opens a tile. Every handle of this process sees the same time axes; what another process
    /// adds later is seen by an archive that is opened later.
    pub fn tile(&self, name: &str) -> Result<Tile> {
        let mut open = self.lock();
        if let Some(tile) = open.get(name) {
            return Ok(tile.clone());
        }
        let folder = self.folder(name)?;
        if !folder.root().join("zarr.json").exists() {
            let known = self.tiles()?.join(", ");
            return Err(Error::not_found(format!(
                "the archive {} has no tile {name}",
                self.root().display()
            ))
            .hint(match known.as_str() {
                "" => "it has no tile yet: ingest a product first".to_owned(),
                known => format!("its tiles are {known}"),
            }));
        }
        let about = About::read(&folder).during(|| format!("opening tile {name}"))?;
        let tile =
            Tile::open(name, folder, self.settings().clone(), self.inner.cache.clone(), about)?;
        open.insert(name.to_owned(), tile.clone());
        Ok(tile)
    }

    /// Creates a tile over a 10 m grid, or opens it if it has the same grid. Refuses another grid.
    pub fn create_tile(&self, name: &str, grid: &Grid) -> Result<Tile> {
        let folder = self.folder(name)?;
        if !folder.root().join("zarr.json").exists() {
            let pending = PendingFolder::new(folder.root())?;
            let aside = Folder::new(pending.path().to_owned());
            let about = About::new(grid, self.settings())?;
            about.publish(&aside, self.settings())?;
            Tile::write_axes(&aside, &about).during(|| format!("creating tile {name}"))?;
            pending.commit()?;
        }
        let tile = self.tile(name)?;
        if tile.grid() != grid {
            return Err(Error::usage(format!(
                "tile {name} lies on {}, not on {grid}",
                tile.grid()
            ))
            .hint("give the other ground another tile name, or resample it to the tile's grid"));
        }
        Ok(tile)
    }

    fn folder(&self, name: &str) -> Result<Folder> {
        let name = check_name(name).map_err(|e| e.context("naming a tile"))?;
        Ok(Folder::new(self.root().join("pixels").join(format!("{name}.zarr"))))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Tile>> {
        // An insertion is whole or did not happen, whatever panicked beside it.
        self.inner.tiles.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
