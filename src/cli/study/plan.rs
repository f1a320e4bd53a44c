//! A study as a file.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::error::{Error, Result, While};
use crate::evaluate::named;
use crate::layout::{Control, Layout};
use crate::models::Card;
use crate::store::{check_name, read_text};

/// Networks that are trained from several seeds, and what is asked of them.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Plan {
    /// Heading of the page.
    pub(super) name: String,
    /// Options of all layouts, as `--split-block 1`, so that what is trained on is never judged on.
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
    /// The archive that readings are of, by its snapshot or the beginning of that: a page of another one leaves them out.
    #[serde(default)]
    pub(super) readings_of: String,
    /// What is trained.
    pub(super) networks: Vec<Training>,
    /// What is asked of them.
    pub(super) questions: Vec<Question>,
}

/// Methods that are judged on the same samples.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Question {
    /// Name of its folder.
    pub(super) name: String,
    /// Heading, by default the name.
    #[serde(default)]
    pub(super) title: String,
    /// Layout that is judged on.
    pub(super) layout: String,
    /// More options of the layout, as `--set cloud_min=90`.
    #[serde(default)]
    pub(super) options: String,
    /// Methods beside the networks, as `gapfill`.
    #[serde(default)]
    pub(super) methods: Vec<String>,
    /// Names of networks; by default all of them.
    #[serde(default)]
    pub(super) networks: Vec<String>,
    /// Negative controls, as `sar-time`.
    #[serde(default)]
    pub(super) controls: Vec<String>,
    /// What others found, worst first: `gapfill < msop`. The page says whether it holds here.
    #[serde(default)]
    pub(super) orderings: Vec<Ordering>,
    /// What a reader made of a run, for the page.
    #[serde(default)]
    pub(super) reading: String,
}

/// Methods by what they are worth, worst first.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub(super) struct Ordering(pub(super) Vec<String>);

impl From<String> for Ordering {
    fn from(text: String) -> Self {
        Self(text.split('<').map(|name| name.trim().to_owned()).collect())
    }
}

/// One network.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Training {
    /// A shipped card, or a file.
    pub(super) card: String,
    /// Layout that it is trained on.
    pub(super) layout: String,
    /// More options of `train`.
    #[serde(default)]
    pub(super) train: String,
    /// Name of its folder, where one card is trained in several ways; else the card's.
    #[serde(default)]
    pub(super) name: String,
}

impl Plan {
    /// Reads a file, and opens every card. Cards and layouts that are files may lie beside the study.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let doing = || format!("reading {}", path.display());
        let folder = path.parent().unwrap_or(Path::new(""));
        Self::parse(&read_text(path)?, folder).during(doing)
    }

    /// Refuses unknown fields, names that nobody bears, and what is missing or named twice.
    fn parse(text: &str, folder: &Path) -> Result<Self> {
        let mut plan: Self = toml::from_str(text).map_err(|e| {
            Error::invalid(format!("not a study: {}{}", line(text, &e), e.message())).hint(
                "a study has name, seeds, networks with a card and a layout each, questions with a name and a layout each, and maybe options, train, evaluate",
            )
        })?;
        let beside = |name: &mut String| {
            let file = folder.join(&*name);
            if file.is_file() {
                *name = file.display().to_string();
            }
        };
        for network in &mut plan.networks {
            beside(&mut network.card);
            beside(&mut network.layout);
            let card = Card::open(&network.card)?.name;
            if network.name.is_empty() {
                network.name = card;
            }
        }
        let networks: Vec<String> = plan.networks.iter().map(|n| n.name.clone()).collect();
        let questions: Vec<String> = plan.questions.iter().map(|q| q.name.clone()).collect();
        let seeds: Vec<String> = plan.seeds.iter().map(u64::to_string).collect();
        for (what, all) in [("network", &networks), ("question", &questions), ("seed", &seeds)] {
            once(what, all)?;
            for name in all {
                check_name(name)?;
            }
        }
        if let Some(both) = networks.iter().find(|n| questions.contains(n)) {
            return Err(Error::invalid(format!("{both} is a network and a question"))
                .hint("each has a folder of its name: give one of them another `name`"));
        }
        for network in &plan.networks {
            Layout::open(&network.layout).during(|| format!("network {}", network.name))?;
        }
        for question in &mut plan.questions {
            beside(&mut question.layout);
            question.complete(&networks)?;
        }
        Ok(plan)
    }

    /// Whether what a reader made of a run is of this archive.
    pub(super) fn is_read(&self, snapshot: &str) -> bool {
        snapshot.starts_with(&self.readings_of)
    }
}

impl Question {
    /// The files among the methods that are no networks of the study, with the names of these methods; of a TorchScript network its
    /// card and its program.
    pub(super) fn files(&self) -> impl Iterator<Item = (&str, PathBuf)> {
        let script = |path: &Path| {
            let card = path
                .extension()
                .is_some_and(|e| e == "toml")
                .then(|| Card::open(path.to_str()?).ok());
            card.flatten().and_then(|card| card.script).map(PathBuf::from)
        };
        let all = self.methods.iter().flat_map(move |m| {
            let path = named(m).1.to_owned();
            let script = script(&path);
            std::iter::once(path).chain(script).map(|file| (m.as_str(), file))
        });
        all.filter(|(_, file)| file.is_file())
    }

