//! What can be told of a study before anything is trained: hours lie between its first command and its last.

use clap::{ArgMatches, FromArgMatches};

use super::super::{args::LayoutArgs, script::Script, train};
use super::plan::{Plan, Question, Training};
use super::{evaluation, methods, training};
use crate::archive::Archive;
use crate::error::{Error, Result, While};
use crate::evaluate::same_ground;
use crate::layout::Control;
use crate::models::Card;
use crate::tensors::{pick_device, role_layer};

/// A study, and what it is to run on.
pub(super) struct Check<'a> {
    pub(super) plan: &'a Plan,
    pub(super) script: &'a Script<'a>,
    pub(super) archive: &'a Archive,
    pub(super) truth: Option<&'a Archive>,
}

impl Check<'_> {
    /// Refuses a truth of other ground, commands that are none, methods that are neither built in nor files, and controls of what
    /// no network takes. Warns of networks that are trained for nothing.
    pub(super) fn all(&self) -> Result<()> {
        if let Some(truth) = self.truth {
            same_ground(self.archive, truth)?;
        }
        for network in &self.plan.networks {
            self.network(network).during(|| format!("network {}", network.name))?;
        }
        for question in &self.plan.questions {
            self.question(question).during(|| format!("question {}", question.name))?;
        }
        for name in unasked(self.plan) {
            eprintln!("study: no question asks of {name}, but it is trained");
        }
        Ok(())
    }

    fn network(&self, network: &Training) -> Result<()> {
        let (plan, name) = (self.plan, &network.name);
        let base =
            format!("train @archive --layout {} --model @card:{name} --to x", network.layout);
        self.apart(
            &base,
            &[
                ("layout", ""),
                ("the study's options", plan.options.as_str()),
                ("the study's train", plan.train.as_str()),
                ("train", network.train.as_str()),
            ],
        )?;
        let commands = plan.seeds.iter().map(|seed| training(plan, network, *seed));
        let options = self.together(commands)?;
        let card = Card::open(&network.card)?;
        if card.script.is_some() {
            return Err(Error::usage(format!("{} is a TorchScript network", card.name))
                .hint("it is trained elsewhere: name its card among the methods of a question"));
        }
        card.check_roles(&names(&self.roles(&options)?), true)?;
        train::check(&options)?;
        options.get_one::<Control>("control").map_or(Ok(()), |control| taken(*control, &[card]))
    }

    fn question(&self, question: &Question) -> Result<()> {
        let (plan, truth) = (self.plan, self.truth.is_some());
        let base = format!("evaluate @archive --layout {} --method input", question.layout);
        self.apart(
            &base,
            &[
                ("layout", ""),
                ("the study's options", plan.options.as_str()),
                ("options", question.options.as_str()),
                ("evaluate", plan.evaluate.as_str()),
            ],
        )?;
        let mut cards = methods::cards(&question.methods).during(|| "methods")?;
        let commands = plan.seeds.iter().map(|seed| evaluation(plan, question, *seed, truth));
        let options = self.together(commands)?;
        let program = cards.iter().find_map(|card| card.script.as_ref());
        if let (Some(file), false) = (program, options.get_flag("allow_code")) {
            return Err(Error::usage(format!("methods: {file} is a program")).hint(
                "add --allow-code to `evaluate` if you trust it: TorchScript may do anything that this program may",
            ));
        }
        for network in plan.networks.iter().filter(|n| question.networks.contains(&n.name)) {
            cards.push(Card::open(&network.card)?);
        }
        self.offers(&options, question, &cards)?;
        self.apart_on_the_ground(&options, question)?;
        for control in &question.controls {
            taken(Control::parse(control).map_err(Error::usage)?, &cards)?;
        }
        Ok(())
    }

    /// Refuses a question of whose methods, or of whose answer, the layout lacks a role.
    fn offers(&self, options: &ArgMatches, question: &Question, cards: &[Card]) -> Result<()> {
        let roles = self.roles(options)?;
        let mut needed = vec![if self.truth.is_some() { "s2_t" } else { "s2_target" }];
        let asks = |name: &str| question.methods.iter().any(|method| method == name);
        if asks("gapfill-pair") {
            needed.extend(["s2_tm1", "s2_tp1"]);
        }
        if asks("input") || options.get_flag("keep_clear") {
            needed.push("s2_t");
        }
        if let Some(role) = needed.iter().find(|role| !roles.iter().any(|r| r == *role)) {
            return Err(Error::usage(format!("layout {} has no role {role}", question.layout))
                .hint("scores need s2_target, or s2_t with --truth; input and --keep-clear need s2_t, gapfill-pair s2_tm1 and s2_tp1"));
        }
        cards.iter().try_for_each(|card| card.check_roles(&names(&roles), false))
    }

    /// Refuses a question that parts the ground in another way than the trainings of its networks.
    fn apart_on_the_ground(&self, options: &ArgMatches, question: &Question) -> Result<()> {
        let parted = |options: &ArgMatches| layout(options)?.split.splitter(Some(self.archive));
        let (here, plan) = (parted(options)?, self.plan);
        for network in plan.networks.iter().filter(|n| question.networks.contains(&n.name)) {
            let command = training(plan, network, plan.seeds.first().copied().unwrap_or_default());
            if parted(&self.script.check(&command)?)? != here {
                return Err(Error::usage(format!(
                    "it parts ground in another way than the training of {}",
                    network.name
                ))
                .hint("give --split-* and shares once, in the study's `options`"));
            }
        }
        Ok(())
    }

    fn roles(&self, options: &ArgMatches) -> Result<Vec<String>> {
        layout(options)?.roles(self.archive)
    }

    /// Each field of a command without the others, so that an error names the one that it is in.
    fn apart(&self, base: &str, fields: &[(&str, &str)]) -> Result<()> {
        for (field, words) in fields {
            let options = self.script.check(&format!("{base} {words}"));
            let opened = options.and_then(|options| layout(&options)?.open());
            opened.during(|| *field)?;
        }
        Ok(())
    }

    /// The options of commands that differ by their seed. Refuses what is said in two fields, and what the ground or this machine
    /// does not allow.
    fn together(&self, commands: impl Iterator<Item = String>) -> Result<ArgMatches> {
        let said_twice = |e: Error| {
            e.hint(
                "write an option once, in one field; --to, --seed of a training, --resume and --truth are the study's own",
            )
        };
        let mut last = None;
        for command in commands {
            last = Some(self.script.check(&command).map_err(said_twice)?);
        }
        let options = last.ok_or_else(|| Error::usage("the study has no seed").hint("add one"))?;
        layout(&options)?.split.splitter(Some(self.archive))?;
        for device in options.get_many::<String>("device").into_iter().flatten() {
            pick_device(device)?;
        }
        Ok(options)
    }
}

