//! A cube: reconstructed optical scenes of one tile as a Zarr group of its own.
//!
//! `reflectance (time, band, y, x)` int16 with `time`, `y`, `x` and `spatial_ref`, CF and GeoZarr
//! attributes; with 20 m bands `reflectance_20m (time, band_20m, y_20m, x_20m)` and its axes too.
//! Band axes hold names. Chunks are plain files (no shards, which GDAL reads only from 3.13) with
//! zstd and its checksum. The folder is published whole: in a cube under its public name every
//! chunk exists, so a missing one is damage and never no-data.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Map, Value, json};
use zarrs::array::codec::ZstdCodec;
use zarrs::array::{Array, ArrayBuilder, ArraySubset, data_type};

use super::codec::ZSTD_LEVEL;
use super::conventions::{self, Attributes, attributes};
use super::layer::Layer;
use super::node::{self, Node, store_all};
use super::root::Archive;
use super::tile::Tile;
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
    /// Pixels (10 m) on a side of a chunk.
    pub chunk: usize,
    /// Whether it holds the 20 m bands too.
    pub coarse: bool,
    /// Where it comes from: method, layout, digests.
    pub attributes: Value,
}

/// A cube being written, or open for reading.
#[derive(Debug)]
pub struct Cube {
    path: PathBuf,
    pending: Option<PendingFolder>,
    arrays: Vec<Part>,
    grid: Grid,
    times: Vec<Stamp>,
    attributes: Attributes,
}

/// The array of one layer.
#[derive(Debug)]
struct Part {
    layer: Layer,
    name: String,
    array: Array<Folder>,
    grid: Grid,
    chunk: usize,
}

impl CubeSpec {
    fn layers(&self) -> &'static [Layer] {
        if self.coarse { &[Layer::S2Fine, Layer::S2Coarse] } else { &[Layer::S2Fine] }
    }

    fn parts(&self, folder: &Folder) -> Result<Vec<Part>> {
        let part = |layer: &Layer| {
            let node = reflectance(self, *layer)?;
            let (factor, name) = (layer.factor(), node.path.clone());
            let (grid, chunk) = (self.grid.coarsen(factor)?, self.chunk / factor);
            Ok(Part { layer: *layer, name, array: node.open(folder)?, grid, chunk })
        };
        self.layers().iter().map(part).collect()
    }
}

fn nodes(spec: &CubeSpec) -> Result<Vec<Node>> {
    let slots = spec.times.len() as u64;
    let mut time = ArrayBuilder::new(vec![slots], vec![slots], data_type::int64(), 0i64);
    time.dimension_names(Some(["time"])).attributes(conventions::time());
    let mut all = vec![Node::plain("time", time)];
    for layer in spec.layers() {
        let (grid, end) = (spec.grid.coarsen(layer.factor())?, node::suffix(layer.factor()));
        all.push(node::axis(&format!("x{end}"), grid.width, "X").bare());
        all.push(node::axis(&format!("y{end}"), grid.height, "Y").bare());
        all.push(node::spatial_ref(&format!("spatial_ref{end}"), &grid)?.bare());
        all.push(node::bands(&format!("band{end}"), *layer).bare());
        all.push(reflectance(spec, *layer)?);
    }
    Ok(all)
}

fn reflectance(spec: &CubeSpec, layer: Layer) -> Result<Node> {
    let (bands, side) = (layer.bands().len() as u64, (spec.chunk / layer.factor()) as u64);
    let (grid, end) = (spec.grid.coarsen(layer.factor())?, node::suffix(layer.factor()));
    let shape = vec![spec.times.len() as u64, bands, grid.height as u64, grid.width as u64];
    let nodata = layer.nodata() as i16;
    let mut b = ArrayBuilder::new(shape, vec![1, bands, side, side], data_type::int16(), nodata);
    let [band, y, x] = ["band", "y", "x"].map(|name| format!("{name}{end}"));
    b.dimension_names(Some(["time", &band, &y, &x]));
    b.bytes_to_bytes_codecs(vec![Arc::new(ZstdCodec::new(ZSTD_LEVEL, true))]);
    let mut about = conventions::place(&grid, &y, &x);
    about.append(&mut attributes(json!({
        "grid_mapping": format!("spatial_ref{end}"),
        "coordinates": format!("spatial_ref{end}"),
        "_FillValue": nodata,
        "long_name": "surface reflectance, reconstructed",
        "reflectance_scale": 0.0001,
        "band_names": layer.bands(),
    })));
    b.attributes(about);
    Ok(Node::plain(format!("reflectance{end}"), b))
}

