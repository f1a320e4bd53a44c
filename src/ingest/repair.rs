//! What is damaged in an archive, and how much of it a run has mended.

use crate::archive::{Archive, Sensor};
use crate::catalog::{Catalog, Scene};
use crate::error::Result;

/// Damage that is left.
#[derive(Default)]
pub(super) struct Damage {
    /// Scenes whose pixels, counts or times are damaged.
    pub scenes: Vec<Scene>,
    /// Tables of patches that are damaged.
    tables: Vec<(String, Sensor)>,
}

/// The catalog and what is damaged. Axes of pixels are mended at once, for they follow from the
/// grid; a catalog whose table of scenes is damaged or gone starts anew, so that every product is
/// new to it.
pub(super) fn inspect(archive: &Archive) -> Result<(Catalog, Damage)> {
    let catalog = match Catalog::open(archive) {
        Err(e) if e.is_corrupt() => Catalog::anew(archive),
        other => other?,
    };
    let report = catalog.verify()?;
    for fault in report.archive.damaged.iter().filter(|f| f.is_of_axes()) {
        archive.tile(&fault.tile)?.mend_axes()?;
    }
    let tables = report.tables.into_iter().map(|(tile, sensor, _)| (tile, sensor)).collect();
    Ok((catalog, Damage { scenes: report.scenes, tables }))
}

impl Damage {
    /// Whether nothing is left.
    pub fn is_none(&self) -> bool {
        self.scenes.is_empty() && self.tables.is_empty()
    }

    /// Scenes that were written whole.
    pub fn mended(&mut self, rows: &[Scene]) {
        let same =
            |a: &Scene, b: &Scene| (&a.tile, a.sensor, &a.scene) == (&b.tile, b.sensor, &b.scene);
        self.scenes.retain(|old| !rows.iter().any(|new| same(old, new)));
    }

    /// Writes the damaged tables again from the counts of their scenes.
    pub fn mend_tables(&self, catalog: &Catalog) -> Result<()> {
        self.tables.iter().try_for_each(|(tile, sensor)| catalog.mend_patches(tile, *sensor))
    }
}
