//! Weights of other programs become ours.

use std::collections::BTreeMap;
use std::path::Path;

use tch::Device;

use super::adopt::adopt;
use super::band_order::reorder;
use super::bundle::Bundle;
use super::source::{Entry, Source};
use super::stored::Stored;
use super::{Card, Model, design, weights};
use crate::error::{Error, Result, While};

/// What an import made.
pub struct Imported {
    /// The network with its weights.
    pub model: Model,
    /// What the file was, for the record.
    pub form: &'static str,
    /// Keys of what was left out: the state of an optimiser, counters.
    pub left_out: Vec<String>,
    /// What weights of this program say of themselves, what they learned from among it.
    pub about: BTreeMap<String, String>,
}

/// Reads the weights of a card's network from a TensorFlow SavedModel or checkpoint, or from a
/// safetensors file with Keras' names. `bands` is the order in which the network saw the 20 m bands,
/// if not the archive's. Nothing in the files is executed. Refuses what is missing, misshapen or
/// not a part of the network, by name, and damaged files.
pub fn import(path: &Path, card: &Card, bands: Option<&[String]>) -> Result<Imported> {
    let mut imported = read(path, card)?;
    if let Some(bands) = bands {
        reorder(&mut imported.model, bands)?;
    }
    Ok(imported)
}

fn read(path: &Path, card: &Card) -> Result<Imported> {
    let doing = || format!("importing {}", path.display());
    if path.is_file() && path.extension().is_none_or(|e| e != "index") {
        let mut file = Stored::open(path).during(doing)?;
        let model = adopt(card, &mut file, Device::Cpu).during(doing)?;
        let about = weights::about_if_any(&file).during(doing)?;
        return Ok(Imported { model, form: "safetensors", left_out: Vec::new(), about });
    }
    let bundle = Bundle::open(path).during(doing)?;
    let left_out = bundle.left_out().to_vec();
    let mut named = ByOrder::new(card, bundle).during(doing)?;
    let model = adopt(card, &mut named, Device::Cpu).during(doing)?;
    let about = BTreeMap::new();
    Ok(Imported { model, form: "TensorFlow tensor bundle", left_out, about })
}

/// A bundle, by the names of its variables; where it does not tell them, layers are taken in their
/// order.
struct ByOrder {
    bundle: Bundle,
    /// Its name of each of ours.
    stored: BTreeMap<String, String>,
}

impl ByOrder {
    fn new(card: &Card, bundle: Bundle) -> Result<Self> {
        let convs = design::of(card)?.convs;
        let mut stored = BTreeMap::new();
        for name in bundle.entries().into_keys() {
            let numbered = name.strip_prefix("layer_with_weights-").and_then(|r| r.split_once('/'));
            let number = numbered.and_then(|(n, part)| Some((n.parse::<usize>().ok()?, part)));
            let ours = match number {
                Some((n, part)) => {
                    let conv = convs.get(n).ok_or_else(|| {
                        let count = convs.len();
                        Error::invalid(format!(
                            "{name} is layer {n} of a network of {count} layers"
                        ))
                        .hint("name the card of the network that was saved with --as")
                    })?;
                    format!("{}/{part}", conv.name)
                }
                None => name.clone(),
            };
            stored.insert(ours, name);
        }
        Ok(Self { bundle, stored })
    }
}

impl Source for ByOrder {
    fn entries(&self) -> BTreeMap<String, Entry> {
        let mut all = self.bundle.entries();
        let entry = |(ours, name): (&String, &String)| Some((ours.clone(), all.remove(name)?));
        self.stored.iter().filter_map(entry).collect()
    }

    fn bytes(&mut self, name: &str) -> Result<Vec<u8>> {
        let stored = self.stored.get(name).cloned().unwrap_or_default();
        self.bundle.bytes(&stored)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::reference;
    use crate::tensors::read_tensors;

    #[test]
    fn the_reference_bundle_is_the_reference_weights() {
        let Some(folder) = reference("import of a bundle", "decloud/weights") else { return };
        let card = Card::open("crga_os2_david").unwrap();
        let stored = folder.join("crga_os2_david.weights.safetensors");
        let wanted = import(&stored, &card, None).unwrap().model.vars.variables();
        assert_eq!(wanted.len(), read_tensors(&stored).len());
        let bundle = folder.join("checkpoint");
        for path in [bundle.clone(), bundle.join("variables.index"), bundle.join("variables")] {
            let imported = import(&path, &card, None).unwrap();
            for (name, tensor) in imported.model.vars.variables() {
                assert_eq!(tensor, wanted[&name], "{name}");
            }
        }
        let error =
            import(&bundle, &Card::open("david-20m").unwrap(), None).err().unwrap().to_string();
        assert!(error.contains("is missing") && error.contains("conv3_bn_relu"), "{error}");
    }
}
