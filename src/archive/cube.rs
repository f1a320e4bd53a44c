//! A cube: reconstructed optical scenes of one tile as a Zarr group of its own.
//!
//! `reflectance (time, band, y, x)` int16 with `time`, `y`, `x` and `spatial_ref`, CF and GeoZarr
//! attributes. Chunks are plain files (no shards, which GDAL reads only from 3.13) with zstd and
//! its checksum. The folder is published whole: in a cube under its public name every chunk exists,
//! so a missing one is damage and never no-data.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Map, Value, json};
use zarrs::array::codec::ZstdCodec;
use zarrs::array::{Array, ArrayBuilder, ArraySubset, data_type};

use super::codec::ZSTD_LEVEL;
use super::conventions::{self, attributes};
use super::layer::Layer;
use super::node::{self, Node, store_all};
use super::zarr_store::{Folder, from_zarrs};
use crate::error::{Error, Result, While};
use crate::geo::{Grid, Stamp, Window};
use crate::store::{PendingFolder, read_json};

const NAME: &str = "eclaircie_cube";

/// What a cube is to hold.
#[derive(Debug, Clone)]
pub struct CubeSpec {
    /// Its 10 m grid.
    pub grid: Grid,
    /// Times of its scenes.
    pub times: Vec<Stamp>,
    /// Pixels on a side of a chunk.
    pub chunk: usize,
    /// Where it comes from: method, layout, digests.
    pub attributes: Value,
}

/// A cube being written, or open for reading.
#[derive(Debug)]
pub struct Cube {
    path: PathBuf,
    pending: Option<PendingFolder>,
    array: Array<Folder>,
    grid: Grid,
    times: Vec<Stamp>,
    chunk: usize,
}

fn nodes(spec: &CubeSpec) -> Result<Vec<Node>> {
    let slots = spec.times.len() as u64;
    let mut time = ArrayBuilder::new(vec![slots], vec![slots], data_type::int64(), 0i64);
    time.dimension_names(Some(["time"])).attributes(conventions::time());
    Ok(vec![
        node::axis("x", spec.grid.width, "X"),
        node::axis("y", spec.grid.height, "Y"),
        node::spatial_ref("spatial_ref", &spec.grid)?,
        Node::plain("time", time),
        reflectance(spec),
    ])
}

fn reflectance(spec: &CubeSpec) -> Node {
    let (bands, side) = (Layer::S2Fine.bands().len() as u64, spec.chunk as u64);
    let grid = &spec.grid;
    let shape = vec![spec.times.len() as u64, bands, grid.height as u64, grid.width as u64];
    let nodata = Layer::S2Fine.nodata() as i16;
    let mut b = ArrayBuilder::new(shape, vec![1, bands, side, side], data_type::int16(), nodata);
    b.dimension_names(Some(["time", "band", "y", "x"]));
    b.bytes_to_bytes_codecs(vec![Arc::new(ZstdCodec::new(ZSTD_LEVEL, true))]);
    let mut about = conventions::place(grid, "y", "x");
    about.append(&mut attributes(json!({
        "grid_mapping": "spatial_ref",
        "coordinates": "spatial_ref",
        "_FillValue": nodata,
        "long_name": "surface reflectance, reconstructed",
        "reflectance_scale": 0.0001,
        "band_names": Layer::S2Fine.bands(),
    })));
    b.attributes(about);
    Node::plain("reflectance", b)
}

