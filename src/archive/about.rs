//! What this program must know of a tile: the `eclaircie` attribute of its Zarr group.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::chunks::Chunks;
use super::layer::{Layer, Sensor};
use super::node;
use super::settings::Settings;
use super::zarr_store::Folder;
use crate::error::{Error, Kind, Result};
use crate::geo::Grid;
use crate::limits;
use crate::store::read_json;

/// The attribute's name.
const NAME: &str = "eclaircie";

/// Grid, shards and length of the time axes. Publishing the group's metadata is what commits a
/// change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct About {
    /// The 10 m grid.
    pub grid: Grid,
    /// Rows and columns of chunks in a shard.
    pub shard: (usize, usize),
    /// Slots of the optical arrays.
    pub s2: usize,
    /// Slots of the radar arrays.
    pub s1: usize,
}

impl About {
    /// A new tile without scenes. Refuses a grid smaller than one patch.
    pub(crate) fn new(grid: &Grid, settings: &Settings) -> Result<Self> {
        settings.check_grid(grid)?;
        let shard = Chunks::shard_of(grid, settings);
        Ok(Self { grid: grid.clone(), shard, s2: 0, s1: 0 })
    }

    /// Reads the attribute of a published group and checks it.
    pub(crate) fn read(folder: &Folder) -> Result<Self> {
        let file = folder.root().join("zarr.json");
        let bad = || {
            let text = format!("{} is not a tile of an archive", file.display());
            let folder = folder.root().display();
            Error::corrupt(text).hint(format!(
                "restore it, or remove {folder} and ingest its products again with --repair"
            ))
        };
        let mut group: Map<String, Value> = read_json(&file).map_err(|e| match e.kind() {
            Kind::Invalid => bad().with_source(e),
            _ => e,
        })?;
        let mut attributes = group.remove("attributes").ok_or_else(bad)?;
        let own = attributes.get_mut(NAME).map(Value::take).ok_or_else(bad)?;
        let about: Self = serde_json::from_value(own).map_err(|e| bad().with_source(e))?;
        let g = &about.grid;
        Grid::new(g.epsg, g.x0, g.y0, g.step, g.width, g.height)
            .map_err(|e| bad().with_source(e))?;
        let (rows, cols) = about.shard;
        let most = limits::SIDE_MAX / limits::CELL + 1;
        if rows == 0 || cols == 0 || rows > most || cols > most {
            return Err(bad());
        }
        match about.s2.max(about.s1) > limits::SLOTS_MAX {
            true => Err(bad()),
            false => Ok(about),
        }
    }

    /// Length of a sensor's time axis; the DEM has one slot.
    pub(crate) fn slots(&self, sensor: Sensor) -> usize {
        match sensor {
            Sensor::S2 => self.s2,
            Sensor::S1 => self.s1,
            Sensor::Dem => 1,
        }
    }

    /// Rows and columns of statistics cells; a remainder is dropped.
    pub(crate) fn cells(&self) -> (usize, usize) {
        (self.grid.height / limits::CELL, self.grid.width / limits::CELL)
    }

    /// The cutting of a layer.
    pub(crate) fn chunks(&self, layer: Layer, settings: &Settings) -> Chunks {
        Chunks::new(layer, &self.grid, settings, self.shard)
    }

    /// Publishes the metadata of every array, then the group's with a copy of them all: until that
    /// last file is there, this program and every reader of consolidated metadata see the old
    /// shapes.
    pub(crate) fn publish(&self, folder: &Folder, settings: &Settings) -> Result<()> {
        let cells = json!({
            "zarr_format": 3,
            "node_type": "group",
            "attributes": { "long_name": "pixel counts per statistics cell" },
        });
        folder.put_if_changed("cells/zarr.json", text(&cells)?.as_bytes())?;
        let mut all = Map::new();
        all.insert("cells".to_owned(), cells);
        for node in node::all(self, settings)? {
            let metadata = node.metadata()?;
            let key = format!("{}/zarr.json", node.path);
            folder.put_if_changed(&key, text(&metadata)?.as_bytes())?;
            all.insert(node.path, metadata);
        }
        let group = json!({
            "zarr_format": 3,
            "node_type": "group",
            "attributes": { "Conventions": "CF-1.11", NAME: self },
            "consolidated_metadata": {
                "kind": "inline",
                "must_understand": false,
                "metadata": all,
            },
        });
        folder.put_if_changed("zarr.json", text(&group)?.as_bytes())
    }
}

fn text(value: &Value) -> Result<String> {
    let text = serde_json::to_string_pretty(value);
    text.map_err(|e| Error::internal("writing the metadata of a tile").with_source(e))
}
