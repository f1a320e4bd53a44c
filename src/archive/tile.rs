//! One tile of the archive.

use std::path::Path;
use std::sync::{Arc, RwLock};

use super::about::About;
use super::cache::Cache;
use super::chunks::Chunks;
use super::layer::{Layer, Sensor};
use super::node;
use super::settings::Settings;
use super::times::Times;
use super::zarr_store::{Folder, from_zarrs};
use crate::error::{Error, Result};
use crate::geo::Grid;

/// The arrays of one tile. Cheap to clone; reads may run in parallel.
///
/// Writes of different slots or shards may run in parallel too; of one shard, the last one stays.
#[derive(Debug, Clone)]
pub struct Tile {
    pub(super) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) name: String,
    pub(super) folder: Folder,
    pub(super) settings: Settings,
    pub(super) cache: Arc<Cache>,
    /// Grid and shards; its slot counts are those of the opening, `times` has the present ones.
    pub(super) about: About,
    pub(super) times: RwLock<Times>,
}

impl Tile {
    pub(super) fn open(
        name: &str,
        folder: Folder,
        settings: Settings,
        cache: Arc<Cache>,
        about: About,
    ) -> Result<Self> {
        let times = RwLock::new(Times::read(&folder, &about)?);
        let name = name.to_owned();
        Ok(Self { inner: Arc::new(Inner { name, folder, settings, cache, about, times }) })
    }

    /// Its name, as `31TCJ`.
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// Its 10 m grid.
    pub fn grid(&self) -> &Grid {
        &self.inner.about.grid
    }

    /// Its Zarr group on disk.
    pub fn folder(&self) -> &Path {
        self.inner.folder.root()
    }

    /// Patches of the archive's size: rows, columns (whole patches only).
    pub fn patches(&self) -> (usize, usize) {
        let side = self.patch_side();
        (self.grid().height / side, self.grid().width / side)
    }

    /// Pixels on a side of a patch.
    pub fn patch_side(&self) -> usize {
        self.inner.settings.patch
    }

    /// Rows and columns of statistics cells (whole cells only).
    pub fn cells(&self) -> (usize, usize) {
        self.inner.about.cells()
    }

    /// Whether a layer of a slot is there: `None` if no shard of it is, else its missing shards.
    /// Only names are looked at; [`super::Archive::verify`] reads the bytes.
    pub fn missing(&self, layer: Layer, slot: usize) -> Result<Option<Vec<(usize, usize)>>> {
        let c = self.chunks(layer);
        let (rows, cols) = c.shards();
        let mut missing = Vec::new();
        for shard in (0..rows).flat_map(|r| (0..cols).map(move |c| (r, c))) {
            if !self.inner.folder.file(&c.key(slot, shard))?.exists() {
                missing.push(shard);
            }
        }
        Ok((missing.len() < rows * cols).then_some(missing))
    }

    /// Writes the metadata and the axes of pixels again, from what is known of the tile.
    pub fn mend_axes(&self) -> Result<()> {
        let about = self.about_now();
        Self::write_axes(&self.inner.folder, &about)?;
        about.publish(&self.inner.folder, &self.inner.settings)
    }

    pub(super) fn chunks(&self, layer: Layer) -> Chunks {
        self.inner.about.chunks(layer, &self.inner.settings)
    }

    /// Refuses a slot beyond the time axis.
    pub(super) fn check_slot(&self, sensor: Sensor, slot: usize) -> Result<()> {
        let slots = self.slots(sensor);
        if slot < slots {
            return Ok(());
        }
        Err(Error::usage(format!(
            "tile {} has {slots} slots of {}, no slot {slot}",
            self.name(),
            sensor.name()
        ))
        .hint("set the times of the sensor first"))
    }

    /// Writes the coordinates of pixel centres and bands and the scalars of the coordinate system.
    pub(super) fn write_axes(folder: &Folder, about: &About) -> Result<()> {
        for factor in [1, 2] {
            let (grid, end) = (about.grid.coarsen(factor)?, node::suffix(factor));
            for (letter, values) in [("X", grid.x_centres()), ("Y", grid.y_centres())] {
                let name = format!("{}{end}", letter.to_lowercase());
                node::axis(&name, values.len(), letter)
                    .open(folder)?
                    .store_chunk_opt(&[0], values, &node::store_all())
                    .map_err(|e| from_zarrs(format!("writing the axis {name}"), e))?;
            }
            let name = format!("spatial_ref{end}");
            node::spatial_ref(&name, &grid)?
                .open(folder)?
                .store_chunk_opt(&[], vec![0i64], &node::store_all())
                .map_err(|e| from_zarrs(format!("writing {name}"), e))?;
        }
        node::band_axes().try_for_each(|(name, layer)| write_bands(folder, &name, layer))
    }

    /// Writes the names of bands where there are none, as in a tile of an earlier program: the
    /// metadata that is published next says that they are there.
    pub(super) fn name_bands(folder: &Folder) -> Result<()> {
        for (name, layer) in node::band_axes() {
            if !folder.file(&format!("{name}/c/0"))?.exists() {
                write_bands(folder, &name, layer)?;
            }
        }
        Ok(())
    }
}

fn write_bands(folder: &Folder, name: &str, layer: Layer) -> Result<()> {
    node::bands(name, layer)
        .open(folder)?
        .store_chunk_opt(&[0], layer.bands(), &node::store_all())
        .map_err(|e| from_zarrs(format!("writing the axis {name}"), e))
}
