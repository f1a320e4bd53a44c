//! A network's card.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{design, script, shelf};
use crate::error::{Error, Result, While};
use crate::layout::{coarse_name, fine_name};
use crate::limits;
use crate::store::{check_name, read_text};

/// What a network is and takes; `models/*.toml` or a user's file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// Name, as `msop-unet-small`.
    pub name: String,
    /// The study's name of the network; it opens a shipped card too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original: Option<String>,
    /// Network: `ssop-unet`, `msop-unet`, …, or `torchscript`.
    pub network: String,
    /// File of a `torchscript` network, from the card's folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub script: Option<String>,
    /// Features of the first level (the study: 64); the others scale with it.
    #[serde(default = "width")]
    pub width: i64,
    /// Input roles in order, as `s1_t`, `s2_t`, `dem`. Leaving out the `s1_*` or `dem` makes the
    /// ablations; with the `s2_20m_*` the network answers the 20 m bands too.
    pub inputs: Vec<String>,
    /// Target role.
    #[serde(default = "target")]
    pub target: String,
    /// How the last layer makes the image.
    #[serde(default)]
    pub head: Head,
}

/// How the last layer makes the image.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Head {
    /// The study's: the last layer is the image.
    #[default]
    Plain,
    /// The last layer is an image and, per pixel, a weight (softmax) for it and for each optical
    /// input; the output is their weighted mean. It starts near its inputs and learns within
    /// minutes.
    Blend,
}

fn width() -> i64 {
    64
}

fn target() -> String {
    "s2_target".to_owned()
}

