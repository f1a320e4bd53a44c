//! WebDataset: a tar whose members with one key are one sample.

use std::sync::Arc;

use chrono::{DateTime, SecondsFormat};
use serde_json::{Map, Value, json};

use super::out::{Out, unlike};
use super::tar::Tar;
use super::{Contents, Entry, Image, npy};
use crate::error::Result;
use crate::geo::Stamp;

/// A tar that takes entries: `KEY.<tensor>.npy` for every tensor, and `KEY.json`.
pub(super) struct WebDatasetShard {
    tar: Tar,
    contents: Arc<Contents>,
    heads: Vec<Vec<u8>>,
    origin: Value,
    tensors: Value,
    next: u64,
}

impl WebDatasetShard {
    /// `first` is the number of its first entry in the whole set, so that keys are unique in it.
    pub fn new(out: Out, contents: &Arc<Contents>, first: u64) -> Self {
        let heads = contents.tensors.iter().map(npy::header).collect();
        let (origin, tensors) = (json!(contents.origin), json!(contents.about()));
        let (tar, contents) = (Tar::new(out), contents.clone());
        Self { tar, contents, heads, origin, tensors, next: first }
    }

    pub fn push(&mut self, entry: &Entry) -> Result<()> {
        let key = key(self.next, entry);
        self.next += 1;
        for (i, (tensor, head)) in self.contents.tensors.iter().zip(&self.heads).enumerate() {
            let patch = entry.pixels.get(i).filter(|p| p.bytes().len() == tensor.bytes());
            let bytes = patch.ok_or_else(|| unlike(entry, &tensor.name))?.bytes();
            self.tar.add(&format!("{key}.{}.npy", tensor.name), &[head, bytes])?;
        }
        let about = format!("{}\n", self.facts(entry));
        self.tar.add(&format!("{key}.json"), &[about.as_bytes()])
    }

    /// What is known of an entry beside its pixels.
    fn facts(&self, entry: &Entry) -> Value {
        let image = |image: &Image| {
            let (time, scene) = (image.time.map(written), image.scene.as_deref());
            json!({ "time": time, "scene": scene, "ascending": image.ascending })
        };
        let roles = self.contents.roles.iter().zip(&entry.images);
        let images: Map<_, _> = roles.map(|(r, i)| (r.name.clone(), image(i))).collect();
        let place = entry.place.as_ref();
        json!({
            "sample": entry.name,
            "tile": place.map(|p| &*p.tile),
            "row": place.map(|p| p.row),
            "col": place.map(|p| p.col),
            "split": place.map(|p| p.split.name()),
            "corners": entry.corners,
            "images": images,
            "origin": self.origin,
            "tensors": self.tensors,
        })
    }

    pub fn close(self) -> Result<()> {
        self.tar.close()
    }
}

/// `2018-08-04T10:50:22.000000Z`.
fn written(time: Stamp) -> Option<String> {
    let time = DateTime::from_timestamp_micros(time.0)?;
    Some(time.to_rfc3339_opts(SecondsFormat::Micros, true))
}

/// A number first, so that keys are unique and sort in the order of the stream. No dots: the first
/// one ends the key.
fn key(number: u64, entry: &Entry) -> String {
    match &entry.place {
        Some(p) => {
            let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
            let tile: String = p.tile.chars().map(plain).take(20).collect();
            format!("{number:08}_{tile}_r{}c{}", p.row, p.col)
        }
        None => format!("{number:08}"),
    }
}
