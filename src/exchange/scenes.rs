//! Names and orbits of the scenes of an archive.

use std::collections::HashMap;
use std::sync::Arc;

use crate::archive::Sensor;
use crate::catalog::Catalog;

/// What the catalog says of the scene in a slot.
type Known = (Arc<str>, Option<bool>);

/// The scenes of one tile by sensor and slot.
type OfTile = HashMap<(Sensor, u32), Known>;

/// Finds scenes by tile, sensor and slot. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Scenes {
    tiles: Arc<HashMap<String, OfTile>>,
}

impl Scenes {
    /// All scenes of a catalog.
    pub fn of(catalog: &Catalog) -> Self {
        let mut tiles: HashMap<String, OfTile> = HashMap::new();
        for scene in catalog.scenes() {
            let ascending = match scene.direction.as_deref() {
                Some("ASC") => Some(true),
                Some("DES") => Some(false),
                _ => None,
            };
            let known = (Arc::from(scene.scene.as_str()), ascending);
            tiles.entry(scene.tile.clone()).or_default().insert((scene.sensor, scene.slot), known);
        }
        Self { tiles: Arc::new(tiles) }
    }

    /// Name of a scene, and whether its orbit ascends, if known.
    pub fn image(&self, tile: &str, sensor: Sensor, slot: u32) -> (Option<Arc<str>>, Option<bool>) {
        match self.tiles.get(tile).and_then(|t| t.get(&(sensor, slot))) {
            Some((scene, ascending)) => (Some(scene.clone()), *ascending),
            None => (None, None),
        }
    }
}
