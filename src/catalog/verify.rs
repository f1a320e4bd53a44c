//! Scenes and tables against the archive.

use std::collections::BTreeSet;

use super::scene::Scene;
use super::schema::patches_schema;
use super::table;
use super::tables::Catalog;
use crate::archive::{Fault, Sensor, Slot, VerifyReport};
use crate::error::Result;

/// What [`Catalog::verify`] found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CatalogReport {
    /// The pixels, counts and times of the slots that scenes own.
    pub archive: VerifyReport,
    /// Tables of patches that are gone or damaged: (tile, sensor, what is wrong).
    pub tables: Vec<(String, Sensor, String)>,
    /// Scenes that a fault of the archive touches.
    pub scenes: Vec<Scene>,
}

impl CatalogReport {
    /// Whether nothing is damaged or missing.
    pub fn is_whole(&self) -> bool {
        self.archive.is_whole() && self.tables.is_empty() && self.scenes.is_empty()
    }
}

impl Catalog {
    /// Reads all that the scenes own and checks it. A slot that no scene owns is unused, whatever
    /// an interrupted ingest left in it.
    pub fn verify(&self) -> Result<CatalogReport> {
        let owned: BTreeSet<Slot> = self.scenes().iter().map(place).collect();
        let mut archive = self.archive().verify_owned(&owned)?;
        for scene in self.scenes() {
            let Ok(tile) = self.archive().tile(&scene.tile) else { continue };
            let time = tile.times(scene.sensor)?.get(scene.slot as usize).copied();
            if scene.sensor != Sensor::Dem && time != Some(scene.time) {
                let array = format!("{}_time", scene.sensor.name());
                let what = format!("it is not the time of scene {}", scene.scene);
                archive.damaged.push(Fault::of_slot(place(scene), array, what));
            }
        }
        archive.damaged.sort();
        let faults: Vec<&Fault> = archive.damaged.iter().chain(&archive.missing).collect();
        let touched =
            |s: &&Scene| faults.iter().any(|f| f.touches(&s.tile, s.sensor, s.slot as usize));
        let scenes = self.scenes().iter().filter(touched).cloned().collect();
        Ok(CatalogReport { scenes, tables: self.verify_tables()?, archive })
    }

    /// Every table of patches must decode and hold each scene's patches.
    fn verify_tables(&self) -> Result<Vec<(String, Sensor, String)>> {
        let of: BTreeSet<(&str, Sensor)> =
            self.scenes().iter().map(|s| (s.tile.as_str(), s.sensor)).collect();
        let mut bad = Vec::new();
        for (tile, sensor) in of {
            let scenes =
                self.scenes().iter().filter(|s| s.tile == tile && s.sensor == sensor).count();
            let what = match table::count(&self.patch_file(tile, sensor), &patches_schema()?) {
                Err(e) => e.to_string(),
                Ok(rows) => match self.archive().tile(tile).map(|t| t.patches()) {
                    Ok((high, wide)) if rows != high * wide * scenes => {
                        format!("{rows} rows are not {high} x {wide} patches of {scenes} scenes")
                    }
                    // A tile that cannot be opened is a fault of its own.
                    _ => continue,
                },
            };
            bad.push((tile.to_owned(), sensor, what));
        }
        Ok(bad)
    }
}

/// The slot that a scene owns.
fn place(scene: &Scene) -> Slot {
    (scene.tile.clone(), scene.sensor, scene.slot as usize)
}
