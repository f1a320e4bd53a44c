//! The arrays of a tile's Zarr group: shapes, chunks, codecs and attributes.

use std::sync::Arc;

use serde_json::{Value, json};
use zarrs::array::codec::{Crc32cCodec, ZstdCodec};
use zarrs::array::{Array, ArrayBuilder, CodecOptions, data_type};

use super::about::About;
use super::codec::{Codec, ZSTD_LEVEL};
use super::conventions::{self, attributes};
use super::layer::{Kind, Layer, Sensor, mask};
use super::settings::Settings;
use super::zarr_store::{Folder, from_zarrs};
use crate::error::{Error, Result};
use crate::geo::Grid;

/// Times in one chunk of a time axis.
pub(crate) const TIMES: usize = 1024;
/// The fill value of a time axis: no scene was ever taken then.
pub(crate) const NO_TIME: i64 = i64::MIN;

/// One array: its path in the group and how it is made.
pub(crate) struct Node {
    /// Path in the group, as `cells/s2_cloudy`.
    pub path: String,
    builder: ArrayBuilder,
    /// Chunks in shards that zarrs has no codec for: said in the metadata, read by us.
    lz4: bool,
}

impl Node {
    fn new(path: impl Into<String>, mut builder: ArrayBuilder) -> Self {
        builder.bytes_to_bytes_codecs(vec![Arc::new(Crc32cCodec::new())]);
        Self::plain(path, builder)
    }

    /// An array with the codecs that its builder names, for readers that know no crc32c.
    pub(crate) fn plain(path: impl Into<String>, builder: ArrayBuilder) -> Self {
        Self { path: path.into(), builder, lz4: false }
    }

    /// The same without checksums: a cube is for others' programs, and GDAL knows crc32c only from 3.13.
    pub(crate) fn bare(mut self) -> Self {
        self.builder.bytes_to_bytes_codecs(Vec::new());
        self
    }

    /// The content of its `zarr.json`.
    pub(crate) fn metadata(&self) -> Result<Value> {
        let doing = || format!("describing the array {}", self.path);
        let metadata = self.builder.build_metadata();
        let metadata = metadata.map_err(|e| Error::internal(doing()).with_source(e))?;
        let mut value =
            serde_json::to_value(metadata).map_err(|e| Error::internal(doing()).with_source(e))?;
        if self.lz4 {
            let inner = value.pointer_mut("/codecs/0/configuration/codecs");
            let inner = inner.and_then(Value::as_array_mut).ok_or_else(|| {
                Error::internal("the codecs of a shard are not where they should be")
                    .context(doing())
            })?;
            let lz4 = json!({ "name": "numcodecs.lz4", "configuration": { "acceleration": 1 } });
            inner.insert(1, lz4);
        }
        Ok(value)
    }

    /// The array over a folder.
    pub(crate) fn open(&self, folder: &Folder) -> Result<Array<Folder>> {
        self.builder
            .build(Arc::new(folder.clone()), &format!("/{}", self.path))
            .map_err(|e| from_zarrs(format!("opening the array {}", self.path), e))
    }
}

/// Chunks that hold nothing but the fill value are written as well: absence means "never written".
pub(crate) fn store_all() -> CodecOptions {
    CodecOptions::default().with_store_empty_chunks(true)
}

/// Every array of a tile.
pub(crate) fn all(about: &About, settings: &Settings) -> Result<Vec<Node>> {
    let mut nodes = Vec::new();
    for factor in [1, 2] {
        let (grid, end) = (about.grid.coarsen(factor)?, suffix(factor));
        nodes.push(axis(&format!("x{end}"), grid.width, "X"));
        nodes.push(axis(&format!("y{end}"), grid.height, "Y"));
        nodes.push(spatial_ref(&format!("spatial_ref{end}"), &grid)?);
    }
    for sensor in [Sensor::S2, Sensor::S1] {
        nodes.push(times(sensor, about.slots(sensor)));
    }
    nodes.extend(band_axes().map(|(name, layer)| bands(&name, layer)));
    for layer in Layer::ALL {
        nodes.push(pixels(layer, about, settings)?);
    }
    nodes.push(cells("s2_cloudy", Sensor::S2, about));
    nodes.push(cells("s2_nodata", Sensor::S2, about));
    nodes.push(cells("s1_nodata", Sensor::S1, about));
    Ok(nodes)
}

/// The suffix of the names of a grid: xarray wants one size for one dimension name.
pub(crate) fn suffix(factor: usize) -> &'static str {
    if factor == 1 { "" } else { "_20m" }
}

/// A coordinate axis, one chunk.
pub(crate) fn axis(name: &str, length: usize, letter: &str) -> Node {
    let shape = vec![length as u64];
    let mut b = ArrayBuilder::new(shape.clone(), shape, data_type::float64(), "NaN");
    b.dimension_names(Some([name])).attributes(conventions::axis(letter));
    Node::new(name, b)
}

/// The scalar that carries the coordinate system.
pub(crate) fn spatial_ref(name: &str, grid: &Grid) -> Result<Node> {
    let none = Vec::<u64>::new();
    let mut b = ArrayBuilder::new(none.clone(), none, data_type::int64(), 0i64);
    b.attributes(conventions::spatial_ref(grid)?);
    Ok(Node::new(name, b))
}