impl Card {
    /// Names of the cards that ship with the program.
    pub fn shipped() -> Vec<&'static str> {
        shelf::CARDS.iter().map(|(name, _)| *name).collect()
    }

    /// A shipped card by its name or the study's, or a user's file by path. Refuses a card that does
    /// not fit its network.
    pub fn open(name_or_path: &str) -> Result<Self> {
        let original = format!("original = \"{name_or_path}\"");
        let named = |(name, text): &&(&str, &str)| {
            *name == name_or_path || text.lines().any(|line| line == original)
        };
        if let Some((name, text)) = shelf::CARDS.iter().find(named) {
            return Self::parse(text).during(|| format!("reading the shipped card {name}"));
        }
        let path = Path::new(name_or_path);
        if !path.is_file() {
            return Err(Error::not_found(format!("no card '{}'", name_or_path.escape_debug()))
                .hint(format!("give a file, or one of: {}", Self::shipped().join(", "))));
        }
        let doing = || format!("reading {}", path.display());
        let mut card = Self::parse(&read_text(path)?).during(doing)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        card.script = card.script.map(|file| folder.join(file).display().to_string());
        Ok(card)
    }

    /// A card from TOML text, checked.
    pub fn parse(text: &str) -> Result<Self> {
        let card: Self = toml::from_str(text).map_err(|e| {
            Error::invalid(format!("not a card: {}", e.message()))
                .hint("a card has name, network, width, inputs, and maybe target and head")
        })?;
        card.check()?;
        Ok(card)
    }

    /// Whether the card describes a network that can be built. Nothing large is allocated.
    pub fn check(&self) -> Result<()> {
        check_name(&self.name)?;
        if !(1..=limits::WIDTH_MAX).contains(&self.width) {
            let max = limits::WIDTH_MAX;
            return Err(Error::invalid(format!("width {} is outside 1..={max}", self.width)));
        }
        if !self.target.starts_with("s2_") || self.target.starts_with("s2_20m_") {
            return Err(Error::invalid(format!(
                "the target '{}' is not optical 10 m",
                self.target
            ))
            .hint("targets are named s2_*, as s2_target"));
        }
        if self.inputs.len() > limits::INPUTS_MAX {
            let (count, max) = (self.inputs.len(), limits::INPUTS_MAX);
            return Err(Error::invalid(format!("{count} inputs are more than {max}")));
        }
        for (i, role) in self.inputs.iter().enumerate() {
            check_name(role)?;
            if self.inputs[..i].contains(role) || *role == self.target {
                return Err(Error::invalid(format!("the role '{role}' is named twice")));
            }
        }
        script::check(self)?;
        match self.network == script::NETWORK {
            true => Ok(()),
            false => design::of(self).map(|_| ()),
        }
    }

    /// The 20 m target of a network that takes 20 m bands: of the image that is its target.
    pub fn coarse_target(&self) -> Option<String> {
        let takes = self.inputs.iter().any(|role| role.starts_with("s2_20m_"));
        takes.then(|| coarse_name(&self.target))
    }

    /// Checks that a layout offers every input and the target. Refuses with the names that are
    /// missing.
    pub fn check_roles(&self, roles: &[&str], with_target: bool) -> Result<()> {
        let target = with_target.then_some(&self.target);
        // An optical role gives its 20 m bands too.
        let fine = |role: &str| fine_name(role).is_some_and(|fine| roles.contains(&&*fine));
        let offers = |role: &str| roles.contains(&role) || fine(role);
        let missing: Vec<&str> = self
            .inputs
            .iter()
            .chain(target)
            .map(String::as_str)
            .filter(|role| !offers(role))
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        Err(Error::usage(format!(
            "the layout offers {} but the card {} also needs {}",
            roles.join(", "),
            self.name,
            missing.join(", ")
        ))
        .hint("add the missing patch columns to the query, or choose another card"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_card_opens_under_its_name() {
        assert!(Card::shipped().len() >= 24);
        for name in Card::shipped() {
            assert_eq!(Card::open(name).unwrap().name, name);
        }
    }

    #[test]
    fn the_studys_names_open_cards_too() {
        for (theirs, ours) in [
            ("meraner_original", "ssop-resnet"),
            ("crga_os2_unet_all_bands", "msop-unet-20m"),
            ("crga_os1_unet_impostor", "os1-unet-impostor"),
        ] {
            assert_eq!(Card::open(theirs).unwrap(), Card::open(ours).unwrap());
        }
    }

    #[test]
    fn a_network_with_20_m_bands_has_two_targets() {
        let target = |name| Card::open(name).unwrap().coarse_target();
        assert_eq!(target("os1-unet-20m").as_deref(), Some("s2_20m_t"));
        assert_eq!(target("david-20m").as_deref(), Some("s2_20m_target"));
        assert_eq!(target("david"), None);
    }

    #[test]
    fn a_wrong_card_is_refused_with_what_is_wrong() {
        let good = "name='a'\nnetwork='ssop-unet'\nwidth=8\ninputs=['s1_t','s2_t','dem']\n";
        Card::parse(good).unwrap();
        for (from, to, says) in [
            ("width=8", "width=0", "width 0"),
            ("width=8", "width=100000", "width 100000"),
            ("width=8", "width=8\ndepth=3", "depth"),
            ("ssop-unet", "unet", "no network 'unet'"),
            ("'s2_t',", "", "does not take the inputs s1_t dem"),
            ("'s2_t'", "'s2_t','s2_t'", "twice"),
            ("'s2_t'", "'s2_t','s2_tm1'", "s2_tm1"),
            ("name='a'", "name='../a'", "cannot be a name"),
            ("width=8", "width=8\ntarget='s1_t'", "not optical"),
        ] {
            let error = Card::parse(&good.replace(from, to)).unwrap_err();
            assert!(error.to_string().contains(says), "{to}: {error}");
        }
        assert!(Card::open("no-such-card").unwrap_err().is_not_found());
    }

    #[test]
    fn missing_roles_are_named() {
        let card = Card::open("ssop-unet").unwrap();
        card.check_roles(&["dem", "s2_t", "s1_t"], false).unwrap();
        let error = card.check_roles(&["s2_t", "s1_t"], true).unwrap_err();
        assert!(error.to_string().ends_with("needs dem, s2_target"), "{error}");
        let card = Card::open("ssop-unet-20m").unwrap();
        card.check_roles(&["dem", "s2_t", "s1_t"], false).unwrap();
        let error = card.check_roles(&["dem", "s1_t"], false).unwrap_err();
        assert!(error.to_string().ends_with("needs s2_t, s2_20m_t"), "{error}");
    }
}