/// Fills an axis or another array that is no pixels.
fn fill(spec: &CubeSpec, node: &Node, folder: &Folder) -> Result<()> {
    let array = node.open(folder)?;
    let coarse = spec.grid.coarsen(2)?;
    let stored = match node.path.as_str() {
        "x" => array.store_chunk_opt(&[0], spec.grid.x_centres(), &store_all()),
        "y" => array.store_chunk_opt(&[0], spec.grid.y_centres(), &store_all()),
        "x_20m" => array.store_chunk_opt(&[0], coarse.x_centres(), &store_all()),
        "y_20m" => array.store_chunk_opt(&[0], coarse.y_centres(), &store_all()),
        "band" => array.store_chunk_opt(&[0], Layer::S2Fine.bands(), &store_all()),
        "band_20m" => array.store_chunk_opt(&[0], Layer::S2Coarse.bands(), &store_all()),
        "time" => {
            let times: Vec<i64> = spec.times.iter().map(|t| t.0).collect();
            array.store_chunk_opt(&[0], times, &store_all())
        }
        "spatial_ref" | "spatial_ref_20m" => array.store_chunk_opt(&[], vec![0i64], &store_all()),
        _ => Ok(()),
    };
    stored.map_err(|e| from_zarrs(format!("filling the array {}", node.path), e))
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
            fill(spec, &node, &folder).during(doing)?;
        }
        let about = json!({
            "grid": spec.grid, "times": spec.times, "chunk": spec.chunk, "coarse": spec.coarse,
        });
        let own = attributes(spec.attributes.clone());
        let mut all = own.clone();
        all.insert("Conventions".into(), json!("CF-1.11"));
        all.insert(NAME.into(), about);
        let group = json!({
            "zarr_format": 3,
            "node_type": "group",
            "attributes": all,
            "consolidated_metadata": {
                "kind": "inline", "must_understand": false, "metadata": metadata,
            },
        });
        folder.put("zarr.json", group.to_string().as_bytes())?;
        Ok(Self {
            path: path.to_owned(),
            arrays: spec.parts(&folder)?,
            pending: Some(pending),
            grid: spec.grid.clone(),
            times: spec.times.clone(),
            attributes: own,
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
            #[serde(default)]
            coarse: bool,
        }
        let bad = || {
            Error::invalid(format!("{} is not a cube of this program", path.display()))
                .hint("name a folder that `eclaircie reconstruct` wrote")
        };
        let mut group: Value =
            read_json(&path.join("zarr.json")).during(|| format!("opening {}", path.display()))?;
        let own = group.get_mut("attributes").map(Value::take);
        let mut own = own.map(attributes).unwrap_or_default();
        own.remove("Conventions");
        let about = own.remove(NAME).unwrap_or_default();
        let a: About = serde_json::from_value(about).map_err(|e| bad().with_source(e))?;
        let g = &a.grid;
        Grid::new(g.epsg, g.x0, g.y0, g.step, g.width, g.height)?;
        if a.chunk < 2 || a.chunk > crate::limits::SIDE_MAX {
            return Err(bad());
        }
        let About { grid, times, chunk, coarse } = a;
        let spec = CubeSpec { grid, times, chunk, coarse, attributes: Value::Null };
        Ok(Self {
            path: path.to_owned(),
            arrays: spec.parts(&Folder::new(path.to_owned()))?,
            pending: None,
            grid: spec.grid,
            times: spec.times,
            attributes: own,
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

    /// What it says of its making: the attributes of its [`CubeSpec`].
    pub fn attributes(&self) -> &Map<String, Value> {
        &self.attributes
    }

    /// Refuses a cube whose pixels are not those of `tile`, and names the tile of `archive` whose
    /// they are.
    pub fn check_tile(&self, tile: &Tile, archive: &Archive) -> Result<()> {
        if same_pixels(&self.grid, tile.grid()) {
            return Ok(());
        }
        let of = |name: &String| {
            archive.tile(name).is_ok_and(|other| same_pixels(&self.grid, other.grid()))
        };
        let (path, own, asked) = (self.path.display(), &self.grid, tile.name());
        let tile = format!("tile {asked} ({})", tile.grid());
        // A tile that cannot be opened is not the matter here.
        Err(match archive.tiles().unwrap_or_default().into_iter().find(of) {
            Some(name) => {
                Error::usage(format!("the cube {path} shows tile {name} ({own}), not {tile}"))
                    .hint(format!("name a cube of tile {asked}, or ask for tile {name}"))
            }
            None => Error::usage(format!("the cube {path} has another grid ({own}) than {tile}"))
                .hint(format!("name a cube that was reconstructed from tile {asked}")),
        })
    }

    /// The grid of a layer. Refuses a layer that the cube does not hold.
    pub fn grid_of(&self, layer: Layer) -> Result<&Grid> {
        Ok(&self.part(layer)?.grid)
    }

    fn part(&self, layer: Layer) -> Result<&Part> {
        self.arrays.iter().find(|part| part.layer == layer).ok_or_else(|| {
            let (path, name) = (self.path.display(), layer.name());
            Error::not_found(format!("the cube {path} has no {name} bands"))
                .hint("reconstruct with a network that answers them, as msop-unet-20m")
        })
    }

    /// Writes `[band, y, x]` values of a window of a layer, in its pixels. A window owns its chunks:
    /// it starts on a chunk and ends on one or at the edge.
    pub fn write(&self, slot: usize, layer: Layer, window: Window, values: Vec<i16>) -> Result<()> {
        let part = self.part(layer)?;
        let on = |v: usize, end: usize| v.is_multiple_of(part.chunk) || v == end;
        let whole = on(window.row, 0)
            && on(window.col, 0)
            && on(window.bottom(), part.grid.height)
            && on(window.right(), part.grid.width);
        if !whole || !window.fits(part.grid.height, part.grid.width) {
            return Err(Error::usage(format!(
                "a piece at row {}, column {} does not fall on chunks of {} px",
                window.row, window.col, part.chunk
            ))
            .hint("choose a piece size that is a multiple of the archive's patch"));
        }
        part.array
            .store_array_subset_opt(&part.subset(slot, window), values, &store_all())
            .map_err(|e| from_zarrs(format!("writing the cube {}", self.path.display()), e))
    }

    /// Reads `[band, y, x]` values of a window of a layer, in its pixels. A missing chunk is damage.
    pub fn read(&self, slot: usize, layer: Layer, window: Window) -> Result<Vec<i16>> {
        let part = self.part(layer)?;
        if slot >= self.times.len() || !window.fits(part.grid.height, part.grid.width) {
            return Err(Error::usage(format!(
                "the cube {} has no such window",
                self.path.display()
            )));
        }
        for row in window.row / part.chunk..window.bottom().div_ceil(part.chunk) {
            for col in window.col / part.chunk..window.right().div_ceil(part.chunk) {
                self.check(part, slot, row, col)?;
            }
        }
        part.array.retrieve_array_subset::<Vec<i16>>(&part.subset(slot, window)).map_err(|e| {
            from_zarrs(format!("reading the cube {}", self.path.display()), e).hint(AGAIN)
        })
    }

    /// Checks that every chunk was written, then publishes the folder.
    pub fn commit(mut self) -> Result<()> {
        for part in &self.arrays {
            let (rows, cols) = (part.grid.height, part.grid.width);
            for slot in 0..self.times.len() {
                for row in 0..rows.div_ceil(part.chunk) {
                    for col in 0..cols.div_ceil(part.chunk) {
                        self.check(part, slot, row, col)?;
                    }
                }
            }
        }
        match self.pending.take() {
            Some(pending) => pending.commit(),
            None => Err(Error::internal("a cube is published once")),
        }
    }

    fn check(&self, part: &Part, slot: usize, row: usize, col: usize) -> Result<()> {
        let root = self.pending.as_ref().map_or(self.path.as_path(), PendingFolder::path);
        match root.join(format!("{}/c/{slot}/0/{row}/{col}", part.name)).exists() {
            true => Ok(()),
            false => Err(Error::corrupt(format!(
                "chunk ({row}, {col}) of scene {slot} is missing from the cube {}",
                self.path.display()
            ))
            .hint(AGAIN)),
        }
    }
}

/// What to do about a damaged cube.
const AGAIN: &str = "reconstruct the scene again";

fn same_pixels(a: &Grid, b: &Grid) -> bool {
    a.same_ground(b) && (a.width, a.height) == (b.width, b.height)
}

impl Part {
    fn subset(&self, slot: usize, w: Window) -> ArraySubset {
        let bands = self.layer.bands().len() as u64;
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
    use crate::archive::{Codec, Settings};

    const FINE: Layer = Layer::S2Fine;

    fn spec() -> CubeSpec {
        CubeSpec {
            grid: Grid::new(32631, 300_000.0, 4_900_020.0, 10.0, 100, 80).unwrap(),
            times: vec![Stamp(5)],
            chunk: 64,
            coarse: false,
            attributes: json!({ "title": "test" }),
        }
    }

    fn fill(cube: &Cube) {
        for row in [0, 64] {
            for col in [0, 64] {
                let w = Window::new(row, col, (80 - row).min(64), (100 - col).min(64));
                cube.write(0, FINE, w, vec![(row + col) as i16; 4 * w.len()]).unwrap();
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
        assert_eq!(cube.read(0, FINE, Window::new(63, 63, 2, 2)).unwrap()[..4], [0, 64, 64, 128]);
        assert!(cube.read(0, Layer::S2Coarse, Window::new(0, 0, 2, 2)).unwrap_err().is_not_found());
        assert_eq!(Value::from(cube.attributes().clone()), spec().attributes);
    }

    #[test]
    fn a_cube_of_another_tile_is_refused_and_both_are_named() {
        let dir = tempfile::tempdir().unwrap();
        let settings = Settings::new(64, Codec::None).unwrap();
        let archive = Archive::create(&dir.path().join("archive"), settings).unwrap();
        let west = spec().grid;
        let east = Grid { x0: west.x0 + 99_960.0, ..west.clone() };
        let [own, other] = [("31TCJ", &west), ("31TDJ", &east)]
            .map(|(name, grid)| archive.create_tile(name, grid).unwrap());
        let refusal = |grid: Grid| {
            let spec = CubeSpec { grid, ..spec() };
            let cube = Cube::create(&dir.path().join("a.zarr"), &spec).unwrap();
            cube.check_tile(&own, &archive).map_err(|error| {
                assert_eq!(error.exit_code(), 2);
                format!("{error}; {}", error.advice())
            })
        };
        assert_eq!(refusal(west.clone()), Ok(()));
        let text = refusal(east).unwrap_err();
        for word in [
            other.name(),
            "not tile 31TCJ",
            "(300000, 4900020), 100 x 80 pixels of 10 m",
            "(399960, 4900020), 100 x 80 pixels of 10 m",
        ] {
            assert!(text.contains(word), "no {word} in {text}");
        }
        // Parts of the tile, and other pixels of its ground, are no pictures of it either.
        for grid in [Grid { width: 64, ..west.clone() }, west.coarsen(2).unwrap()] {
            assert!(refusal(grid).unwrap_err().contains("another grid"));
        }
    }

    #[test]
    fn the_20_m_bands_are_an_array_of_their_own() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.zarr");
        // Of an odd side the 20 m grid drops the last pixel.
        let grid = Grid::new(32631, 300_000.0, 4_900_020.0, 10.0, 101, 80).unwrap();
        let cube = Cube::create(&path, &CubeSpec { coarse: true, grid, ..spec() }).unwrap();
        for (layer, side, bands) in [(FINE, 64, 4), (Layer::S2Coarse, 32, 6)] {
            let (height, width) = (5 * side / 4, cube.grid_of(layer).unwrap().width);
            for (row, col) in [(0, 0), (0, side), (side, 0), (side, side)] {
                let w = Window::new(row, col, side.min(height - row), side.min(width - col));
                cube.write(0, layer, w, vec![bands; bands as usize * w.len()]).unwrap();
            }
        }
        cube.commit().unwrap();
        let cube = Cube::open(&path).unwrap();
        let all = cube.read(0, Layer::S2Coarse, Window::new(0, 0, 40, 50)).unwrap();
        assert_eq!(all, vec![6; 6 * 40 * 50]);
        for (name, layer) in [("/band", FINE), ("/band_20m", Layer::S2Coarse)] {
            let names = Array::open(Arc::new(Folder::new(path.clone())), name).unwrap();
            let names: Vec<String> = names.retrieve_chunk(&[0]).unwrap();
            assert_eq!(names, layer.bands());
        }
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
        assert!(cube.read(0, FINE, Window::new(0, 0, 64, 64)).is_ok());
        assert!(cube.read(0, FINE, Window::new(0, 0, 80, 100)).unwrap_err().is_corrupt());
    }

    #[test]
    fn a_piece_that_does_not_own_its_chunks_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let cube = Cube::create(&dir.path().join("a.zarr"), &spec()).unwrap();
        assert!(cube.write(0, FINE, Window::new(0, 0, 32, 64), vec![0; 4 * 32 * 64]).is_err());
    }
}