/// The band axes of a tile, by name, with the layers that they are of.
pub(crate) fn band_axes() -> impl Iterator<Item = (String, Layer)> {
    Layer::ALL.into_iter().filter_map(|layer| Some((band_axis(layer)?, layer)))
}

/// The name of a layer's band axis; none where there is one band.
fn band_axis(layer: Layer) -> Option<String> {
    (layer.bands().len() > 1).then(|| format!("{}_band", layer.name()))
}

/// The names along a band axis, one chunk of strings: xarray selects a band by its name only where
/// they are a coordinate. GDAL reads strings from 3.13, as it does shards and crc32c.
pub(crate) fn bands(name: &str, layer: Layer) -> Node {
    let shape = vec![layer.bands().len() as u64];
    let mut b = ArrayBuilder::new(shape.clone(), shape, data_type::string(), "");
    b.dimension_names(Some([name])).attributes(conventions::bands());
    Node::new(name, b)
}

/// The time axis of a sensor.
pub(crate) fn times(sensor: Sensor, length: usize) -> Node {
    let name = format!("{}_time", sensor.name());
    let mut b =
        ArrayBuilder::new(vec![length as u64], vec![TIMES as u64], data_type::int64(), NO_TIME);
    b.dimension_names(Some([name.as_str()])).attributes(conventions::time());
    Node::new(name, b)
}

/// Counts per cell, one chunk a slot.
pub(crate) fn cells(name: &str, sensor: Sensor, about: &About) -> Node {
    let (rows, cols) = about.cells();
    let mut b = ArrayBuilder::new(
        vec![about.slots(sensor) as u64, rows as u64, cols as u64],
        vec![1, rows as u64, cols as u64],
        data_type::uint16(),
        0u16,
    );
    let time = format!("{}_time", sensor.name());
    b.dimension_names(Some([time.as_str(), "row", "col"]));
    b.attributes(attributes(json!({ "long_name": format!("pixels of a cell: {name}") })));
    Node::new(format!("cells/{name}"), b)
}

/// The pixels of a layer, sharded.
fn pixels(layer: Layer, about: &About, settings: &Settings) -> Result<Node> {
    let c = about.chunks(layer, settings);
    let (end, side) = (suffix(layer.factor()), c.side as u64);
    let mut names = vec![format!("y{end}"), format!("x{end}")];
    let mut shape = vec![c.height as u64, c.width as u64];
    let mut shard = vec![c.shard.0 as u64 * side, c.shard.1 as u64 * side];
    let mut chunk = vec![side, side];
    let mut before = |name: String, size: usize, step: usize| {
        names.insert(0, name);
        shape.insert(0, size as u64);
        shard.insert(0, step as u64);
        chunk.insert(0, step as u64);
    };
    if let Some(name) = band_axis(layer) {
        before(name, c.bands(), c.bands());
    }
    if layer != Layer::Dem {
        before(format!("{}_time", layer.sensor().name()), about.slots(layer.sensor()), 1);
    }
    let (kind, fill) = match layer.kind() {
        Kind::U8 => (data_type::uint8(), layer.nodata()),
        Kind::U16 => (data_type::uint16(), layer.nodata()),
        Kind::I16 => (data_type::int16(), layer.nodata()),
    };
    let mut b = ArrayBuilder::new(shape, shard, kind, fill);
    b.subchunk_shape(chunk).dimension_names(Some(names));
    let mut about_it = conventions::place(
        &about.grid.coarsen(layer.factor())?,
        &format!("y{end}"),
        &format!("x{end}"),
    );
    about_it.append(&mut meaning(layer));
    b.attributes(about_it);
    let mut node = Node::new(layer.name(), b);
    match settings.codec {
        Codec::None => {}
        Codec::Lz4 => node.lz4 = true,
        Codec::Zstd => {
            node.builder.bytes_to_bytes_codecs(vec![
                Arc::new(ZstdCodec::new(ZSTD_LEVEL, false)),
                Arc::new(Crc32cCodec::new()),
            ]);
        }
    }
    Ok(node)
}

/// What the values of a layer are.
fn meaning(layer: Layer) -> conventions::Attributes {
    let map = format!("spatial_ref{}", suffix(layer.factor()));
    let mut all = attributes(json!({
        "grid_mapping": map,
        "coordinates": map,
        // Beside the coordinate, for readers that know no arrays of strings.
        "band_names": layer.bands(),
    }));
    all.append(&mut attributes(match layer {
        // Integers stay integers: CF's own `scale_factor` would make every reader decode to float.
        Layer::S2Fine | Layer::S2Coarse => json!({
            "_FillValue": layer.nodata(),
            "long_name": "surface reflectance",
            "reflectance_scale": 0.0001,
        }),
        Layer::S2Mask => json!({
            "long_name": "flags of the optical pixel",
            "flag_masks": [
                mask::CLOUD, mask::THIN, mask::SHADOW, mask::SNOW, mask::NODATA, mask::SATURATED
            ],
            "flag_meanings": "cloud thin_cloud cloud_shadow snow no_data saturated",
        }),
        Layer::S1 => json!({
            "_FillValue": layer.nodata(),
            "long_name": "radar backscatter, sigma nought: 1 + 65534 / 13 * (ln(x) + 10)",
        }),
        Layer::Dem => json!({
            "_FillValue": layer.nodata(),
            "long_name": "elevation",
            "units": "m",
        }),
    }));
    all
}
