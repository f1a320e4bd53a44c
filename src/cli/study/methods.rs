//! The methods of a question that are no networks of the study.

use std::path::Path;

use crate::error::{Error, Result};
use crate::models::{Card, Model};
use crate::ops::Filling;
use crate::sql::nearest;

/// What `evaluate` knows by name.
fn built_in() -> impl Iterator<Item = &'static str> {
    let fillings = Filling::ALL.into_iter().map(Filling::name);
    ["input"].into_iter().chain(fillings).chain(["gapfill-pair"])
}

/// The cards of those that are files: weights, or cards of TorchScript networks. Refuses what is neither built in nor such a
/// file; `evaluate` would do so when all networks of a seed are trained.
pub(super) fn cards(methods: &[String]) -> Result<Vec<Card>> {
    let is_file = |method: &&String| !built_in().any(|name| name == method.as_str());
    methods.iter().filter(is_file).map(|method| card(method)).collect()
}

fn card(method: &str) -> Result<Card> {
    let path = file(method);
    let inside = path.join("weights.safetensors");
    if inside.is_file() {
        return Err(Error::usage(format!("{} is a folder", path.display()))
            .hint(format!("name the weights in it: {}", inside.display())));
    }
    if !path.is_file() {
        return Err(unknown(method));
    }
    if method.contains(char::is_whitespace) {
        return Err(Error::usage(format!("'{method}' holds a blank")).hint(
            "a study parts the words of its commands at blanks: rename the file or its folder",
        ));
    }
    let card = Model::card(path)?;
    if path.extension().is_some_and(|e| e == "toml") && card.script.is_none() {
        return Err(Error::usage(format!("{} is a card without weights", path.display()))
            .hint("train it as one of the study's networks, or name a weights.safetensors"));
    }
    Ok(card)
}

/// The file of `FILE` or `NAME=FILE`, as `evaluate` reads it.
fn file(method: &str) -> &Path {
    match method.split_once('=') {
        Some((name, path)) if !name.contains('/') && !Path::new(method).exists() => Path::new(path),
        _ => Path::new(method),
    }
}

fn unknown(method: &str) -> Error {
    let guess = nearest(method, built_in())
        .map_or_else(String::new, |name| format!("; did you mean '{name}'?"));
    let known: Vec<&str> = built_in().collect();
    Error::not_found(format!("there is no method and no file '{method}'{guess}")).hint(format!(
        "methods are {}, weights files and cards of TorchScript networks, as FILE or NAME=FILE; the study's networks stand in `networks`",
        known.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::store::publish;
    use crate::tensors::pick_device;

    fn of(methods: &[&str]) -> Result<Vec<Card>> {
        cards(&methods.iter().map(|m| (*m).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn what_evaluate_knows_by_name_needs_no_file_and_a_slip_is_told() {
        let all = ["input", "nearest", "gapfill", "gapfill-loess", "gapfill-pair"];
        assert!(of(&all).unwrap().is_empty());
        for slip in ["gapfil", "old=gapfill"] {
            let error = of(&["input", slip]).unwrap_err();
            assert!(error.to_string().contains("did you mean 'gapfill'?"), "{error}");
            assert!(all.iter().all(|name| error.advice().contains(name)), "{error:?}");
        }
        let error = of(&["old=runs/no-such/w.safetensors"]).unwrap_err();
        assert!(error.is_not_found() && !error.to_string().contains("did you mean"), "{error}");
    }

    #[test]
    fn a_file_is_weights_or_a_network_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let text = |name: &str| at(name).display().to_string();
        let model =
            Model::new(Card::open("ssop-unet-small").unwrap(), 1, pick_device("cpu").unwrap());
        model.unwrap().save(&at("weights.safetensors"), &BTreeMap::new()).unwrap();
        let weights = text("weights.safetensors");
        for method in [weights.clone(), format!("old={weights}")] {
            assert_eq!(of(&[&method]).unwrap()[0].name, "ssop-unet-small");
        }
        let error = of(&[&folder.path().display().to_string()]).unwrap_err();
        assert!(error.advice().ends_with("weights.safetensors"), "{error:?}");
        publish(&at("a.toml"), include_bytes!("../../../models/ssop-unet-small.toml")).unwrap();
        let error = of(&[&text("a.toml")]).unwrap_err();
        assert!(error.to_string().ends_with("is a card without weights"), "{error}");
        publish(&at("b.safetensors"), b"no weights at all").unwrap();
        assert!(of(&[&text("b.safetensors")]).is_err());
        publish(&at("two words.safetensors"), b"").unwrap();
        let error = of(&[&text("two words.safetensors")]).unwrap_err();
        assert!(error.to_string().ends_with("holds a blank"), "{error}");
    }
}