fn names(all: &[String]) -> Vec<&str> {
    all.iter().map(String::as_str).collect()
}

/// The layout among the options of `train` or `evaluate`.
fn layout(options: &ArgMatches) -> Result<LayoutArgs> {
    LayoutArgs::from_arg_matches(options)
        .map_err(|e| Error::internal("a step has no layout").with_source(e))
}

/// Refuses a control of an input that none of the cards names.
fn taken(control: Control, cards: &[Card]) -> Result<()> {
    let sensor = control.sensor();
    let is = |role: &String| role_layer(role).is_ok_and(|layer| layer.sensor() == sensor);
    if cards.iter().any(|card| card.inputs.iter().any(is)) {
        return Ok(());
    }
    let mut names: Vec<&str> = cards.iter().map(|card| card.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let (control, sensor, names) = (control.name(), sensor.name(), names.join(", "));
    Err(Error::usage(format!(
        "control {control}: there is no {sensor} among the inputs of {names}"
    ))
    .hint("leave the control out, or ask of a network that takes the input"))
}

/// Networks that are in no question.
fn unasked(plan: &Plan) -> Vec<&str> {
    let asked = |name: &String| plan.questions.iter().any(|q| q.networks.contains(name));
    plan.networks.iter().map(|n| &n.name).filter(|name| !asked(name)).map(String::as_str).collect()
}

#[cfg(test)]
#[path = "check_tests.rs"]
mod tests;
