//! TensorFlow's tensor bundle, as inside a SavedModel: `variables.index` (a sorted table that says
//! where each tensor is) beside `variables.data-00000-of-00001`. Every number in them is checked
//! before it is used; no graph or code is read.

mod entry;
mod graph;
mod table;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use safetensors::Dtype;

use self::entry::{Head, Place};
use super::source::{Entry, Source};
use crate::error::{Error, Result, While};
use crate::limits;
use crate::store::masked;

/// Key of the bundle's own head.
const HEAD: &str = "";
/// Key of the graph of objects, which knows the names of the variables.
const GRAPH: &str = "_CHECKPOINTABLE_OBJECT_GRAPH";
/// What follows the path of a variable in its key.
const VALUE: &str = "/.ATTRIBUTES/VARIABLE_VALUE";

/// An opened bundle whose places lie inside its files.
pub(super) struct Bundle {
    shards: Vec<(PathBuf, File)>,
    tensors: BTreeMap<String, Place>,
    left_out: Vec<String>,
}

impl Bundle {
    /// Opens the bundle of a SavedModel folder, of a checkpoint folder, or by its index file or
    /// prefix. Refuses damaged files, places outside the files, partitioned tensors.
    pub fn open(path: &Path) -> Result<Self> {
        let index = find(path)?;
        let doing = || format!("reading {}", index.display());
        let mut places = places(&index).during(doing)?;
        let head = Head::parse(&places.remove(HEAD).ok_or_else(|| {
            Error::invalid("the index has no head").hint("copy the checkpoint again")
        })?)
        .during(doing)?;
        let shards = shards(&index, head.shards)?;
        let (mut parsed, mut left_out) = (BTreeMap::new(), Vec::new());
        for (key, value) in &places {
            if is_state(key) {
                left_out.push(key.clone());
                continue;
            }
            let place = Place::parse(value).during(|| format!("reading the entry of {key}"));
            let place = place.and_then(|p| p.within(&shards)).during(doing)?;
            parsed.insert(key.clone(), place);
        }
        let mut bundle = Self { shards, tensors: BTreeMap::new(), left_out };
        let names = match parsed.remove(GRAPH) {
            Some(place) if place.size > limits::BUNDLE_GRAPH_MAX => {
                let (size, most) = (place.size, limits::BUNDLE_GRAPH_MAX);
                return Err(Error::invalid(format!(
                    "an object graph of {size} bytes, more than {most}"
                )))
                .during(doing);
            }
            Some(place) => {
                let text = bundle.read(GRAPH, &place).and_then(|bytes| graph::names(&bytes));
                text.during(|| {
                    format!("reading the names of variables beside {}", index.display())
                })?
            }
            None => BTreeMap::new(),
        };
        for (key, place) in parsed {
            let path = key.strip_suffix(VALUE).unwrap_or(&key);
            let name = names.get(&key).map_or(path, String::as_str).to_owned();
            // Some programs store a variable twice, under two keys.
            let again = bundle.tensors.get(&name).is_some_and(|first| !first.same_values(&place));
            if again {
                let name = name.escape_debug();
                return Err(Error::invalid(format!("two variables are named {name}")))
                    .during(doing);
            }
            bundle.tensors.insert(name, place);
        }
        Ok(bundle)
    }

    /// Keys of what is no weight: the optimiser's state and counters.
    pub fn left_out(&self) -> &[String] {
        &self.left_out
    }

    /// The bytes of a place, as their checksum says.
    fn read(&mut self, name: &str, place: &Place) -> Result<Vec<u8>> {
        let none = || Error::internal(format!("no shard {}", place.shard));
        let (path, file) = self.shards.get_mut(place.shard).ok_or_else(none)?;
        let doing = || format!("reading {} from {}", name.escape_debug(), path.display());
        // `within` has compared the place with the file's length.
        let mut bytes = vec![0u8; place.size as usize];
        file.seek(SeekFrom::Start(place.offset)).during(doing)?;
        file.read_exact(&mut bytes).during(doing)?;
        let sum = place.sum(&bytes);
        if masked(sum) != place.crc {
            return Err(Error::invalid("its checksum is another").hint("copy the checkpoint again"))
                .during(doing);
        }
        Ok(bytes)
    }
}

impl Source for Bundle {
    fn entries(&self) -> BTreeMap<String, Entry> {
        let entry = |(name, place): (&String, &Place)| {
            (name.clone(), Entry { dtype: place.dtype, shape: place.shape.clone() })
        };
        self.tensors.iter().map(entry).collect()
    }

    fn bytes(&mut self, name: &str) -> Result<Vec<u8>> {
        let missing = || Error::internal(format!("the bundle has no {}", name.escape_debug()));
        let place = self.tensors.get(name).ok_or_else(missing)?.clone();
        self.read(name, &place)
    }
}

/// What a training leaves beside the weights: the optimiser, wherever it hangs, and counters.
fn is_state(key: &str) -> bool {
    let parts = ["optimizer", "keras_api", ".OPTIMIZER_SLOT"];
    let starts =
        ["optimizer", "save_counter", "train_counter", "ckpt_saved_epoch", "ckpt_saved_batch"];
    starts.iter().any(|start| key.starts_with(start)) || key.split('/').any(|p| parts.contains(&p))
}

/// The index file of what was named.
fn find(path: &Path) -> Result<PathBuf> {
    let named = |end: &str| PathBuf::from(format!("{}{end}", path.display()));
    let choices = [
        path.to_owned(),
        path.join("variables/variables.index"),
        path.join("variables.index"),
        path.join("checkpoint/variables.index"),
        named(".index"),
    ];
    let is_index = |p: &&PathBuf| p.extension().is_some_and(|e| e == "index") && p.is_file();
    choices.iter().find(is_index).cloned().ok_or_else(|| {
        Error::not_found(format!("no variables.index in {}", path.display())).hint(
            "name a SavedModel folder (with variables/ in it), a checkpoint's .index file, or a \
             *.safetensors file",
        )
    })
}

/// Key and value of every entry of the index.
fn places(index: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut bytes = Vec::new();
    let file = File::open(index).during(|| "opening it")?;
    file.take(limits::BUNDLE_INDEX_MAX + 1).read_to_end(&mut bytes).during(|| "reading it")?;
    if bytes.len() as u64 > limits::BUNDLE_INDEX_MAX {
        let max = limits::BUNDLE_INDEX_MAX;
        return Err(Error::invalid(format!("an index of more than {max} bytes")));
    }
    table::entries(&bytes)
}

/// The data files, `PREFIX.data-00000-of-00001` and so on.
fn shards(index: &Path, count: usize) -> Result<Vec<(PathBuf, File)>> {
    let prefix = index.with_extension("");
    let open = |i: usize| {
        let path = PathBuf::from(format!("{}.data-{i:05}-of-{count:05}", prefix.display()));
        let file = File::open(&path).during(|| format!("opening {}", path.display()))?;
        Ok((path, file))
    };
    (0..count).map(open).collect()
}

/// The type of a DataType number of TensorFlow, as far as a weight may have it.
fn dtype(number: u64) -> Option<Dtype> {
    Some(match number {
        1 => Dtype::F32,
        2 => Dtype::F64,
        3 => Dtype::I32,
        9 => Dtype::I64,
        14 => Dtype::BF16,
        19 => Dtype::F16,
        // Texts: the graph of objects is one.
        7 => Dtype::U8,
        _ => return None,
    })
}

#[cfg(test)]
#[path = "bundle_tests.rs"]
mod tests;
