//! The methods of a question that are no networks of the study.

use crate::error::{Error, Result};
use crate::evaluate::{built_in, check_file, named};
use crate::models::{Card, Model};
use crate::store::check_name;

/// The cards of those that are files: weights, or cards of TorchScript networks. Refuses what is neither built in nor such a
/// file; `evaluate` would do so when all networks of a seed are trained.
pub(super) fn cards(methods: &[String]) -> Result<Vec<Card>> {
    let is_file = |method: &&String| !built_in().any(|name| name == method.as_str());
    methods.iter().filter(is_file).map(|method| card(method)).collect()
}

fn card(method: &str) -> Result<Card> {
    let (name, path) = named(method);
    check_file(path)?;
    match name {
        Some(name) => {
            check_name(name)?;
        }
        None => {
            return Err(Error::usage(format!("the file {method} has no name in this study")).hint(
                format!("write one before it, as `old={method}`: tables and orderings use it"),
            ));
        }
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
    if let Some(file) = &card.script {
        check_file(file.as_ref())?;
    }
    Ok(card)
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
        assert_eq!(of(&[&format!("old={weights}")]).unwrap()[0].name, "ssop-unet-small");
        let unnamed = of(&[&weights]).unwrap_err();
        assert!(unnamed.advice().contains(&format!("old={weights}")), "{unnamed:?}");
        let error = of(&[&folder.path().display().to_string()]).unwrap_err();
        assert!(error.advice().ends_with("weights.safetensors"), "{error:?}");
        publish(&at("a.toml"), include_bytes!("../../../models/ssop-unet-small.toml")).unwrap();
        let error = of(&[&format!("a={}", text("a.toml"))]).unwrap_err();
        assert!(error.to_string().ends_with("is a card without weights"), "{error}");
        publish(&at("b.safetensors"), b"no weights at all").unwrap();
        assert!(of(&[&format!("b={}", text("b.safetensors"))]).is_err());
        publish(&at("two words.safetensors"), b"").unwrap();
        let error = of(&[&format!("c={}", text("two words.safetensors"))]).unwrap_err();
        assert!(error.to_string().ends_with("holds a blank"), "{error}");
    }
}
