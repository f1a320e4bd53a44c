//! Weights at rest: safetensors with the card inside. Nothing in such a file is ever executed.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use safetensors::tensor::{Dtype, Metadata, TensorView};
use serde::{Deserialize, Serialize};
use tch::{Device, Kind, Tensor};

use super::{Card, Model, design};
use crate::error::{Error, Result, While};
use crate::limits;
use crate::store::publish;

/// The one key of the file's metadata. One, since the crate writes several in a random order.
const KEY: &str = "eclaircie";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Label {
    card: Card,
    about: BTreeMap<String, String>,
}

/// An opened file whose header is read and fits its length.
struct Opened {
    file: File,
    data: u64,
    metadata: Metadata,
    label: Label,
}

pub(super) fn save(model: &Model, path: &Path, about: &BTreeMap<String, String>) -> Result<()> {
    let doing = || format!("writing weights {}", path.display());
    let mut views = Vec::new();
    let mut bytes = BTreeMap::new();
    for (name, tensor) in model.vars.variables() {
        bytes.insert(name, (shape(&tensor), to_bytes(&tensor).during(doing)?));
    }
    for (name, (shape, data)) in &bytes {
        let view = TensorView::new(Dtype::F32, shape.clone(), data);
        views.push((name, view.map_err(|e| Error::internal(doing()).with_source(e))?));
    }
    let label = Label { card: model.card.clone(), about: about.clone() };
    let text = serde_json::to_string(&label)
        .map_err(|e| Error::internal("cannot write a card").with_source(e))?;
    let metadata = HashMap::from([(KEY.to_owned(), text)]);
    let file = safetensors::serialize(views, Some(metadata))
        .map_err(|e| Error::internal(doing()).with_source(e))?;
    publish(path, &file)
}

pub(super) fn load(path: &Path, device: Device) -> Result<Model> {
    let doing = || format!("loading weights {}", path.display());
    let mut opened = open(path).during(doing)?;
    compare(&opened.label.card, &opened.metadata).during(doing)?;
    let model = Model::build(opened.label.card.clone(), None, device)?;
    for (name, mut variable) in model.vars.variables() {
        let values = opened.tensor(&name, &variable.size()).during(doing)?;
        tch::no_grad(|| variable.f_copy_(&values))?;
    }
    Ok(model)
}

pub(super) fn about(path: &Path) -> Result<(Card, BTreeMap<String, String>)> {
    let opened = open(path).during(|| format!("reading weights {}", path.display()))?;
    Ok((opened.label.card, opened.label.about))
}

/// Opens a file and checks its header against its length; no weight is read.
fn open(path: &Path) -> Result<Opened> {
    let mut file = File::open(path).during(|| "opening the file")?;
    let size = file.metadata().during(|| "asking its size")?.len();
    if size > limits::WEIGHTS_BYTES_MAX {
        let max = limits::WEIGHTS_BYTES_MAX;
        return Err(Error::invalid(format!("it holds {size} bytes, more than {max}")));
    }
    let mut start = [0u8; 8];
    let got = file.by_ref().take(8).read(&mut start).during(|| "reading its header")?;
    foreign(&start[..got])?;
    let length = u64::from_le_bytes(start);
    if got < 8 || length < 2 || length > size - 8 {
        return Err(not_safetensors(
            "its first eight bytes are no header length, or it is cut short",
        ));
    }
    if length > limits::WEIGHTS_HEADER_MAX {
        let max = limits::WEIGHTS_HEADER_MAX;
        return Err(not_safetensors(&format!("a header of {length} bytes is larger than {max}")));
    }
    let mut header = vec![0u8; length as usize];
    file.read_exact(&mut header).during(|| "reading its header")?;
    let metadata: Metadata = serde_json::from_slice(&header)
        .map_err(|e| not_safetensors("its header is not right").with_source(e))?;
    let data = 8 + length;
    let expected = data + metadata.data_len() as u64;
    if expected != size {
        return Err(Error::invalid(format!(
            "it holds {size} bytes but its header says {expected}"
        ))
        .hint("the file was cut short or has been added to: copy it again"));
    }
    let label = metadata.metadata().as_ref().and_then(|m| m.get(KEY)).ok_or_else(|| {
        Error::invalid("it carries no card, so its network is unknown")
            .hint("weights that `eclaircie train` wrote carry one; others are not read")
    })?;
    let label: Label = serde_json::from_str(label)
        .map_err(|e| Error::invalid("the card inside it is not right").with_source(e))?;
    Ok(Opened { file, data, metadata, label })
}