impl Cube {
    /// Starts a cube aside; [`Cube::commit`] publishes it. Dropped before, it leaves nothing.
    pub fn create(path: &Path, spec: &CubeSpec) -> Result<Self> {
        if path.exists() && Self::open(path).is_err() {
            return Err(Error::usage(format!("{} is there and is not a cube", path.display()))
                .hint("name another path with --to, or remove it yourself"));
        }
        let pending = PendingFolder::new(path)?;
        let folder = Folder::new(pending.path().to_owned());
        let doing = || format!("creating the cube {}", path.display());
        let mut metadata = Map::new();
        for node in nodes(spec)? {
            let text = node.metadata()?;
            folder.put(&format!("{}/zarr.json", node.path), text.to_string().as_bytes())?;
            metadata.insert(node.path.clone(), text);
            let array = node.open(&folder)?;
            let stored = match node.path.as_str() {
                "x" => array.store_chunk_opt(&[0], spec.grid.x_centres(), &store_all()),
                "y" => array.store_chunk_opt(&[0], spec.grid.y_centres(), &store_all()),
                "time" => {
                    let times: Vec<i64> = spec.times.iter().map(|t| t.0).collect();
                    array.store_chunk_opt(&[0], times, &store_all())
                }
                "spatial_ref" => array.store_chunk_opt(&[], vec![0i64], &store_all()),
                _ => Ok(()),
            };
            stored.map_err(|e| from_zarrs(doing(), e))?;
        }
        let about = json!({ "grid": spec.grid, "times": spec.times, "chunk": spec.chunk });
        let mut attributes = attributes(spec.attributes.clone());
        attributes.insert("Conventions".into(), json!("CF-1.11"));
        attributes.insert(NAME.into(), about);
        let group = json!({
            "zarr_format": 3,
            "node_type": "group",
            "attributes": attributes,
            "consolidated_metadata": {
                "kind": "inline", "must_understand": false, "metadata": metadata,
            },
        });
        folder.put("zarr.json", group.to_string().as_bytes())?;
        Ok(Self {
            path: path.to_owned(),
            array: reflectance(spec).open(&folder)?,
            pending: Some(pending),
            grid: spec.grid.clone(),
            times: spec.times.clone(),
            chunk: spec.chunk,
        })
    }

    /// Opens a published cube.
    pub fn open(path: &Path) -> Result<Self> {
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct About {
            grid: Grid,
            times: Vec<Stamp>,
            chunk: usize,
        }
        let bad = || {
            Error::invalid(format!("{} is not a cube of this program", path.display()))
                .hint("name a folder that `eclaircie reconstruct` wrote")
        };
        let mut group: Value =
            read_json(&path.join("zarr.json")).during(|| format!("opening {}", path.display()))?;
        let about = group["attributes"][NAME].take();
        let a: About = serde_json::from_value(about).map_err(|e| bad().with_source(e))?;
        let g = &a.grid;
        Grid::new(g.epsg, g.x0, g.y0, g.step, g.width, g.height)?;
        if a.chunk == 0 || a.chunk > crate::limits::SIDE_MAX {
            return Err(bad());
        }
        let spec =
            CubeSpec { grid: a.grid, times: a.times, chunk: a.chunk, attributes: Value::Null };
        Ok(Self {
            path: path.to_owned(),
            array: reflectance(&spec).open(&Folder::new(path.to_owned()))?,
            pending: None,
            grid: spec.grid,
            times: spec.times,
            chunk: spec.chunk,
        })
    }

    /// Its 10 m grid.
    pub fn grid(&self) -> &Grid {
        &self.grid
    }

    /// Times of its scenes.
    pub fn times(&self) -> &[Stamp] {
        &self.times
    }

    /// Writes `[band, y, x]` values of a window. A window owns its chunks: it starts on a chunk and
    /// ends on one or at the edge.
    pub fn write(&self, slot: usize, window: Window, values: Vec<i16>) -> Result<()> {
        let on = |v: usize, end: usize| v.is_multiple_of(self.chunk) || v == end;
        let whole = on(window.row, 0)
            && on(window.col, 0)
            && on(window.bottom(), self.grid.height)
            && on(window.right(), self.grid.width);
        if !whole || !window.fits(self.grid.height, self.grid.width) {
            return Err(Error::usage(format!(
                "a piece at row {}, column {} does not fall on chunks of {} px",
                window.row, window.col, self.chunk
            ))
            .hint("choose a piece size that is a multiple of the archive's patch"));
        }
        self.array
            .store_array_subset_opt(&self.subset(slot, window), values, &store_all())
            .map_err(|e| from_zarrs(format!("writing the cube {}", self.path.display()), e))
    }

