//! Weights at rest: safetensors with the card inside.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use safetensors::tensor::{Dtype, TensorView};
use serde::{Deserialize, Serialize};
use tch::{Device, Tensor};

use super::adopt::{adopt, check_finite};
use super::stored::Stored;
use super::turned::turn;
use super::{Card, Model};
use crate::error::{Error, Result, While};
use crate::store::publish;

/// The one key of the file's metadata. One, since the crate writes several in a random order.
const KEY: &str = "eclaircie";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Label {
    card: Card,
    about: BTreeMap<String, String>,
}

pub(super) fn save(model: &Model, path: &Path, about: &BTreeMap<String, String>) -> Result<()> {
    let doing = || format!("writing weights {}", path.display());
    let mut views = Vec::new();
    let mut bytes = BTreeMap::new();
    for (name, tensor) in model.vars.variables() {
        let data = turn(&tensor).and_then(|t| to_bytes(&name, &t)).during(doing)?;
        bytes.insert(name, (shape(&tensor), data));
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
    let mut file = Stored::open(path).during(doing)?;
    let card = label(&file).during(doing)?.card;
    adopt(&card, &mut file, device).during(doing)
}

pub(super) fn fit(card: &Card, path: &Path, device: Device) -> Result<Model> {
    let doing = || format!("loading weights {}", path.display());
    adopt(card, &mut Stored::open(path).during(doing)?, device).during(doing)
}

pub(super) fn about(path: &Path) -> Result<(Card, BTreeMap<String, String>)> {
    let doing = || format!("reading weights {}", path.display());
    let label = Stored::open(path).and_then(|file| label(&file)).during(doing)?;
    Ok((label.card, label.about))
}

/// What weights of this program say of themselves; nothing where another wrote them.
pub(super) fn about_if_any(file: &Stored) -> Result<BTreeMap<String, String>> {
    match file.label(KEY) {
        Some(_) => label(file).map(|label| label.about),
        None => Ok(BTreeMap::new()),
    }
}

/// What the file says about itself.
fn label(file: &Stored) -> Result<Label> {
    let text = file.label(KEY).ok_or_else(|| {
        Error::invalid("it carries no card, so its network is unknown").hint(
            "weights that `eclaircie train` or `model import` wrote carry one; \
             import others with `eclaircie model import`",
        )
    })?;
    let wrong = |e: Error| e.context("the card inside it is not right");
    let label: Label = serde_json::from_str(text)
        .map_err(|e| wrong(Error::invalid("not a card").with_source(e)))?;
    label.card.check().map_err(wrong)?;
    Ok(label)
}

fn shape(tensor: &Tensor) -> Vec<usize> {
    tensor.size().iter().map(|d| *d as usize).collect()
}

fn to_bytes(name: &str, tensor: &Tensor) -> Result<Vec<u8>> {
    let cpu = tensor.f_detach()?.f_to_device(Device::Cpu)?.f_contiguous()?;
    check_finite(name, &cpu)?;
    let mut bytes = vec![0u8; 4 * cpu.numel()];
    cpu.f_copy_data_u8(&mut bytes, cpu.numel())?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use tch::Kind;

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
        assert_eq!(model.forward(&inputs).unwrap().fine, back.forward(&inputs).unwrap().fine);
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
        let error = model.save(&dir.path().join("w.safetensors"), &BTreeMap::new()).unwrap_err();
        assert!(error.to_string().contains("conv1.bias"), "{error}");
    }
}
