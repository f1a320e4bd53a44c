//! Shards as the study writes them, with what its reader wants beside them.

use std::path::Path;
use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value, json, ser::PrettyFormatter};

use super::key::{CORNERS, Key};
use super::out::{Out, flush};
use super::{Contents, Entry, example, frame};
use crate::error::{Error, Result};
use crate::store::publish;

/// A file that takes entries.
pub(super) struct TfRecordShard {
    out: Out,
    contents: Arc<Contents>,
    /// Where the samples lie, if the file has its neighbours.
    outlines: Option<Vec<Value>>,
}

impl TfRecordShard {
    /// Refuses names that a reader of the study's shards would take for something else.
    pub fn new(out: Out, contents: &Arc<Contents>, outlined: bool) -> Result<Self> {
        for tensor in &contents.tensors {
            let role = contents.roles.get(tensor.role).map_or("", |r| r.name.as_str());
            let fit = Key::Pixels { role: role.to_owned(), layer: tensor.layer };
            if Key::parse(&tensor.name) != Some(fit) {
                let text = format!("{} is no name of a tensor in the study's shards", tensor.name);
                return Err(Error::usage(text)
                    .hint("name roles s2_…, s1_… and dem with AS, or write another format"));
            }
        }
        let outlines = (outlined && contents.corners).then(Vec::new);
        Ok(Self { out, contents: contents.clone(), outlines })
    }

    pub fn push(&mut self, entry: &Entry) -> Result<()> {
        let parts = example::encode(&self.contents, entry)?;
        let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        frame::write(&mut self.out, &parts)?;
        if let (Some(outlines), Some([west, north, east, south])) =
            (&mut self.outlines, entry.corners)
        {
            let ring = [[west, north], [east, north], [east, south], [west, south], [west, north]];
            outlines.push(json!({
                "type": "Feature",
                "properties": { "sample_id": outlines.len() },
                "geometry": { "type": "Polygon", "coordinates": [ring] },
            }));
        }
        Ok(())
    }

    /// Ends the file; gives the outlines of its samples as GeoJSON.
    pub fn close(self, number: usize) -> Result<Option<Value>> {
        flush(self.out)?;
        Ok(self.outlines.map(|features| {
            let name = format!("{number}_geoinfo");
            json!({ "type": "FeatureCollection", "name": name, "features": features })
        }))
    }
}

/// Types and shapes of the features, for the study's reader. It knows nothing of the corners.
pub(super) fn write_sidecars(folder: &Path, contents: &Contents) -> Result<()> {
    let (mut types, mut shapes) = (Map::new(), Map::new());
    for (name, (kind, shape)) in example::features(contents) {
        if name == CORNERS {
            continue;
        }
        let batch = std::iter::once(Value::Null).chain(shape.into_iter().map(Value::from));
        shapes.insert(name.clone(), batch.collect());
        types.insert(name, kind.name().into());
    }
    write_json(&folder.join("output_types.json"), &types.into())?;
    write_json(&folder.join("output_shape.json"), &shapes.into())
}

/// JSON as Python's `json.dump(…, indent=4)` lays it out.
pub(super) fn write_json(path: &Path, value: &Value) -> Result<()> {
    let mut bytes = Vec::new();
    let form = PrettyFormatter::with_indent(b"    ");
    let mut writer = serde_json::Serializer::with_formatter(&mut bytes, form);
    let made = value.serialize(&mut writer);
    made.map_err(|e| Error::internal(format!("cannot write {}", path.display())).with_source(e))?;
    publish(path, &bytes)
}