    /// Fills in what is left out, and refuses names that it does not know.
    fn complete(&mut self, networks: &[String]) -> Result<()> {
        let (question, unknown) = (self.name.clone(), |name: &str| {
            Error::invalid(format!("question {}: there is no {name}", self.name))
        });
        if let Some(name) = self.networks.iter().find(|name| !networks.contains(name)) {
            return Err(unknown(name).hint(format!("the networks are {}", networks.join(", "))));
        }
        let chosen = if self.networks.is_empty() { networks } else { &self.networks };
        let methods = self.methods.iter().map(|m| named(m).0.unwrap_or(m).to_owned());
        let known: Vec<String> = methods.chain(chosen.iter().cloned()).collect();
        once("method", &known)?;
        Layout::open(&self.layout).during(|| format!("question {question}"))?;
        for control in &self.controls {
            Control::parse(control)
                .map_err(|next| unknown(&format!("control '{control}'")).hint(next))?;
        }
        for Ordering(names) in &self.orderings {
            if let Some(name) = names.iter().find(|name| !known.contains(name)) {
                return Err(unknown(name).hint(format!(
                    "an ordering is as `gapfill < msop`, of the question's {}",
                    known.join(", ")
                )));
            }
            if names.len() < 2 {
                return Err(Error::invalid(format!(
                    "question {question}: one name is no ordering"
                ))
                .hint("write the worse first, as `gapfill < msop`"));
            }
        }
        self.networks = chosen.to_vec();
        if self.title.is_empty() {
            self.title = question;
        }
        Ok(())
    }
}

/// `line N: `, where the file has the fault in a line: what is missing from all of it has none.
fn line(text: &str, e: &toml::de::Error) -> String {
    let found = e.span().filter(|span| span.end > 0);
    found.map_or_else(String::new, |span| {
        let above = text.bytes().take(span.start).filter(|byte| *byte == b'\n').count();
        format!("line {}: ", above + 1)
    })
}

/// Refuses a list that is empty or says something twice.
fn once(what: &str, all: &[String]) -> Result<()> {
    if all.is_empty() {
        return Err(
            Error::invalid(format!("the study has no {what}")).hint(format!("add a {what}"))
        );
    }
    match (1..all.len()).find(|i| all[..*i].contains(&all[*i])) {
        Some(i) => Err(Error::invalid(format!("the {what} {} is there twice", all[i]))
            .hint("give each network and question a `name` of its own, and each seed once")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "name = 'radar'\nseeds = [1, 2]\n\
                        networks = [{ card = 'msop-unet-small', layout = 'os2' }, { card = 'david', layout = 'os2' }]\n\
                        questions = [{ name = 'dates', layout = 'os2', methods = ['gapfill'], \
                        orderings = ['gapfill < david'] }]\n";

    #[test]
    fn what_is_left_out_of_a_study_is_filled_in() {
        let plan = Plan::parse(GOOD, Path::new("")).unwrap();
        let names: Vec<&str> = plan.networks.iter().map(|n| n.name.as_str()).collect();
        assert_eq!(names, ["msop-unet-small", "david"]);
        let dates = &plan.questions[0];
        assert_eq!(dates.title, "dates");
        assert_eq!(dates.networks, names);
        assert_eq!(dates.orderings, [Ordering(vec!["gapfill".into(), "david".into()])]);
    }

    #[test]
    fn a_method_with_a_name_stands_in_orderings_by_it() {
        let text = GOOD.replace("['gapfill']", "['gapfill', 'old=runs/w.safetensors']");
        let plan =
            Plan::parse(&text.replace("gapfill < david", "old < david"), Path::new("")).unwrap();
        assert_eq!(plan.questions[0].orderings, [Ordering(vec!["old".into(), "david".into()])]);
        assert_eq!(plan.questions[0].files().count(), 0, "there is no such file");
    }

    #[test]
    fn a_study_that_says_nothing_is_refused_with_what_is_wrong() {
        for (from, to, says) in [
            ("[1, 2]", "[]", "no seed"),
            ("[1, 2]", "[1, 1]", "seed 1 is there twice"),
            ("'david'", "'msop-unet-small'", "msop-unet-small is there twice"),
            ("'david'", "'no-such'", "no-such"),
            ("seeds", "sedes", "not a study: line 2: unknown field `sedes`"),
            ("name = 'radar'\n", "", "not a study: missing field `name`"),
            ("name = 'dates', ", "", "not a study: line 4: missing field `name`"),
            ("[1, 2]", "'1'", "not a study: line 2: invalid type"),
            ("'dates'", "'david'", "david is a network and a question"),
            ("'dates'", "'../dates'", "../dates"),
            ("'gapfill']", "'david']", "the method david is there twice"),
            (
                "layout = 'os2', methods",
                "layout = 'os3', methods",
                "question dates: no layout is called 'os3'",
            ),
            ("methods", "controls = ['sar'], methods", "question dates: there is no control 'sar'"),
            ("gapfill < david", "gapfil < david", "there is no gapfil"),
            (
                "['gapfill']",
                "['gapfill', 'david=w.safetensors']",
                "the method david is there twice",
            ),
            ("gapfill < david", "david", "one name is no ordering"),
            (
                "layout = 'os2', methods",
                "layout = 'os2', networks = ['x'], methods",
                "there is no x",
            ),
        ] {
            let error = Plan::parse(&GOOD.replace(from, to), Path::new("")).unwrap_err();
            assert!(error.to_string().contains(says), "{to}: {error}");
        }
    }
}
