//! Samples as rows of a table: the columns of Arrow and Parquet.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, FixedSizeListArray, Float64Array, Int16Array, Int32Array, RecordBatch,
    StringArray, TimestampMicrosecondArray, UInt8Array, UInt16Array,
};
use arrow::buffer::{Buffer, MutableBuffer, ScalarBuffer};
use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef, TimeUnit};

use serde_json::{Value, json};

use super::out::{from_arrow, unlike};
use super::{Contents, Entry, Image, Tensor};
use crate::archive::{Kind, Sensor};
use crate::catalog::{EXTENSION, schema};
use crate::error::{Error, Result};

const FIRST: &str = include_str!("../../schemas/shards.json");
/// The canonical extension type of a column of arrays of one shape.
const TENSOR: &str = "arrow.fixed_shape_tensor";
const TENSOR_SHAPE: &str = "ARROW:extension:metadata";
/// Version of the columns.
const FORMAT: &str = "1";

/// The table of a set of samples.
pub(super) struct Columns {
    contents: Arc<Contents>,
    pub schema: SchemaRef,
}

impl Columns {
    /// Refuses roles whose columns would have one name.
    pub fn new(contents: &Arc<Contents>) -> Result<Self> {
        let mut fields: Vec<FieldRef> = schema(FIRST)?.fields().iter().cloned().collect();
        let utc = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        for role in &contents.roles {
            let mut add = |word: &str, kind: DataType| {
                fields.push(Arc::new(Field::new(format!("{}_{word}", role.name), kind, true)));
            };
            if role.sensor != Sensor::Dem {
                add("time", utc.clone());
            }
            add("scene", DataType::Utf8);
            if role.sensor == Sensor::S1 {
                add("ascending", DataType::Boolean);
            }
        }
        for tensor in &contents.tensors {
            fields.push(Arc::new(field(tensor)?));
        }
        let mut seen = HashSet::new();
        if let Some(twice) = fields.iter().find(|f| !seen.insert(f.name().clone())) {
            return Err(Error::usage(format!("two columns have the name {}", twice.name()))
                .hint("give the role of the layout another name with AS"));
        }
        let metadata: HashMap<_, _> = about(contents).into_iter().collect();
        let schema = Arc::new(Schema::new_with_metadata(fields, metadata));
        Ok(Self { contents: contents.clone(), schema })
    }

    /// Entries as rows. Pixels are copied once.
    pub fn rows(&self, entries: &[Entry]) -> Result<RecordBatch> {
        let mut columns = first(entries);
        for (i, role) in self.contents.roles.iter().enumerate() {
            let image = |e: &Entry| e.images.get(i).cloned().unwrap_or_default();
            let images: Vec<Image> = entries.iter().map(image).collect();
            if role.sensor != Sensor::Dem {
                let times = images.iter().map(|i| i.time.map(|t| t.0));
                let times: TimestampMicrosecondArray = times.collect();
                columns.push(Arc::new(times.with_timezone("UTC")));
            }
            let scenes = images.iter().map(|i| i.scene.as_deref());
            columns.push(Arc::new(scenes.collect::<StringArray>()));
            if role.sensor == Sensor::S1 {
                let ascending = images.iter().map(|i| i.ascending);
                columns.push(Arc::new(ascending.collect::<BooleanArray>()));
            }
        }
        for (i, tensor) in self.contents.tensors.iter().enumerate() {
            columns.push(pixels(tensor, i, entries)?);
        }
        RecordBatch::try_new(self.schema.clone(), columns).map_err(from_arrow)
    }
}

/// What the set is, as metadata of a schema.
pub(super) fn about(contents: &Contents) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    if let Value::Object(origin) = json!(contents.origin) {
        for (key, value) in origin {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            all.insert(format!("eclaircie.{key}"), text);
        }
    }
    all.insert("eclaircie.format".to_owned(), FORMAT.to_owned());
    all.insert("eclaircie.tensors".to_owned(), Value::from(contents.about()).to_string());
    all
}

fn item(tensor: &Tensor) -> FieldRef {
    let kind = match tensor.layer.kind() {
        Kind::U8 => DataType::UInt8,
        Kind::U16 => DataType::UInt16,
        Kind::I16 => DataType::Int16,
    };
    // Items that may be null, as other programs declare this type: they look for an equal one.
    Arc::new(Field::new("item", kind, true))
}

/// Values of one tensor, as Arrow counts them.
fn size(tensor: &Tensor) -> Result<i32> {
    i32::try_from(tensor.values()).map_err(|_| {
        Error::usage(format!("{} holds too many values for a column of Arrow", tensor.name))
            .hint("write WebDataset or TFRecord, or ingest with smaller patches")
    })
}

fn field(tensor: &Tensor) -> Result<Field> {
    let shape = json!({
        "shape": tensor.shape(),
        "dim_names": ["band", "y", "x"],
    });
    let kind = DataType::FixedSizeList(item(tensor), size(tensor)?);
    Ok(Field::new(&tensor.name, kind, false).with_metadata(HashMap::from([
        (EXTENSION.to_owned(), TENSOR.to_owned()),
        (TENSOR_SHAPE.to_owned(), shape.to_string()),
    ])))
}

/// The columns of `schemas/shards.json`.
fn first(entries: &[Entry]) -> Vec<ArrayRef> {
    let places = || entries.iter().map(|e| e.place.as_ref());
    let corner = |i: usize| -> ArrayRef {
        let corner = entries.iter().map(|e| e.corners.map(|c| c[i]));
        Arc::new(corner.collect::<Float64Array>())
    };
    let index = |v: u32| i32::try_from(v).ok();
    vec![
        Arc::new(entries.iter().map(|e| Some(e.name.as_str())).collect::<StringArray>()),
        Arc::new(places().map(|p| p.map(|p| &*p.tile)).collect::<StringArray>()),
        Arc::new(places().map(|p| index(p?.row)).collect::<Int32Array>()),
        Arc::new(places().map(|p| index(p?.col)).collect::<Int32Array>()),
        Arc::new(places().map(|p| p.map(|p| p.split.name())).collect::<StringArray>()),
        corner(0),
        corner(1),
        corner(2),
        corner(3),
    ]
}

/// `[sample] -> [band, y, x]` of the tensor with number `at`.
fn pixels(tensor: &Tensor, at: usize, entries: &[Entry]) -> Result<ArrayRef> {
    let mut bytes = MutableBuffer::new(entries.len() * tensor.bytes());
    for entry in entries {
        let patch = entry.pixels.get(at).filter(|p| p.bytes().len() == tensor.bytes());
        bytes.extend_from_slice(patch.ok_or_else(|| unlike(entry, &tensor.name))?.bytes());
    }
    let (buffer, count) = (Buffer::from(bytes), entries.len() * tensor.values());
    let values: ArrayRef = match tensor.layer.kind() {
        Kind::U8 => Arc::new(UInt8Array::new(ScalarBuffer::new(buffer, 0, count), None)),
        Kind::U16 => Arc::new(UInt16Array::new(ScalarBuffer::new(buffer, 0, count), None)),
        Kind::I16 => Arc::new(Int16Array::new(ScalarBuffer::new(buffer, 0, count), None)),
    };
    let list = FixedSizeListArray::try_new(item(tensor), size(tensor)?, values, None);
    Ok(Arc::new(list.map_err(from_arrow)?))
}
