//! The attributes by which other programs find place and time: CF, `spatial:` and `proj:`.

use serde_json::{Map, Value, json};

use crate::error::Result;
use crate::geo::{Grid, utm_wkt};

/// Attributes of a Zarr node.
pub(crate) type Attributes = Map<String, Value>;

/// Registrations of the Zarr conventions in use, version 1: (name, id, repository, meaning).
const CONVENTIONS: [(&str, &str, &str, &str); 2] = [
    (
        "proj:",
        "f17cb550-5864-4468-aeb7-f3180cfb622f",
        "zarr-experimental/geo-proj",
        "Coordinate reference system information for geospatial data",
    ),
    (
        "spatial:",
        "689b58e2-cf7b-45e0-9fff-9cfc0883d6b4",
        "zarr-conventions/spatial",
        "Spatial coordinate information",
    ),
];

/// An object literal as attributes.
pub(crate) fn attributes(value: Value) -> Attributes {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// `zarr_conventions`, `proj:` and `spatial:` of an array over `grid` with these dimensions.
pub(crate) fn place(grid: &Grid, y: &str, x: &str) -> Attributes {
    let registered: Vec<Value> = CONVENTIONS
        .iter()
        .map(|(name, id, repository, meaning)| {
            let raw = "https://raw.githubusercontent.com";
            json!({
                "name": name,
                "uuid": id,
                "schema_url": format!("{raw}/{repository}/refs/tags/v1/schema.json"),
                "spec_url": format!("https://github.com/{repository}/blob/v1/README.md"),
                "description": meaning,
            })
        })
        .collect();
    attributes(json!({
        "zarr_conventions": registered,
        "proj:code": format!("EPSG:{}", grid.epsg),
        "spatial:dimensions": [y, x],
        "spatial:transform": [grid.step, 0.0, grid.x0, 0.0, -grid.step, grid.y0],
        "spatial:bbox": grid.bounds(),
        "spatial:shape": [grid.height, grid.width],
        "spatial:registration": "pixel",
    }))
}

/// Attributes of the scalar that CF readers take the coordinate system from.
pub(crate) fn spatial_ref(grid: &Grid) -> Result<Attributes> {
    let wkt = utm_wkt(grid.epsg)?;
    let numbers: Vec<String> = grid.transform().iter().map(f64::to_string).collect();
    Ok(attributes(json!({
        "crs_wkt": wkt,
        "spatial_ref": wkt,
        "grid_mapping_name": "transverse_mercator",
        "GeoTransform": numbers.join(" "),
    })))
}

/// Attributes of an axis of pixel centres; `axis` is `X` or `Y`.
pub(crate) fn axis(axis: &str) -> Attributes {
    let lower = axis.to_lowercase();
    attributes(json!({
        "axis": axis,
        "standard_name": format!("projection_{lower}_coordinate"),
        "long_name": format!("{lower} of pixel centres"),
        "units": "metre",
    }))
}

/// Attributes of an axis of band names.
pub(crate) fn bands() -> Attributes {
    attributes(json!({ "long_name": "name of the band" }))
}

/// Attributes of a time axis.
pub(crate) fn time() -> Attributes {
    attributes(json!({
        "standard_name": "time",
        "long_name": "time of acquisition (UTC)",
        "units": "microseconds since 1970-01-01",
        "calendar": "proleptic_gregorian",
    }))
}
