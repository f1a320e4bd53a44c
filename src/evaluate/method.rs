//! The methods that were asked for.

use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;

use super::compare::EvaluateOptions;
use super::named::{PAIR, check_file, named};
use crate::error::{Error, Result};
use crate::layout::{Control, Samples};
use crate::models::Model;
use crate::ops::Filling;
use crate::store::check_name;

/// Where an answer comes from.
pub(super) enum Way {
    /// The image at t itself.
    Input,
    /// The clear dates of the series.
    Filling(Filling),
    /// A line between `s2_tm1` and `s2_tp1`, whatever their masks say: the study's gap-filling.
    /// Positions of both roles and of the answer's.
    Pair { before: usize, after: usize, answer: usize },
    /// A network.
    Network(Rc<Model>),
}

/// One method, or a network under a control.
pub(super) struct Method {
    pub(super) name: String,
    pub(super) way: Way,
    pub(super) control: Option<Control>,
}

impl Method {
    /// The roles that it reads.
    pub(super) fn roles(&self) -> Vec<String> {
        match &self.way {
            Way::Input => vec!["s2_t".into()],
            Way::Filling(_) => Vec::new(),
            Way::Pair { .. } => vec!["s2_tm1".into(), "s2_tp1".into()],
            Way::Network(model) => model.card.inputs.clone(),
        }
    }
}

/// The methods in the order that was asked for, each network followed by its controls.
///
/// `answer` is the position of the role that is scored. Refuses weights that do not fit the layout or
/// may have been trained on these samples, and a control of an input that no network takes.
pub(super) fn methods(s: &Samples, o: &EvaluateOptions, answer: usize) -> Result<Vec<Method>> {
    let mut all: Vec<Method> = Vec::new();
    let roles: Vec<&str> = s.roles.iter().map(|r| r.name.as_str()).collect();
    for text in &o.methods {
        let filling = Filling::ALL.into_iter().find(|f| f.name() == text);
        let plain = |way| Method { name: text.clone(), way, control: None };
        match (text.as_str(), filling) {
            (_, Some(filling)) => all.push(plain(Way::Filling(filling))),
            ("input", _) => all.push(plain(Way::Input)),
            (PAIR, _) => all.push(plain(pair(s, answer)?)),
            (text, _) => {
                let (name, path) = named(text);
                check_file(path)?;
                // Of a TorchScript network nothing is known.
                let about = match path.extension().is_some_and(|e| e == "toml") {
                    true => BTreeMap::new(),
                    false => Model::about(path)?.1,
                };
                s.check_ground(path, &about, &o.snapshot)?;
                let model = Rc::new(Model::open(path, o.device, o.allow_code)?);
                model.card.check_roles(&roles, false)?;
                let name = match name {
                    Some(name) => own_name(name, o, &all)?,
                    None => name_of(&model, &about, path, &all)?,
                };
                for control in std::iter::once(None).chain(o.controls.iter().copied().map(Some)) {
                    if control.is_none_or(|control| takes(&model, s, control)) {
                        let name = match control {
                            Some(control) => format!("{name} [{}]", control.name()),
                            None => name.clone(),
                        };
                        all.push(Method { name, way: Way::Network(model.clone()), control });
                    }
                }
            }
        }
    }
    if let Some(i) = (1..all.len()).find(|i| all[..*i].iter().any(|m| m.name == all[*i].name)) {
        return Err(Error::usage(format!("two methods have the name {}", all[i].name)).hint(
            "ask for each method once, and give a network another name: `--method second=FILE`",
        ));
    }
    for control in &o.controls {
        if !all.iter().any(|m| m.control == Some(*control)) {
            let what = control.sensor().name();
            return Err(Error::usage(format!(
                "control {}: no method takes {what}",
                control.name()
            ))
            .hint("add the weights of a network that does, or leave the control out"));
        }
    }
    Ok(all)
}

/// Whether the network sees what the control exchanges.
fn takes(model: &Model, samples: &Samples, control: Control) -> bool {
    let of = |name: &String| {
        samples.role(name).is_some_and(|i| samples.roles[i].sensor == control.sensor())
    };
    model.card.inputs.iter().any(of)
}

fn pair(samples: &Samples, answer: usize) -> Result<Way> {
    let found = samples.role("s2_tm1").zip(samples.role("s2_tp1"));
    let (before, after) = found.ok_or_else(|| {
        Error::usage(format!(
            "{PAIR} needs s2_tm1 and s2_tp1, and layout '{}' lacks one",
            samples.layout
        ))
        .hint("use a layout as os2, or --method gapfill")
    })?;
    Ok(Way::Pair { before, after, answer })
}

/// A name that the user gave, if it tells its method from the others.
fn own_name(name: &str, o: &EvaluateOptions, others: &[Method]) -> Result<String> {
    check_name(name)?;
    match others.iter().any(|m| m.name == name) || o.methods.iter().any(|m| m == name) {
        true => Err(Error::usage(format!("two methods have the name {name}"))
            .hint("write another before the =, as `--method second=runs/2/weights.safetensors`")),
        false => Ok(name.to_owned()),
    }
}

/// The card's name, with the control that it was trained under; a further network of that name also
/// bears as many of its folders as tell it from the others.
fn name_of(
    model: &Model,
    about: &BTreeMap<String, String>,
    path: &Path,
    others: &[Method],
) -> Result<String> {
    let name = match about.get("control").filter(|control| *control != "none") {
        Some(control) => format!("{} (trained on {control})", model.card.name),
        None => model.card.name.clone(),
    };
    let folders: Vec<&str> =
        path.parent().into_iter().flat_map(Path::iter).filter_map(|part| part.to_str()).collect();
    let longer = (0..folders.len()).rev().map(|i| format!("{name} {}", folders[i..].join("/")));
    let free = |name: &String| !others.iter().any(|m| m.name == *name);
    std::iter::once(name.clone()).chain(longer).find(free).ok_or_else(|| {
        Error::usage(format!("{} is there twice", path.display()))
            .hint("name each network once, or give one a name: `--method second=FILE`")
    })
}
