//! One acquisition of one sensor over one tile.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Float64Array, Int32Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use arrow::datatypes::{Float64Type, Int32Type, TimestampMicrosecondType};

use super::schema::scenes_schema;
use crate::archive::Sensor;
use crate::error::{Error, Result};
use crate::geo::Stamp;
use crate::limits;
use crate::store::check_name;

/// A row of `scenes.parquet`.
#[derive(Debug, Clone, PartialEq)]
pub struct Scene {
    /// Stable name, from the product; unique within tile and sensor.
    pub scene: String,
    /// Instrument.
    pub sensor: Sensor,
    /// Tile, as `31TCJ`.
    pub tile: String,
    /// Time of acquisition.
    pub time: Stamp,
    /// Index along the time axis of the tile's arrays of this sensor.
    pub slot: u32,
    /// Family of product that it came from: `theia-l2a`, `s1tiling`, `dem`, `series`.
    pub product: String,
    /// `S2A`, `S1B`, …; empty if unknown.
    pub platform: String,
    /// Relative orbit, if known.
    pub orbit: Option<i32>,
    /// `ASC` or `DES`, if known.
    pub direction: Option<String>,
    /// Cloudy share of the pixels with data, percent; none for radar.
    pub cloud_percent: Option<f64>,
    /// Share of pixels without data, percent.
    pub nodata_percent: f64,
    /// Reflectance = stored * scale + offset.
    pub scale: f64,
    /// See `scale`.
    pub offset: f64,
    /// Digest of the source files' names, sizes and times: equal means "nothing to do".
    pub fingerprint: String,
}

impl Scene {
    /// Refuses names that cannot be part of a path, slots beyond any axis and numbers that are
    /// none.
    pub(crate) fn check(&self) -> Result<()> {
        check_name(&self.tile)?;
        check_name(&self.scene)?;
        let numbers = [self.nodata_percent, self.scale, self.offset];
        let finite = numbers.iter().chain(&self.cloud_percent).all(|v| v.is_finite());
        if !finite {
            return Err(Error::invalid(format!(
                "scene {} has a share of no data, a scale, an offset or cloud that is no number",
                self.scene
            )));
        }
        if self.slot as usize >= limits::SLOTS_MAX {
            let (slot, most) = (self.slot, limits::SLOTS_MAX);
            return Err(Error::invalid(format!("scene {} has slot {slot} of {most}", self.scene)));
        }
        Ok(())
    }

    /// The order of `scenes.parquet`.
    pub(crate) fn order(&self) -> (&str, Sensor, Stamp, &str) {
        (&self.tile, self.sensor, self.time, &self.scene)
    }
}

/// Scenes as rows.
pub(crate) fn to_rows(scenes: &[Scene]) -> Result<RecordBatch> {
    fn text<'a>(scenes: &'a [Scene], of: impl Fn(&'a Scene) -> &'a str) -> ArrayRef {
        Arc::new(StringArray::from_iter_values(scenes.iter().map(of)))
    }
    let real = |of: fn(&Scene) -> f64| -> ArrayRef {
        Arc::new(Float64Array::from_iter_values(scenes.iter().map(of)))
    };
    let time = TimestampMicrosecondArray::from_iter_values(scenes.iter().map(|s| s.time.0));
    let direction: StringArray = scenes.iter().map(|s| s.direction.as_deref()).collect();
    let cloud: Float64Array = scenes.iter().map(|s| s.cloud_percent).collect();
    let columns: Vec<ArrayRef> = vec![
        text(scenes, |s| &s.scene),
        text(scenes, |s| s.sensor.name()),
        text(scenes, |s| &s.tile),
        Arc::new(time.with_timezone("UTC")),
        Arc::new(Int32Array::from_iter_values(scenes.iter().map(|s| s.slot as i32))),
        text(scenes, |s| &s.product),
        text(scenes, |s| &s.platform),
        Arc::new(scenes.iter().map(|s| s.orbit).collect::<Int32Array>()),
        Arc::new(direction),
        Arc::new(cloud),
        real(|s| s.nodata_percent),
        real(|s| s.scale),
        real(|s| s.offset),
        text(scenes, |s| &s.fingerprint),
    ];
    RecordBatch::try_new(scenes_schema()?, columns)
        .map_err(|e| Error::internal("making the table of scenes").with_source(e))
}

/// Rows as scenes; the columns were checked against the schema.
pub(crate) fn from_rows(batch: &RecordBatch) -> Result<Vec<Scene>> {
    let column = |name: &str| {
        batch
            .column_by_name(name)
            .ok_or_else(|| Error::invalid(format!("the table of scenes has no column {name}")))
    };
    let text = |name: &str| Ok::<_, Error>(column(name)?.as_string::<i32>());
    let whole = |name: &str| Ok::<_, Error>(column(name)?.as_primitive::<Int32Type>());
    let real = |name: &str| Ok::<_, Error>(column(name)?.as_primitive::<Float64Type>());
    let (scene, sensor, tile) = (text("scene")?, text("sensor")?, text("tile")?);
    let (product, platform) = (text("product")?, text("platform")?);
    let (direction, fingerprint) = (text("direction")?, text("fingerprint")?);
    let (slot, orbit) = (whole("slot")?, whole("orbit")?);
    let (cloud, nodata) = (real("cloud_percent")?, real("nodata_percent")?);
    let (scale, offset) = (real("scale")?, real("offset")?);
    let time = column("time")?.as_primitive::<TimestampMicrosecondType>();
    let mut scenes = Vec::with_capacity(batch.num_rows());
    for i in 0..batch.num_rows() {
        let name = scene.value(i);
        let bad = |what: &str| Error::invalid(format!("scene {} has {what}", name.escape_debug()));
        let one = Scene {
            scene: name.to_owned(),
            sensor: Sensor::parse(sensor.value(i)).ok_or_else(|| bad("an unknown sensor"))?,
            tile: tile.value(i).to_owned(),
            time: Stamp(time.value(i)),
            slot: u32::try_from(slot.value(i)).map_err(|_| bad("a slot below 0"))?,
            product: product.value(i).to_owned(),
            platform: platform.value(i).to_owned(),
            orbit: orbit.is_valid(i).then(|| orbit.value(i)),
            direction: direction.is_valid(i).then(|| direction.value(i).to_owned()),
            cloud_percent: cloud.is_valid(i).then(|| cloud.value(i)),
            nodata_percent: nodata.value(i),
            scale: scale.value(i),
            offset: offset.value(i),
            fingerprint: fingerprint.value(i).to_owned(),
        };
        one.check()?;
        scenes.push(one);
    }
    Ok(scenes)
}
