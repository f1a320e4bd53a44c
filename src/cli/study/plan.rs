//! A study as a file.

use std::path::Path;

use serde::Deserialize;

use crate::error::{Error, Result, While};
use crate::models::Card;
use crate::store::{check_name, read_text};

/// Networks that are trained from several seeds and judged the same way.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Plan {
    /// Heading of the page.
    pub(super) name: String,
    /// Layout that is judged on, and trained on where a network names no other.
    pub(super) layout: String,
    /// Options of the layout for both verbs, as `--split-block 1`.
    #[serde(default)]
    pub(super) options: String,
    /// Chance of each training.
    pub(super) seeds: Vec<u64>,
    /// Options of `train`.
    #[serde(default)]
    pub(super) train: String,
    /// Options of `evaluate`.
    #[serde(default)]
    pub(super) evaluate: String,
    /// Methods beside the networks, as `gapfill`.
    #[serde(default)]
    pub(super) methods: Vec<String>,
    /// Negative controls, as `sar-time`.
    #[serde(default)]
    pub(super) controls: Vec<String>,
    /// What is trained.
    pub(super) networks: Vec<Training>,
}

/// One network.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Training {
    /// A shipped card, or a file.
    pub(super) card: String,
    /// Layout that it is trained on.
    pub(super) layout: Option<String>,
    /// More options of `train`.
    #[serde(default)]
    pub(super) train: String,
    /// Name of its folder, where one card is trained in several ways; else the card's.
    #[serde(default)]
    pub(super) name: String,
}

impl Plan {
    /// Reads a file, and opens every card. A card that is a file may lie beside the study.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let doing = || format!("reading {}", path.display());
        let folder = path.parent().unwrap_or(Path::new(""));
        Self::parse(&read_text(path)?, folder).during(doing)
    }

    /// Refuses unknown fields, no network or seed, and what is named twice.
    fn parse(text: &str, folder: &Path) -> Result<Self> {
        let mut plan: Self = toml::from_str(text).map_err(|e| {
            Error::invalid(format!("not a study: {}", e.message())).hint(
                "a study has name, layout, seeds, networks with a card each, and maybe options, train, evaluate, methods, controls",
            )
        })?;
        for network in &mut plan.networks {
            let beside = folder.join(&network.card);
            if beside.is_file() {
                network.card = beside.display().to_string();
            }
            let card = Card::open(&network.card)?.name;
            if network.name.is_empty() {
                network.name = card;
            }
            check_name(&network.name)?;
        }
        let twice = |all: &[String]| (1..all.len()).find(|i| all[..*i].contains(&all[*i]));
        let names: Vec<String> = plan.networks.iter().map(|n| n.name.clone()).collect();
        let seeds: Vec<String> = plan.seeds.iter().map(u64::to_string).collect();
        for (what, all) in [("network", &names), ("seed", &seeds)] {
            if all.is_empty() {
                return Err(Error::invalid(format!("the study has no {what}"))
                    .hint(format!("add a {what}")));
            }
            if let Some(i) = twice(all) {
                return Err(Error::invalid(format!("the {what} {} is there twice", all[i]))
                    .hint("give each network a `name` of its own, and each seed once"));
            }
        }
        Ok(plan)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "name = 'radar'\nlayout = 'os2'\nseeds = [1, 2]\n\
                        networks = [{ card = 'msop-unet-small' }, { card = 'david' }]\n";

    #[test]
    fn a_study_knows_the_names_of_its_networks() {
        let plan = Plan::parse(GOOD, Path::new("")).unwrap();
        let names: Vec<&str> = plan.networks.iter().map(|n| n.name.as_str()).collect();
        assert_eq!(names, ["msop-unet-small", "david"]);
    }

    #[test]
    fn a_study_that_says_nothing_is_refused_with_what_is_wrong() {
        for (from, to, says) in [
            ("[1, 2]", "[]", "no seed"),
            ("[1, 2]", "[1, 1]", "seed 1 is there twice"),
            ("'david'", "'msop-unet-small'", "msop-unet-small is there twice"),
            ("'david'", "'no-such'", "no-such"),
            ("seeds", "sedes", "sedes"),
        ] {
            let error = Plan::parse(&GOOD.replace(from, to), Path::new("")).unwrap_err();
            assert!(error.to_string().contains(says), "{to}: {error}");
        }
    }
}
