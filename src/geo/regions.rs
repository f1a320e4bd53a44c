//! Regions with a use, from GeoJSON.

use serde_json::Value;

use super::ground::{Corners, Touched};
use super::polygon::Polygon;
use super::{Split, Utm};
use crate::error::{Error, Result};

/// Polygons that train, validate or test.
#[derive(Debug, Clone, PartialEq)]
pub struct Regions {
    /// The zone of the coordinates; none for longitude and latitude.
    zone: Option<(u32, Utm)>,
    polygons: Vec<(Split, Polygon)>,
    digest: String,
}

impl Regions {
    /// Reads a GeoJSON feature collection of polygons with a property `split`: `train`, `valid` or
    /// `test`. Coordinates are longitude and latitude on WGS 84, or the metres of the UTM zone that
    /// the member `crs` names. Refuses other geometries, other uses and other systems.
    pub fn parse(text: &str) -> Result<Self> {
        let json: Value = serde_json::from_str(text).map_err(|e| {
            Error::invalid("the regions are not JSON").with_source(e).hint("give a GeoJSON file")
        })?;
        let features = json["features"].as_array().ok_or_else(|| {
            Error::invalid("the regions have no list of features")
                .hint("give a GeoJSON file of type FeatureCollection")
        })?;
        let zone = zone(&json["crs"])?;
        let mut polygons = Vec::new();
        for (i, feature) in features.iter().enumerate() {
            let read = read(feature, zone.is_none());
            let (split, all) = read.map_err(|e| e.context(format!("region {}", i + 1)))?;
            polygons.extend(all.into_iter().map(|polygon| (split, polygon)));
        }
        if polygons.is_empty() {
            return Err(Error::invalid("there is no region")
                .hint("draw polygons with a property split = train, valid or test"));
        }
        let digest = blake3::hash(text.as_bytes()).to_hex()[..16].to_owned();
        Ok(Self { zone, polygons, digest })
    }

    /// blake3 of the text, hex, 16 digits.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    pub(super) fn touched(&self, corners: &Corners) -> Result<Touched> {
        let quad = match &self.zone {
            None => corners.degrees(),
            Some((epsg, _)) if *epsg == corners.epsg => corners.metres(),
            Some((_, zone)) => corners.degrees().map(|(lon, lat)| zone.forward(lon, lat)),
        };
        let (mut touched, mut inside) = (Touched::default(), false);
        for (split, polygon) in &self.polygons {
            let (touches, holds) = polygon.meets(&quad);
            if touches {
                touched.add(*split);
            }
            inside |= holds;
        }
        if !inside {
            let named = self.polygons.iter().any(|(s, _)| *s == Split::Train);
            touched.add(if named { Split::Buffer } else { Split::Train });
        }
        Ok(touched)
    }
}

/// The zone that a member `crs` names; none for longitude and latitude.
fn zone(crs: &Value) -> Result<Option<(u32, Utm)>> {
    let Some(name) = crs["properties"]["name"].as_str() else {
        return if crs.is_null() {
            Ok(None)
        } else {
            Err(Error::invalid("the regions' crs has no name")
                .hint("leave crs out for longitude and latitude, or name EPSG:326zz"))
        };
    };
    let code = name.rsplit(':').next().unwrap_or(name);
    if matches!(code, "CRS84" | "4326") {
        return Ok(None);
    }
    let epsg = code.parse().map_err(|_| {
        Error::invalid(format!("the regions' crs '{name}' is not known"))
            .hint("write longitude and latitude, or name EPSG:326zz or EPSG:327zz")
    })?;
    Ok(Some((epsg, Utm::new(epsg)?)))
}

fn read(feature: &Value, degrees: bool) -> Result<(Split, Vec<Polygon>)> {
    let name = feature["properties"]["split"].as_str();
    let split = name.and_then(Split::of_use).ok_or_else(|| {
        let found = name.map_or_else(|| "none".to_owned(), |name| format!("'{name}'"));
        Error::invalid(format!("its property split is {found}"))
            .hint("give each region the property split = train, valid or test")
    })?;
    let geometry = &feature["geometry"];
    let lists = match geometry["type"].as_str() {
        Some("Polygon") => vec![&geometry["coordinates"]],
        Some("MultiPolygon") => {
            geometry["coordinates"].as_array().map(|a| a.iter().collect()).unwrap_or_default()
        }
        other => {
            let found = other.unwrap_or("missing");
            return Err(Error::invalid(format!("its geometry is {found}"))
                .hint("draw regions as Polygon or MultiPolygon"));
        }
    };
    let polygon = |list: &Value| {
        let rings = list.as_array().into_iter().flatten().map(|r| ring(r, degrees));
        Polygon::new(rings.collect::<Result<Vec<_>>>()?)
    };
    Ok((split, lists.into_iter().map(polygon).collect::<Result<Vec<_>>>()?))
}

fn ring(list: &Value, degrees: bool) -> Result<Vec<(f64, f64)>> {
    let point = |p: &Value| {
        let (x, y) = p[0].as_f64().zip(p[1].as_f64()).ok_or_else(|| {
            Error::invalid("a position is not two numbers").hint("write [longitude, latitude]")
        })?;
        if degrees && !(x.abs() <= 180.0 && y.abs() <= 90.0) {
            return Err(Error::invalid(format!("[{x}, {y}] is no longitude and latitude"))
                .hint("state the system: \"crs\": {\"type\": \"name\", \"properties\": {\"name\": \"EPSG:32631\"}}"));
        }
        Ok((x, y))
    };
    list.as_array().into_iter().flatten().map(point).collect()
}