/// Refuses by content the formats that people try, since two of them can run code when opened.
fn foreign(start: &[u8]) -> Result<()> {
    let what = match start {
        [0x80, 2..=5, ..] => "a Python pickle",
        [b'P', b'K', 3, 4, ..] => "a zip file (a PyTorch checkpoint, TorchScript or Keras archive)",
        [0x89, b'H', b'D', b'F', ..] => "an HDF5 file (Keras weights)",
        [] => "an empty file",
        _ => return Ok(()),
    };
    Err(not_safetensors(&format!("it is {what}")))
}

fn not_safetensors(why: &str) -> Error {
    Error::invalid(format!("not a safetensors file: {why}"))
        .hint("give weights that this program wrote (*.safetensors); pickles are never opened")
}

/// Compares names, types and shapes with the card's network before anything is allocated.
fn compare(card: &Card, metadata: &Metadata) -> Result<()> {
    card.check()?;
    let mut given = metadata.tensors();
    let mut wrong = Vec::new();
    for conv in design::of(card)?.convs {
        let wanted = [("weight", conv.shape().to_vec()), ("bias", vec![conv.outputs])];
        for (part, shape) in wanted {
            let name = format!("{}.{part}", conv.name);
            let shape: Vec<usize> = shape.iter().map(|d| *d as usize).collect();
            match given.remove(&name) {
                None => wrong.push(format!("{name} is missing")),
                Some(info) if info.dtype != Dtype::F32 => {
                    wrong.push(format!("{name} is {:?}, not F32", info.dtype));
                }
                Some(info) if info.shape != shape => {
                    wrong.push(format!("{name} is {:?}, not {shape:?}", info.shape));
                }
                Some(_) => {}
            }
        }
    }
    let mut more: Vec<_> = given.keys().map(|name| name.escape_debug().to_string()).collect();
    more.sort();
    wrong.extend(more.into_iter().map(|name| format!("{name} is not a part of it")));
    if wrong.is_empty() {
        return Ok(());
    }
    let shown = wrong.len().min(3);
    Err(Error::invalid(format!(
        "{} weights do not fit {}: {}",
        wrong.len(),
        card.name,
        wrong[..shown].join("; ")
    ))
    .hint("these weights were made for another network or width: load them with their own card"))
}

impl Opened {
    /// One tensor, finite. Its place and shape were checked by [`open`] and [`compare`].
    fn tensor(&mut self, name: &str, shape: &[i64]) -> Result<Tensor> {
        let info = self.metadata.info(name);
        let (from, to) = info.map(|i| i.data_offsets).unwrap_or_default();
        let place = SeekFrom::Start(self.data + from as u64);
        let mut bytes = vec![0u8; to - from];
        self.file.seek(place).during(|| format!("finding {name}"))?;
        self.file.read_exact(&mut bytes).during(|| format!("reading {name}"))?;
        let tensor = Tensor::f_from_data_size(&bytes, shape, Kind::Float)?;
        check_finite(name, &tensor)?;
        Ok(tensor)
    }
}

fn check_finite(name: &str, tensor: &Tensor) -> Result<()> {
    if tensor.f_isfinite()?.f_all()?.f_int64_value(&[])? != 0 {
        return Ok(());
    }
    Err(Error::invalid(format!("{name} holds values that are not finite numbers"))
        .hint("the training diverged: take an earlier checkpoint or train with a lower rate"))
}

fn shape(tensor: &Tensor) -> Vec<usize> {
    tensor.size().iter().map(|d| *d as usize).collect()
}