    /// Reads `[band, y, x]` values of a window. A missing chunk is damage.
    pub fn read(&self, slot: usize, window: Window) -> Result<Vec<i16>> {
        if slot >= self.times.len() || !window.fits(self.grid.height, self.grid.width) {
            return Err(Error::usage(format!(
                "the cube {} has no such window",
                self.path.display()
            )));
        }
        for row in window.row / self.chunk..window.bottom().div_ceil(self.chunk) {
            for col in window.col / self.chunk..window.right().div_ceil(self.chunk) {
                self.check(slot, row, col)?;
            }
        }
        self.array
            .retrieve_array_subset::<Vec<i16>>(&self.subset(slot, window))
            .map_err(|e| from_zarrs(format!("reading the cube {}", self.path.display()), e))
    }

    /// Checks that every chunk was written, then publishes the folder.
    pub fn commit(mut self) -> Result<()> {
        for slot in 0..self.times.len() {
            for row in 0..self.grid.height.div_ceil(self.chunk) {
                for col in 0..self.grid.width.div_ceil(self.chunk) {
                    self.check(slot, row, col)?;
                }
            }
        }
        match self.pending.take() {
            Some(pending) => pending.commit(),
            None => Err(Error::internal("a cube is published once")),
        }
    }

    fn check(&self, slot: usize, row: usize, col: usize) -> Result<()> {
        let root = self.pending.as_ref().map_or(self.path.as_path(), PendingFolder::path);
        match root.join(format!("reflectance/c/{slot}/0/{row}/{col}")).exists() {
            true => Ok(()),
            false => Err(Error::corrupt(format!(
                "chunk ({row}, {col}) of scene {slot} is missing from the cube {}",
                self.path.display()
            ))
            .hint("reconstruct the scene again")),
        }
    }

    fn subset(&self, slot: usize, w: Window) -> ArraySubset {
        let bands = Layer::S2Fine.bands().len() as u64;
        let (row, col) = (w.row as u64, w.col as u64);
        ArraySubset::new_with_ranges(&[
            slot as u64..slot as u64 + 1,
            0..bands,
            row..row + w.height as u64,
            col..col + w.width as u64,
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> CubeSpec {
        CubeSpec {
            grid: Grid::new(32631, 300_000.0, 4_900_020.0, 10.0, 100, 80).unwrap(),
            times: vec![Stamp(5)],
            chunk: 64,
            attributes: json!({ "title": "test" }),
        }
    }

    fn fill(cube: &Cube) {
        for row in [0, 64] {
            for col in [0, 64] {
                let w = Window::new(row, col, (80 - row).min(64), (100 - col).min(64));
                cube.write(0, w, vec![(row + col) as i16; 4 * w.len()]).unwrap();
            }
        }
    }

    #[test]
    fn a_cube_reads_back_what_was_written() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.zarr");
        let cube = Cube::create(&path, &spec()).unwrap();
        fill(&cube);
        assert!(!path.exists());
        cube.commit().unwrap();
        let cube = Cube::open(&path).unwrap();
        assert_eq!(cube.read(0, Window::new(63, 63, 2, 2)).unwrap()[..4], [0, 64, 64, 128]);
    }

    #[test]
    fn a_missing_chunk_is_never_no_data() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.zarr");
        let cube = Cube::create(&path, &spec()).unwrap();
        assert!(cube.commit().unwrap_err().is_corrupt());
        assert!(!path.exists());
        let cube = Cube::create(&path, &spec()).unwrap();
        fill(&cube);
        cube.commit().unwrap();
        std::fs::remove_file(path.join("reflectance/c/0/0/1/1")).unwrap();
        let cube = Cube::open(&path).unwrap();
        assert!(cube.read(0, Window::new(0, 0, 64, 64)).is_ok());
        assert!(cube.read(0, Window::new(0, 0, 80, 100)).unwrap_err().is_corrupt());
    }

    #[test]
    fn a_piece_that_does_not_own_its_chunks_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let cube = Cube::create(&dir.path().join("a.zarr"), &spec()).unwrap();
        assert!(cube.write(0, Window::new(0, 0, 32, 64), vec![0; 4 * 32 * 64]).is_err());
    }
}