fn to_bytes(tensor: &Tensor) -> Result<Vec<u8>> {
    let cpu = tensor.f_detach()?.f_to_device(Device::Cpu)?.f_contiguous()?;
    check_finite("a weight", &cpu)?;
    let mut bytes = vec![0u8; 4 * cpu.numel()];
    cpu.f_copy_data_u8(&mut bytes, cpu.numel())?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small(seed: i64) -> Model {
        let mut card = Card::open("david").unwrap();
        card.width = 4;
        Model::new(card, seed, Device::Cpu).unwrap()
    }

    fn inputs() -> BTreeMap<String, Tensor> {
        let options = (Kind::Float, Device::Cpu);
        let mut inputs = BTreeMap::new();
        for role in ["tm1", "t", "tp1"] {
            inputs.insert(format!("s1_{role}"), Tensor::rand([2, 2, 32, 32], options));
            inputs.insert(format!("s2_{role}"), Tensor::rand([2, 4, 32, 32], options));
        }
        inputs.insert("dem".to_owned(), Tensor::rand([2, 1, 16, 16], options));
        inputs
    }

    /// Rewrites the header of a saved file and appends or keeps its data.
    fn forge(bytes: &[u8], edit: impl Fn(String) -> String) -> Vec<u8> {
        let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
        let header = edit(String::from_utf8(bytes[8..8 + length].to_vec()).unwrap());
        let mut forged = (header.len() as u64).to_le_bytes().to_vec();
        forged.extend(header.as_bytes());
        forged.extend(&bytes[8 + length..]);
        forged
    }

    #[test]
    fn weights_come_back_bit_for_bit_with_their_card() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("w.safetensors");
        let model = small(3);
        let about = BTreeMap::from([("epochs".to_owned(), "2".to_owned())]);
        model.save(&path, &about).unwrap();
        let back = Model::load(&path, Device::Cpu).unwrap();
        assert_eq!(back.card, model.card);
        assert_eq!(Model::about(&path).unwrap().1, about);
        let inputs = inputs();
        assert_eq!(model.forward(&inputs).unwrap(), back.forward(&inputs).unwrap());
        assert_eq!(back.vars.trainable_variables().len(), model.vars.len());
        let again = dir.path().join("again.safetensors");
        back.save(&again, &about).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), std::fs::read(&again).unwrap());
    }

    #[test]
    fn a_file_that_is_not_these_weights_is_refused_with_the_reason() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("w.safetensors");
        small(3).save(&path, &BTreeMap::new()).unwrap();
        let good = std::fs::read(&path).unwrap();
        let mut nan = good.clone();
        let at = nan.len() - 4;
        nan[at..].copy_from_slice(&f32::NAN.to_le_bytes());
        let huge = [&u64::MAX.to_le_bytes()[..], &good[8..]].concat();
        let label = |h: String| h.replace("\\\"width\\\":4", "\\\"width\\\":256");
        let cases: Vec<(Vec<u8>, &str)> = vec![
            (good[..good.len() - 1].to_vec(), "its header says"),
            ([&good[..], b"x"].concat(), "its header says"),
            (good[..5].to_vec(), "cut short"),
            (good[..40].to_vec(), "cut short"),
            (Vec::new(), "an empty file"),
            (huge, "cut short"),
            (nan, "not finite"),
            (forge(&good, |h| h.replace("conv1.bias", "conv9.bias")), "conv1.bias is missing"),
            (forge(&good, |h| h.replace("[4,6,5,5]", "[6,4,5,5]")), "not [4, 6, 5, 5]"),
            (forge(&good, |h| h.replacen("F32", "I32", 1)), "not F32"),
            (forge(&good, label), "do not fit"),
            (forge(&good, |h| h.replace("eclaircie", "somebody")), "no card"),
            (
                forge(&good, |h| h.replace("david\\\",\\\"width", "x\\\",\\\"width")),
                "no network 'x'",
            ),
            (forge(&good, |h| h.replace("{", "[")), "header is not right"),
            (b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00}.".to_vec(), "a Python pickle"),
            (b"PK\x03\x04rest of a zip archive".to_vec(), "a zip file"),
        ];
        for (bytes, says) in cases {
            std::fs::write(&path, &bytes).unwrap();
            let error = Model::load(&path, Device::Cpu).err().expect(says);
            assert!(error.to_string().contains(says), "{says}: {error}");
        }
    }

    #[test]
    fn diverged_weights_are_not_saved() {
        let dir = tempfile::tempdir().unwrap();
        let model = small(1);
        tch::no_grad(|| {
            let _ = model.vars.variables()["conv1.bias"].shallow_clone().fill_(f64::NAN);
        });
        assert!(model.save(&dir.path().join("w.safetensors"), &BTreeMap::new()).is_err());
    }
}
